-- +goose Up
-- What people may report on with SQL; docs/reporting.md has queries. Sizes are those of what is stored, which PostgreSQL
-- knows without reading it: compressed, and 0 once removed. Payloads of scripts that redact some of theirs are NULL.
CREATE VIEW executions_report AS
SELECT e.id, e.script_id, s.name AS script_name, e.script_version, e.status, e.error_kind, e.error_message, e.attempt,
       e.created_at, e.started_at, e.completed_at, e.queue_time_ms, e.execution_time_us / 1000.0 AS run_time_ms,
       coalesce(pg_column_size(e.input_json), 0)::bigint AS input_bytes,
       coalesce(pg_column_size(e.output_json), 0)::bigint AS output_bytes,
       e.rerun_of, e.input_removed_at, e.output_removed_at,
       CASE WHEN ran.redact = '{}' AND now_current.redact = '{}' THEN e.input_data END AS input_data,
       CASE WHEN ran.redact = '{}' AND now_current.redact = '{}' THEN e.output_data END AS output_data
FROM executions e
JOIN scripts s ON s.id = e.script_id
LEFT JOIN script_versions ran ON ran.script_id = e.script_id AND ran.number = e.script_version
LEFT JOIN script_versions now_current ON now_current.script_id = s.id AND now_current.number = s.current_version;

CREATE VIEW script_stats AS
SELECT (created_at AT TIME ZONE 'UTC')::date AS day, script_id, script_name,
       count(*) AS executions,
       count(*) FILTER (WHERE status = 'completed') AS completed,
       count(*) FILTER (WHERE status = 'failed') AS failures,
       count(*) FILTER (WHERE status = 'cancelled') AS cancelled,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY run_time_ms) AS p50_run_ms,
       percentile_cont(0.95) WITHIN GROUP (ORDER BY run_time_ms) AS p95_run_ms,
       sum(input_bytes) AS input_bytes,
       sum(output_bytes) AS output_bytes
FROM executions_report
GROUP BY day, script_id, script_name;

-- The same for a span of time, reading only the months that it touches. It runs with the rights of who made it, since the
-- tables behind it are not for reporters.
-- +goose StatementBegin
CREATE FUNCTION script_stats_between(since TIMESTAMPTZ, until TIMESTAMPTZ) RETURNS SETOF script_stats
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
SELECT (created_at AT TIME ZONE 'UTC')::date AS day, script_id, script_name,
       count(*),
       count(*) FILTER (WHERE status = 'completed'),
       count(*) FILTER (WHERE status = 'failed'),
       count(*) FILTER (WHERE status = 'cancelled'),
       percentile_cont(0.5) WITHIN GROUP (ORDER BY run_time_ms),
       percentile_cont(0.95) WITHIN GROUP (ORDER BY run_time_ms),
       sum(input_bytes),
       sum(output_bytes)
FROM executions_report
WHERE id >= uuidv7_floor(since - interval '1 day') AND id < uuidv7_floor(until + interval '1 hour')
  AND created_at >= since AND created_at < until
GROUP BY 1, script_id, script_name
$$;
-- +goose StatementEnd

-- Makes the role for reporting if it can, and grants it what it may read here; returns what is in the way, in words for
-- people, or nothing. Roles belong to the whole cluster: the role may be there already, made for another database at the
-- same moment even, and this user may be one that may not make any. The service calls it at every start.
-- +goose StatementBegin
CREATE FUNCTION make_report_role() RETURNS TEXT LANGUAGE plpgsql AS $$
BEGIN
    IF has_function_privilege('public', 'script_stats_between(timestamptz, timestamptz)', 'EXECUTE') THEN
        -- So it is when the function is new, and when a dump was restored without privileges.
        REVOKE EXECUTE ON FUNCTION script_stats_between(TIMESTAMPTZ, TIMESTAMPTZ) FROM PUBLIC;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'peneira_report') THEN
        BEGIN
            CREATE ROLE peneira_report NOLOGIN;
        EXCEPTION
            WHEN duplicate_object OR unique_violation THEN NULL;
            WHEN insufficient_privilege THEN
                RETURN 'the role peneira_report is missing, and ' || current_user || ' may not make roles; have an '
                    'administrator run: CREATE ROLE peneira_report NOLOGIN; then start the service again';
        END;
    END IF;
    IF has_table_privilege('peneira_report', 'executions_report', 'SELECT')
        AND has_table_privilege('peneira_report', 'script_stats', 'SELECT')
        AND has_schema_privilege('peneira_report', current_schema(), 'USAGE')
        AND has_function_privilege('peneira_report', 'script_stats_between(timestamptz, timestamptz)', 'EXECUTE')
        AND has_function_privilege('peneira_report', 'uuidv7_floor(timestamptz)', 'EXECUTE') THEN
        RETURN '';
    END IF;
    -- Grants of several processes that start at once would trip over one another.
    PERFORM pg_advisory_xact_lock(hashtextextended('peneira: make_report_role', 0));
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO peneira_report', current_schema());
    GRANT SELECT ON executions_report, script_stats TO peneira_report;
    GRANT EXECUTE ON FUNCTION script_stats_between(TIMESTAMPTZ, TIMESTAMPTZ), uuidv7_floor(TIMESTAMPTZ) TO peneira_report;
    RETURN '';
EXCEPTION
    WHEN insufficient_privilege THEN
        RETURN 'the role peneira_report cannot be granted its rights: ' || SQLERRM;
END;
$$;
-- +goose StatementEnd
SELECT make_report_role();

-- +goose Down
-- The role stays: other databases of the cluster may use it. Its rights here go with what they are on, but for the schema's.
DROP FUNCTION make_report_role();
DROP FUNCTION script_stats_between(TIMESTAMPTZ, TIMESTAMPTZ);
DROP VIEW script_stats;
DROP VIEW executions_report;
