-- InsertExecutions accepts executions, each of the asked version or, for version 0, of the current one. One that has no row
-- in the answer has no such script or version. Where same_in_jsonb is false, input_data is written instead of the input
-- itself: NULL when JSONB shall not hold it.
-- Their jobs are queued in the same statement, as River does it, with one notification for each queue, unless all in it are
-- begun already; and the audit log tells who had them run. Statements of their own would cost more than the rows do, and a
-- round trip each.
-- It does not wait for the disk: workers may begin at once, and who asked is answered after FlushWAL over the same connection.
-- name: InsertExecutions :many
WITH accepted AS (
INSERT INTO executions (id, script_id, script_version, input_json, input_data, input_bytes, rerun_of)
SELECT r.id, v.script_id, v.number, r.input_json,
       CASE WHEN r.same_in_jsonb THEN r.input_json::jsonb ELSE r.input_data END, r.input_bytes, r.rerun_of
FROM (SELECT unnest(sqlc.arg(ids)::uuid[]) AS id,
             unnest(sqlc.arg(script_ids)::uuid[]) AS script_id,
             unnest(sqlc.arg(versions)::integer[]) AS version,
             unnest(sqlc.arg(inputs)::json[]) AS input_json,
             unnest(sqlc.arg(same_in_jsonb)::boolean[]) AS same_in_jsonb,
             unnest(sqlc.arg(copies)::jsonb[]) AS input_data,
             unnest(sqlc.arg(input_bytes)::integer[]) AS input_bytes,
             nullif(unnest(sqlc.arg(rerun_ofs)::uuid[]), '00000000-0000-0000-0000-000000000000') AS rerun_of) AS r
JOIN scripts s ON s.id = r.script_id AND s.deleted_at IS NULL
JOIN script_versions v ON v.script_id = s.id AND v.number = coalesce(nullif(r.version, 0), s.current_version)
RETURNING id, script_version, status, created_at, rerun_of
), queued AS (
INSERT INTO river_job (kind, queue, args, metadata, max_attempts, priority, state, tags)
SELECT sqlc.arg(job_kind)::text, j.queue, j.args, j.metadata, sqlc.arg(job_attempts)::smallint, 1, 'available', '{}'
FROM accepted a
JOIN (SELECT unnest(sqlc.arg(ids)::uuid[]) AS id,
             unnest(sqlc.arg(job_queues)::text[]) AS queue,
             unnest(sqlc.arg(job_args)::jsonb[]) AS args,
             unnest(sqlc.arg(job_metadata)::jsonb[]) AS metadata) AS j ON j.id = a.id
RETURNING id AS job_id, queue, (args ->> 'execution_id')::uuid AS execution_id
), recorded AS (
INSERT INTO audit_log (id, at, key_id, action, subject, request_id, address)
SELECT a.id, a.created_at, c.key_id, CASE WHEN a.rerun_of IS NULL THEN 'execution.run' ELSE 'execution.rerun' END, a.id::text,
       c.request_id, c.address
FROM accepted a
JOIN (SELECT unnest(sqlc.arg(ids)::uuid[]) AS id,
             nullif(unnest(sqlc.arg(key_ids)::uuid[]), '00000000-0000-0000-0000-000000000000') AS key_id,
             unnest(sqlc.arg(request_ids)::text[]) AS request_id,
             nullif(unnest(sqlc.arg(addresses)::text[]), '')::inet AS address) AS c ON c.id = a.id
)
SELECT a.id, a.script_version, a.status, a.created_at, q.job_id,
       ((SELECT count(pg_notify(current_schema() || '.river_insert', json_build_object('queue', t.queue)::text))
         FROM (SELECT DISTINCT queue FROM queued WHERE execution_id <> ALL (sqlc.arg(begun)::uuid[])) AS t) IS NULL)::boolean AS told,
       ((SELECT set_config('synchronous_commit', 'off', true)) IS NULL)::boolean AS relaxed
FROM accepted a
JOIN queued q ON q.execution_id = a.id;

-- InsertEndedExecutions is InsertExecutions for those whose runs began before, and have ended: it writes all of each at once, as
-- FinishExecutions would, and its job as one that is done. Nobody can know of such an execution yet, so nobody is told. One that
-- ran as another version than it should have, or whose queue is paused, has no row in the answer either. It waits for the disk.
-- An execution counts from when it was asked for, as its run began after that.
-- name: InsertEndedExecutions :many
WITH asked AS MATERIALIZED (
SELECT r.*, now() - make_interval(secs => r.asked_us / 1e6) AS asked_at,
       now() - make_interval(secs => least(r.asked_us, r.elapsed_us) / 1e6) AS begun_at
FROM (SELECT unnest(sqlc.arg(ids)::uuid[]) AS id,
             unnest(sqlc.arg(script_ids)::uuid[]) AS script_id,
             unnest(sqlc.arg(versions)::integer[]) AS version,
             unnest(sqlc.arg(ran_versions)::integer[]) AS ran_version,
             unnest(sqlc.arg(inputs)::json[]) AS input_json,
             unnest(sqlc.arg(inputs_same_in_jsonb)::boolean[]) AS input_same_in_jsonb,
             unnest(sqlc.arg(input_copies)::jsonb[]) AS input_data,
             unnest(sqlc.arg(input_bytes)::integer[]) AS input_bytes,
             nullif(unnest(sqlc.arg(rerun_ofs)::uuid[]), '00000000-0000-0000-0000-000000000000') AS rerun_of,
             unnest(sqlc.arg(asked_us)::bigint[]) AS asked_us,
             unnest(sqlc.arg(elapsed_us)::bigint[]) AS elapsed_us,
             unnest(sqlc.arg(run_us)::bigint[]) AS run_us,
             unnest(sqlc.arg(statuses)::text[]) AS status,
             unnest(sqlc.arg(outputs)::json[]) AS output_json,
             unnest(sqlc.arg(outputs_same_in_jsonb)::boolean[]) AS output_same_in_jsonb,
             unnest(sqlc.arg(output_copies)::jsonb[]) AS output_data,
             nullif(unnest(sqlc.arg(output_bytes)::integer[]), 0) AS output_bytes,
             nullif(unnest(sqlc.arg(error_kinds)::text[]), '') AS error_kind,
             nullif(unnest(sqlc.arg(error_messages)::text[]), '') AS error_message,
             unnest(sqlc.arg(errors)::json[]) AS error_json,
             unnest(sqlc.arg(logs)::json[]) AS logs_json,
             unnest(sqlc.arg(job_queues)::text[]) AS job_queue,
             unnest(sqlc.arg(job_args)::jsonb[]) AS job_args,
             unnest(sqlc.arg(job_metadata)::jsonb[]) AS job_metadata,
             nullif(unnest(sqlc.arg(key_ids)::uuid[]), '00000000-0000-0000-0000-000000000000') AS key_id,
             unnest(sqlc.arg(request_ids)::text[]) AS request_id,
             nullif(unnest(sqlc.arg(addresses)::text[]), '')::inet AS address) AS r
JOIN scripts s ON s.id = r.script_id AND s.deleted_at IS NULL
JOIN script_versions v ON v.script_id = s.id AND v.number = coalesce(nullif(r.version, 0), s.current_version)
WHERE v.number = r.ran_version
  AND NOT EXISTS (SELECT FROM river_queue q WHERE q.name = r.job_queue AND q.paused_at IS NOT NULL)
), accepted AS (
INSERT INTO executions (id, script_id, script_version, status, attempt, input_json, input_data, input_bytes, rerun_of,
                        output_json, output_data, output_bytes, error_kind, error_message, error_json, logs_json,
                        created_at, started_at, completed_at, execution_time_ms, execution_time_us)
SELECT id, script_id, ran_version, status, 1, input_json, CASE WHEN input_same_in_jsonb THEN input_json::jsonb ELSE input_data END,
       input_bytes, rerun_of, output_json, CASE WHEN output_same_in_jsonb THEN output_json::jsonb ELSE output_data END, output_bytes,
       error_kind, error_message, error_json, logs_json, asked_at, begun_at, clock_timestamp(), round(run_us / 1000.0)::integer, run_us
FROM asked
RETURNING id, script_id, script_version, created_at, started_at, completed_at, rerun_of
), worked AS (
INSERT INTO river_job (kind, queue, args, metadata, max_attempts, priority, state, tags, attempt, attempted_by,
                       created_at, scheduled_at, attempted_at, finalized_at)
SELECT sqlc.arg(job_kind)::text, job_queue, job_args, job_metadata, sqlc.arg(job_attempts)::smallint, 1, 'completed', '{}', 1,
       ARRAY [sqlc.arg(taken_by)::text], asked_at, asked_at, begun_at, clock_timestamp()
FROM asked
), recorded AS (
INSERT INTO audit_log (id, at, key_id, action, subject, request_id, address)
SELECT id, asked_at, key_id, CASE WHEN rerun_of IS NULL THEN 'execution.run' ELSE 'execution.rerun' END, id::text, request_id, address
FROM asked
)
SELECT id, script_id, script_version, created_at, started_at, completed_at, rerun_of
FROM accepted;

-- FlushWAL returns when all that was committed before it is as durable as synchronous_commit asks for: its own commit is, and
-- what is durable of the WAL is always a prefix. A transaction that writes nothing would not wait, so it writes a message
-- that nobody reads.
-- name: FlushWAL :exec
SELECT pg_logical_emit_message(true, 'peneira', '');

-- ConfirmExecution says whether there is an execution, after a FlushWAL of the transaction that saw it.
-- name: ConfirmExecution :many
SELECT (pg_logical_emit_message(true, 'peneira', '') IS NOT NULL)::boolean AS confirmed FROM executions WHERE id = sqlc.arg(id);

-- GetExecution reads an execution. Without with_input its input is left out, and with payload_bytes what is larger than that or
-- of unknown size: it is there when its size says so. For one alone this takes three quarters of what GetExecutions takes.
-- name: GetExecution :many
SELECT id, script_id, script_version, status,
       (CASE WHEN sqlc.arg(with_input)::boolean AND (sqlc.narg(payload_bytes)::integer IS NULL OR input_bytes <= sqlc.narg(payload_bytes)::integer)
             THEN input_json END)::json AS input_json,
       (CASE WHEN sqlc.narg(payload_bytes)::integer IS NULL OR output_bytes <= sqlc.narg(payload_bytes)::integer THEN output_json END)::json AS output_json,
       error_message, error_json, logs_json, attempt, created_at, started_at, completed_at, execution_time_us,
       rerun_of, input_removed_at, output_removed_at, input_bytes, output_bytes
FROM executions
WHERE id = sqlc.arg(id);

-- GetExecutions is GetExecution for several. The bounds of all ids keep PostgreSQL from opening other months than theirs, here and
-- in all that follows: in a plan that serves any ids, it can tell by parameters alone, and not by what it finds along the way.
-- name: GetExecutions :many
SELECT e.id, e.script_id, e.script_version, e.status,
       (CASE WHEN want.with_input AND e.input_bytes <= sqlc.arg(payload_bytes)::integer THEN e.input_json END)::json AS input_json,
       (CASE WHEN e.output_bytes <= sqlc.arg(payload_bytes)::integer THEN e.output_json END)::json AS output_json,
       e.error_message, e.error_json, e.logs_json, e.attempt, e.created_at, e.started_at, e.completed_at, e.execution_time_us,
       e.rerun_of, e.input_removed_at, e.output_removed_at, e.input_bytes, e.output_bytes, want.with_input::boolean AS with_input
FROM (SELECT unnest(sqlc.arg(ids)::uuid[]) AS id, unnest(sqlc.arg(with_input)::boolean[]) AS with_input) AS want
JOIN executions e ON e.id = want.id AND e.id >= sqlc.arg(lowest)::uuid AND e.id <= sqlc.arg(highest)::uuid;

-- ListExecutions reads a page of all executions, newest first, along the primary key, without payloads. It goes through spans
-- of ids, the newest first, and ends when the page is full: PostgreSQL would look for the newest row in every month first and
-- then merge, because a month could be anywhere beside the partition for all others. The bounds on the whole choose the
-- partitions that are opened, those of a span the ones that are read; the exact bounds on time are checked besides. They are
-- parameters, not made here from times: each partition would make them again.
-- name: ListExecutions :many
SELECT e.id, e.script_id, e.script_version, e.status,
       e.error_message, e.error_json, e.logs_json, e.attempt, e.created_at, e.started_at, e.completed_at, e.execution_time_us,
       e.rerun_of, e.input_removed_at, e.output_removed_at
FROM (SELECT unnest(sqlc.arg(lows)::uuid[]) AS low, unnest(sqlc.arg(highs)::uuid[]) AS high) AS span
CROSS JOIN LATERAL (
      SELECT e.id, e.script_id, e.script_version, e.status,
             e.error_message, e.error_json, e.logs_json, e.attempt, e.created_at, e.started_at, e.completed_at, e.execution_time_us,
             e.rerun_of, e.input_removed_at, e.output_removed_at
      FROM executions e
      WHERE e.id < span.high AND e.id >= span.low AND e.id < sqlc.arg(before) AND e.id >= sqlc.arg(lowest)
        AND e.created_at >= sqlc.arg(accepted_from) AND e.created_at < sqlc.arg(accepted_to)
        AND (sqlc.narg(status)::text IS NULL OR e.status = sqlc.narg(status)::text)
      ORDER BY e.id DESC
      LIMIT sqlc.arg(page_size)) AS e
LIMIT sqlc.arg(page_size);

-- ListExecutionsByScript is ListExecutions along the index of one script.
-- name: ListExecutionsByScript :many
SELECT e.id, e.script_id, e.script_version, e.status,
       e.error_message, e.error_json, e.logs_json, e.attempt, e.created_at, e.started_at, e.completed_at, e.execution_time_us,
       e.rerun_of, e.input_removed_at, e.output_removed_at
FROM (SELECT unnest(sqlc.arg(lows)::uuid[]) AS low, unnest(sqlc.arg(highs)::uuid[]) AS high) AS span
CROSS JOIN LATERAL (
      SELECT e.id, e.script_id, e.script_version, e.status,
             e.error_message, e.error_json, e.logs_json, e.attempt, e.created_at, e.started_at, e.completed_at, e.execution_time_us,
             e.rerun_of, e.input_removed_at, e.output_removed_at
      FROM executions e
      WHERE e.script_id = sqlc.arg(script_id)
        AND e.id < span.high AND e.id >= span.low AND e.id < sqlc.arg(before) AND e.id >= sqlc.arg(lowest)
        AND e.created_at >= sqlc.arg(accepted_from) AND e.created_at < sqlc.arg(accepted_to)
        AND (sqlc.narg(status)::text IS NULL OR e.status = sqlc.narg(status)::text)
      ORDER BY e.id DESC
      LIMIT sqlc.arg(page_size)) AS e
LIMIT sqlc.arg(page_size);

-- ListUnsuccessful is ListExecutions of those that failed, or those that were cancelled, along the index that has only these.
-- name: ListUnsuccessful :many
SELECT e.id, e.script_id, e.script_version, e.status,
       e.error_message, e.error_json, e.logs_json, e.attempt, e.created_at, e.started_at, e.completed_at, e.execution_time_us,
       e.rerun_of, e.input_removed_at, e.output_removed_at
FROM (SELECT unnest(sqlc.arg(lows)::uuid[]) AS low, unnest(sqlc.arg(highs)::uuid[]) AS high) AS span
CROSS JOIN LATERAL (
      SELECT e.id, e.script_id, e.script_version, e.status,
             e.error_message, e.error_json, e.logs_json, e.attempt, e.created_at, e.started_at, e.completed_at, e.execution_time_us,
             e.rerun_of, e.input_removed_at, e.output_removed_at
      FROM executions e
      WHERE e.unsuccessful = sqlc.arg(status)
        AND e.id < span.high AND e.id >= span.low AND e.id < sqlc.arg(before) AND e.id >= sqlc.arg(lowest)
        AND e.created_at >= sqlc.arg(accepted_from) AND e.created_at < sqlc.arg(accepted_to)
      ORDER BY e.id DESC
      LIMIT sqlc.arg(page_size)) AS e
LIMIT sqlc.arg(page_size);

-- ListUnsuccessfulByScript is ListUnsuccessful along the index of one script.
-- name: ListUnsuccessfulByScript :many
SELECT e.id, e.script_id, e.script_version, e.status,
       e.error_message, e.error_json, e.logs_json, e.attempt, e.created_at, e.started_at, e.completed_at, e.execution_time_us,
       e.rerun_of, e.input_removed_at, e.output_removed_at
FROM (SELECT unnest(sqlc.arg(lows)::uuid[]) AS low, unnest(sqlc.arg(highs)::uuid[]) AS high) AS span
CROSS JOIN LATERAL (
      SELECT e.id, e.script_id, e.script_version, e.status,
             e.error_message, e.error_json, e.logs_json, e.attempt, e.created_at, e.started_at, e.completed_at, e.execution_time_us,
             e.rerun_of, e.input_removed_at, e.output_removed_at
      FROM executions e
      WHERE e.script_id = sqlc.arg(script_id) AND e.unsuccessful = sqlc.arg(status)
        AND e.id < span.high AND e.id >= span.low AND e.id < sqlc.arg(before) AND e.id >= sqlc.arg(lowest)
        AND e.created_at >= sqlc.arg(accepted_from) AND e.created_at < sqlc.arg(accepted_to)
      ORDER BY e.id DESC
      LIMIT sqlc.arg(page_size)) AS e
LIMIT sqlc.arg(page_size);

-- LiveExecutions gives the ids of executions that have not ended, some number at most: those of jobs that have not. Whatever
-- ends a job ends its execution before, or in the same transaction. The kind is not compared as it is: the index by kind would
-- look tempting, and it has all the jobs that have ended too.
-- name: LiveExecutions :many
SELECT (args ->> 'execution_id')::uuid AS id
FROM river_job
WHERE state IN ('available', 'pending', 'retryable', 'running', 'scheduled') AND kind || '' = 'execution'
LIMIT sqlc.arg(most);

-- ListSomeExecutions is ListExecutions of the given ones.
-- name: ListSomeExecutions :many
SELECT e.id, e.script_id, e.script_version, e.status,
       e.error_message, e.error_json, e.logs_json, e.attempt, e.created_at, e.started_at, e.completed_at, e.execution_time_us,
       e.rerun_of, e.input_removed_at, e.output_removed_at
FROM unnest(sqlc.arg(ids)::uuid[]) AS want (id)
JOIN executions e ON e.id = want.id AND e.id >= sqlc.arg(lowest)::uuid AND e.id <= sqlc.arg(highest)::uuid
WHERE e.status = sqlc.arg(status)
  AND (sqlc.narg(script_id)::uuid IS NULL OR e.script_id = sqlc.narg(script_id)::uuid)
  AND e.created_at >= sqlc.arg(accepted_from) AND e.created_at < sqlc.arg(accepted_to)
ORDER BY e.id DESC
LIMIT sqlc.arg(page_size);

-- GetExecutionTasks reads what is needed to run executions. Joining with the ids, and not comparing with their array, lets
-- PostgreSQL look for each in its own partition alone.
-- name: GetExecutionTasks :many
SELECT e.id, e.script_id, e.script_version, e.status, e.attempt, e.input_json
FROM unnest(sqlc.arg(ids)::uuid[]) AS want (id)
JOIN executions e ON e.id = want.id AND e.id >= sqlc.arg(lowest)::uuid AND e.id <= sqlc.arg(highest)::uuid;

-- name: GetExecutionStatuses :many
SELECT e.id, e.status
FROM unnest(sqlc.arg(ids)::uuid[]) AS want (id)
JOIN executions e ON e.id = want.id AND e.id >= sqlc.arg(lowest)::uuid AND e.id <= sqlc.arg(highest)::uuid;

-- StartExecutions shows runs as begun, each unless its execution has ended or another run has begun since it was read.
-- name: StartExecutions :many
UPDATE executions e
SET status = 'running', attempt = r.attempt,
    started_at = greatest(e.created_at, clock_timestamp() - make_interval(secs => r.elapsed_us / 1e6))
FROM (SELECT unnest(sqlc.arg(ids)::uuid[]) AS id,
             unnest(sqlc.arg(attempts)::integer[]) AS attempt,
             unnest(sqlc.arg(elapsed_us)::bigint[]) AS elapsed_us) AS r
WHERE e.id = r.id AND e.id >= sqlc.arg(lowest)::uuid AND e.id <= sqlc.arg(highest)::uuid
  AND e.attempt = r.attempt - 1 AND e.status IN ('pending', 'running')
RETURNING e.id;

-- CancelExecution ends an execution that has not ended, and tells all who wait, its worker among them. No row means that
-- there was nothing to cancel.
-- name: CancelExecution :one
WITH done AS (
UPDATE executions
SET status = 'cancelled', completed_at = clock_timestamp(), error_message = 'it was cancelled on request'
WHERE id = sqlc.arg(id) AND status IN ('pending', 'running')
RETURNING id
)
SELECT (pg_notify('executions_ended', encode(uuid_send(id), 'base64')) IS NULL)::boolean AS told FROM done;

-- FinishExecutions writes the outcomes of runs, each over its own execution and no other: over the running row if the run
-- was shown as begun (seen is its attempt), else over the row as it was read (seen is the attempt before). A run that was
-- shown and is pending again was handed on. A run whose job nobody has taken takes and completes it here, and is not written
-- when somebody has meanwhile: who is at such a job holds its row, or has changed its state. Neither is it when the queue was
-- paused. The number of a job may be given again after a crash, so its execution is compared too. The comparisons with its number and
-- its state are such that only the primary key serves: a plan made while there were few jobs would else look through all that wait. A
-- run that began a moment before its execution was accepted counts from then on. One notification tells all who wait which executions
-- ended: 256 ids of 24 characters fit into its 8,000 bytes.
-- name: FinishExecutions :many
WITH taken AS (
UPDATE river_job j
SET state = 'completed', attempt = j.attempt + 1, attempted_by = array_append(j.attempted_by, sqlc.arg(taken_by)::text),
    attempted_at = greatest(j.created_at, clock_timestamp() - make_interval(secs => t.elapsed_us / 1e6)), finalized_at = clock_timestamp()
FROM (SELECT unnest(sqlc.arg(ids)::uuid[]) AS id,
             unnest(sqlc.arg(jobs)::bigint[]) AS job,
             unnest(sqlc.arg(elapsed_us)::bigint[]) AS elapsed_us) AS t
WHERE j.id = ANY (sqlc.arg(jobs)::bigint[]) AND j.id + 0 = t.job AND j.state::text = 'available' AND j.args ->> 'execution_id' = t.id::text
  AND NOT EXISTS (SELECT FROM river_queue q WHERE q.name = j.queue AND q.paused_at IS NOT NULL)
RETURNING t.id
), done AS (
UPDATE executions e
SET status            = r.status,
    attempt           = r.attempt,
    started_at        = CASE WHEN r.seen = r.attempt THEN e.started_at
                             ELSE greatest(e.created_at, clock_timestamp() - make_interval(secs => r.elapsed_us / 1e6)) END,
    output_json       = r.output_json,
    output_bytes      = r.output_bytes,
    output_data       = CASE WHEN r.same_in_jsonb THEN r.output_json::jsonb ELSE r.output_data END,
    error_kind        = nullif(r.error_kind, ''),
    error_message     = nullif(r.error_message, ''),
    error_json        = r.error_json,
    logs_json         = r.logs_json,
    completed_at      = clock_timestamp(),
    execution_time_ms = round(r.run_us / 1000.0)::integer,
    execution_time_us = r.run_us
FROM (SELECT unnest(sqlc.arg(ids)::uuid[]) AS id,
             unnest(sqlc.arg(jobs)::bigint[]) AS job,
             unnest(sqlc.arg(attempts)::integer[]) AS attempt,
             unnest(sqlc.arg(seen)::integer[]) AS seen,
             unnest(sqlc.arg(elapsed_us)::bigint[]) AS elapsed_us,
             unnest(sqlc.arg(run_us)::bigint[]) AS run_us,
             unnest(sqlc.arg(statuses)::text[]) AS status,
             unnest(sqlc.arg(outputs)::json[]) AS output_json,
             unnest(sqlc.arg(same_in_jsonb)::boolean[]) AS same_in_jsonb,
             unnest(sqlc.arg(copies)::jsonb[]) AS output_data,
             nullif(unnest(sqlc.arg(output_bytes)::integer[]), 0) AS output_bytes,
             unnest(sqlc.arg(error_kinds)::text[]) AS error_kind,
             unnest(sqlc.arg(error_messages)::text[]) AS error_message,
             unnest(sqlc.arg(errors)::json[]) AS error_json,
             unnest(sqlc.arg(logs)::json[]) AS logs_json) AS r
WHERE e.id = r.id AND e.id >= sqlc.arg(lowest)::uuid AND e.id <= sqlc.arg(highest)::uuid AND e.attempt = r.seen
  AND (e.status = 'running' OR e.status = 'pending' AND r.seen < r.attempt)
  AND (r.job = 0 OR r.id IN (SELECT id FROM taken))
RETURNING e.id, r.job, e.script_id, e.script_version, e.created_at, e.started_at, e.completed_at, e.rerun_of
)
SELECT id, job::bigint AS job, script_id, script_version, created_at, started_at, completed_at, rerun_of,
       ((SELECT pg_notify('executions_ended', string_agg(encode(uuid_send(id), 'base64'), ' ')) FROM done) IS NULL)::boolean AS told
FROM done;

-- name: MakeExecutionPartitions :one
SELECT executions_make_partitions(sqlc.arg(first)::timestamptz, sqlc.arg(months_ahead)::integer)::integer;

-- EndedExecutions says which of some executions have ended, or are not there.
-- name: EndedExecutions :many
SELECT want.id::uuid AS id
FROM unnest(sqlc.arg(ids)::uuid[]) AS want (id)
LEFT JOIN executions e ON e.id = want.id AND e.id >= sqlc.arg(lowest)::uuid AND e.id <= sqlc.arg(highest)::uuid
WHERE e.id IS NULL OR e.completed_at IS NOT NULL;
