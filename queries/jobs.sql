-- JobState says where a job stands and, once it is finished, what it recorded and what went wrong last.
-- name: JobState :one
SELECT state::text AS state, coalesce(metadata -> 'output', 'null')::jsonb AS output,
       coalesce(errors[cardinality(errors)] ->> 'error', '')::text AS last_error
FROM river_job
WHERE id = sqlc.arg(id);

-- BusyProcesses lists the processes that jobs say they are running in.
-- name: BusyProcesses :many
SELECT DISTINCT attempted_by[cardinality(attempted_by)]::text AS process_id
FROM river_job
WHERE state = 'running' AND attempted_by IS NOT NULL;

-- LockProcess holds a process's lock for as long as the connection lives: the proof that the process does.
-- name: LockProcess :exec
SELECT pg_advisory_lock(hashtextextended('peneira process ' || sqlc.arg(process_id)::text, 0));

-- TryLockProcess takes the lock of another process until the end of the transaction; true means that process is gone.
-- name: TryLockProcess :one
SELECT pg_try_advisory_xact_lock(hashtextextended('peneira process ' || sqlc.arg(process_id)::text, 0));

-- HandOnJobs puts the jobs that a dead process was running back into the queue. That uses up no attempt; deaths are
-- counted apart, so that an execution that keeps killing its worker can be told from one that met a restart.
-- name: HandOnJobs :execrows
UPDATE river_job
SET state = 'available', attempt = greatest(attempt - 1, 0), scheduled_at = now(),
    metadata = jsonb_set(metadata, '{deaths}', to_jsonb(coalesce((metadata ->> 'deaths')::integer, 0) + 1))
WHERE state = 'running' AND attempted_by[cardinality(attempted_by)] = sqlc.arg(process_id)::text;
