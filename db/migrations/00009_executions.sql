-- +goose Up
-- Executions are partitioned by month through the time in their UUIDv7 id, so that dropping a month is instant.
-- There is no foreign key to script_versions: it would lock the same version row in every insert of a busy script,
-- and versions are neither changed nor removed.
CREATE TABLE executions (
    id                UUID        NOT NULL,
    script_id         UUID        NOT NULL,
    script_version    INTEGER     NOT NULL,
    status            VARCHAR(50) NOT NULL DEFAULT 'pending',
    -- The *_json columns hold what the client sent and what the script returned, as written: the service reads only
    -- these. The JSONB columns beside them are for SQL: JSONB sorts keys, drops duplicates, and cannot hold U+0000 or
    -- lone surrogates (U+FFFD stands for them) nor numbers out of numeric's range (they stand as strings). A value
    -- that JSONB refuses altogether is NULL there.
    input_json        JSON,
    input_data        JSONB,
    output_json       JSON,
    output_data       JSONB,
    error_kind        VARCHAR(50),
    error_message     TEXT,
    error_json        JSON,
    logs_json         JSON,
    -- Counts runs begun, and fences: a result is accepted only from the run that counted last.
    attempt           INTEGER     NOT NULL DEFAULT 0,
    created_at        TIMESTAMPTZ NOT NULL DEFAULT now(),
    started_at        TIMESTAMPTZ,
    completed_at      TIMESTAMPTZ,
    execution_time_ms INTEGER,
    execution_time_us BIGINT,
    queue_time_ms     BIGINT GENERATED ALWAYS AS ((extract(epoch FROM (started_at - created_at)) * 1000)::bigint) STORED,

    PRIMARY KEY (id),
    CONSTRAINT execution_status_is_known CHECK (status IN ('pending', 'running', 'completed', 'failed', 'cancelled')),
    CONSTRAINT execution_has_completed_at_exactly_when_terminal
        CHECK ((completed_at IS NOT NULL) = (status IN ('completed', 'failed', 'cancelled'))),
    CONSTRAINT execution_has_output_only_when_completed CHECK (output_json IS NULL OR status = 'completed'),
    CONSTRAINT execution_has_error_kind_exactly_when_failed CHECK ((error_kind IS NOT NULL) = (status = 'failed')),
    CONSTRAINT execution_error_kind_is_known CHECK (error_kind IN
        ('script-error', 'time-limit', 'memory-limit', 'output-limit', 'crashed', 'internal')),
    CONSTRAINT execution_that_ran_has_started_at CHECK (started_at IS NOT NULL OR status NOT IN ('running', 'completed'))
) PARTITION BY RANGE (id);

-- Never on a column that every execution updates: those updates must stay within the page (HOT).
CREATE INDEX executions_by_script ON executions (script_id, id DESC);

-- The lowest UUID whose time part is that of a moment: the border between ids made before and after it.
-- +goose StatementBegin
CREATE FUNCTION uuidv7_floor(at TIMESTAMPTZ) RETURNS UUID LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT (lpad(to_hex(least(greatest(floor(extract(epoch FROM at) * 1000), 0), 281474976710655)::bigint), 12, '0')
            || repeat('0', 20))::uuid
$$;
-- +goose StatementEnd

-- Makes the partitions for the month of a moment and the given number of months after it; returns how many it made.
-- +goose StatementBegin
CREATE FUNCTION executions_make_partitions(first TIMESTAMPTZ, months_ahead INTEGER) RETURNS INTEGER LANGUAGE plpgsql AS $$
DECLARE
    month TIMESTAMP := date_trunc('month', first AT TIME ZONE 'UTC');
    made  INTEGER := 0;
    part  TEXT;
BEGIN
    -- Several processes do this at once when they start together.
    PERFORM pg_advisory_xact_lock(hashtextextended('peneira: executions_make_partitions', 0));
    FOR i IN 0..months_ahead LOOP
        part := 'executions_' || to_char(month, 'YYYY_MM');
        IF to_regclass(part) IS NULL THEN
            EXECUTE format('CREATE TABLE %I PARTITION OF executions FOR VALUES FROM (%L) TO (%L) WITH (fillfactor = 70)', part,
                uuidv7_floor(month AT TIME ZONE 'UTC'), uuidv7_floor((month + interval '1 month') AT TIME ZONE 'UTC'));
            made := made + 1;
        END IF;
        month := month + interval '1 month';
    END LOOP;
    RETURN made;
END;
$$;
-- +goose StatementEnd

-- Catches ids from a clock that is far off, so that nothing is refused for it. It is empty in good times.
CREATE TABLE executions_other PARTITION OF executions DEFAULT;

SELECT executions_make_partitions(now() - interval '1 month', 4);

-- +goose Down
DROP TABLE executions;
DROP FUNCTION executions_make_partitions(TIMESTAMPTZ, INTEGER);
DROP FUNCTION uuidv7_floor(TIMESTAMPTZ);
