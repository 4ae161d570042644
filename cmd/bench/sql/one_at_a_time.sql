-- What a service does for one execution when it groups nothing: the bare SQL, each statement on its own, in pgbench.
-- The same tables, indexes, triggers and payloads as ours; the statements on river_job are River's, for one job.
-- What ran the script, and whoever serves requests, costs nothing here.
BEGIN;
INSERT INTO executions (id, script_id, script_version, input_json, input_data)
SELECT overlay(gen_random_uuid()::text PLACING substr(uuidv7_floor(clock_timestamp())::text, 1, 13) || '-7' FROM 1 FOR 15)::uuid,
       v.script_id, v.number, p.input::json, p.input::jsonb
FROM (SELECT :input::text AS input) AS p, scripts s JOIN script_versions v ON v.script_id = s.id AND v.number = s.current_version
WHERE s.id = :script::uuid AND s.deleted_at IS NULL
RETURNING id AS accepted, script_version, status, created_at \gset
INSERT INTO river_job (args, kind, max_attempts, metadata, priority, queue, state, tags)
VALUES (jsonb_build_object('execution_id', :accepted::text), 'execution', 10, '{}', 1, 'bench', 'available', '{}')
RETURNING *;
SELECT pg_notify('river_insert', '{"queue":"bench"}');
COMMIT;
-- A job that another client took between the look and the lock gives no row: that one is left for the next round.
\set job 0
WITH locked_jobs AS (
    SELECT * FROM river_job
    WHERE state = 'available' AND queue = 'bench' AND scheduled_at <= now()
    ORDER BY priority, scheduled_at, id
    LIMIT 1 FOR UPDATE SKIP LOCKED
)
UPDATE river_job
SET state = 'running', attempt = river_job.attempt + 1, attempted_at = now(),
    attempted_by = array_append(river_job.attempted_by, 'bench')
FROM locked_jobs WHERE river_job.id = locked_jobs.id
RETURNING river_job.id AS job, river_job.args ->> 'execution_id' AS execution \aset
\if :job > 0
SELECT script_id, script_version, status, attempt, input_json FROM executions WHERE id = :execution::uuid;
UPDATE executions SET status = 'running', attempt = 1, started_at = clock_timestamp()
WHERE id = :execution::uuid AND attempt = 0 AND status = 'pending';
UPDATE executions
SET status = 'completed', output_json = :output::json, output_data = :output::jsonb, logs_json = :logs::json,
    completed_at = clock_timestamp(), execution_time_ms = 1, execution_time_us = 1000
WHERE id = :execution::uuid AND attempt = 1 AND status = 'running';
UPDATE river_job SET state = 'completed', finalized_at = now() WHERE id = :job AND state = 'running';
\endif
