-- InsertExecution accepts an execution of the asked version, or of the current one. No row means there is no such
-- script or version. When same_in_jsonb is false, input_data is written instead of the input itself: NULL when JSONB
-- refuses it altogether.
-- name: InsertExecution :one
INSERT INTO executions (id, script_id, script_version, input_json, input_data)
SELECT sqlc.arg(id), v.script_id, v.number, sqlc.arg(input_json)::json,
       CASE WHEN sqlc.arg(same_in_jsonb)::boolean THEN (sqlc.arg(input_json)::json)::jsonb ELSE sqlc.narg(input_data)::jsonb END
FROM scripts s
JOIN script_versions v ON v.script_id = s.id AND v.number = coalesce(sqlc.narg(version)::integer, s.current_version)
WHERE s.id = sqlc.arg(script_id) AND s.deleted_at IS NULL
RETURNING script_version, status, created_at;

-- name: GetExecution :one
SELECT id, script_id, script_version, status, input_json, output_json,
       error_message, error_json, logs_json, attempt, created_at, started_at, completed_at, execution_time_us
FROM executions
WHERE id = sqlc.arg(id);

-- ListExecutions reads a page of all executions, newest first, along the primary key, without payloads. Bounds on the id choose the
-- partitions; the exact bounds on time are checked besides.
-- name: ListExecutions :many
SELECT id, script_id, script_version, status,
       error_message, error_json, logs_json, attempt, created_at, started_at, completed_at, execution_time_us
FROM executions
WHERE id < sqlc.arg(before)
  AND id >= uuidv7_floor(sqlc.arg(accepted_from)::timestamptz - interval '1 hour')
  AND id < uuidv7_floor(sqlc.arg(accepted_to)::timestamptz + interval '1 hour')
  AND created_at >= sqlc.arg(accepted_from)
  AND created_at < sqlc.arg(accepted_to)
  AND (sqlc.narg(status)::text IS NULL OR status = sqlc.narg(status)::text)
ORDER BY id DESC
LIMIT sqlc.arg(page_size);

-- ListExecutionsByScript is ListExecutions along the index of one script.
-- name: ListExecutionsByScript :many
SELECT id, script_id, script_version, status,
       error_message, error_json, logs_json, attempt, created_at, started_at, completed_at, execution_time_us
FROM executions
WHERE script_id = sqlc.arg(script_id)
  AND id < sqlc.arg(before)
  AND id >= uuidv7_floor(sqlc.arg(accepted_from)::timestamptz - interval '1 hour')
  AND id < uuidv7_floor(sqlc.arg(accepted_to)::timestamptz + interval '1 hour')
  AND created_at >= sqlc.arg(accepted_from)
  AND created_at < sqlc.arg(accepted_to)
  AND (sqlc.narg(status)::text IS NULL OR status = sqlc.narg(status)::text)
ORDER BY id DESC
LIMIT sqlc.arg(page_size);

-- name: GetExecutionTask :one
SELECT script_id, script_version, status, input_json, created_at FROM executions WHERE id = sqlc.arg(id);

-- StartExecution begins a run and returns its number, the fence for its result. No row means the execution has ended.
-- name: StartExecution :one
UPDATE executions
SET status = 'running', attempt = attempt + 1, started_at = clock_timestamp()
WHERE id = sqlc.arg(id) AND status IN ('pending', 'running')
RETURNING attempt, started_at, created_at;

-- FinishExecution writes the outcome of a run over its own running row and over no other.
-- name: FinishExecution :execrows
UPDATE executions
SET status            = sqlc.arg(status),
    output_json       = sqlc.narg(output_json)::json,
    output_data       = CASE WHEN sqlc.arg(same_in_jsonb)::boolean THEN (sqlc.narg(output_json)::json)::jsonb
                             ELSE sqlc.narg(output_data)::jsonb END,
    error_kind        = sqlc.narg(error_kind),
    error_message     = sqlc.narg(error_message),
    error_json        = sqlc.narg(error_json)::json,
    logs_json         = sqlc.narg(logs_json)::json,
    completed_at      = clock_timestamp(),
    execution_time_ms = round(sqlc.arg(execution_time_us)::bigint / 1000.0)::integer,
    execution_time_us = sqlc.arg(execution_time_us)::bigint
WHERE id = sqlc.arg(id) AND status = 'running' AND attempt = sqlc.arg(attempt);

-- name: MakeExecutionPartitions :one
SELECT executions_make_partitions(sqlc.arg(first)::timestamptz, sqlc.arg(months_ahead)::integer)::integer;
