-- TicketState says where the backup with a ticket stands and, once it is finished, what it recorded and what went wrong last.
-- The id of its job is no use for that: it is another one once the job was handed on.
-- name: TicketState :one
SELECT state::text AS state, coalesce(metadata -> 'output', 'null')::jsonb AS output,
       coalesce(errors[cardinality(errors)] ->> 'error', '')::text AS last_error
FROM river_job
WHERE kind = 'backup' AND args @> jsonb_build_object('ticket', sqlc.arg(ticket)::text);

-- BusyProcesses lists the processes that jobs say they are running in.
-- name: BusyProcesses :many
SELECT DISTINCT attempted_by[cardinality(attempted_by)]::text AS process_id
FROM river_job
WHERE state = 'running' AND attempted_by IS NOT NULL;

-- LockProcess holds a process's lock for as long as the connection lives: the proof that the process does. A process that
-- has been silent for idle_ms is taken for dead: PostgreSQL (14 or newer) ends its connection, which no frozen process and
-- no host that is gone can do.
-- name: LockProcess :exec
SELECT pg_advisory_lock(hashtextextended('peneira process ' || sqlc.arg(process_id)::text, 0)),
       CASE WHEN current_setting('server_version_num')::integer >= 140000
            THEN set_config('idle_session_timeout', sqlc.arg(idle_ms)::integer::text, false) END;

-- TryLockProcess takes the lock of another process until the end of the transaction; true means that process is gone.
-- name: TryLockProcess :one
SELECT pg_try_advisory_xact_lock(hashtextextended('peneira process ' || sqlc.arg(process_id)::text, 0));

-- JobsRunningIn lists the jobs that a process has had for a while.
-- name: JobsRunningIn :many
SELECT id FROM river_job
WHERE state = 'running' AND attempted_by[cardinality(attempted_by)] = sqlc.arg(process_id)::text
  AND attempted_at < now() - make_interval(secs => sqlc.arg(seconds)::integer);

-- HandOnJobs takes jobs from a process and puts them back into the queue: all of them when the process died, or those of
-- the given ids. That uses up no attempt.
--
-- Whoever had them is fenced, should it live after all. The job gets a new id, so that whatever River still has to say of
-- the old one touches nothing. The execution counts the run that is given up, so that its outcome is not taken: if the run
-- was shown as begun, its number is there and the state goes back to pending; if not, its number is counted now.
--
-- A death counts against a job only if its run had begun, which is sure if it was shown since the process got the job.
-- handed_on tells the next process to show the run before it begins.
-- name: HandOnJobs :execrows
WITH held AS (
    SELECT j.id, e.id AS execution_id,
           coalesce(e.status = 'running' AND e.started_at >= j.attempted_at, false) AS shown
    FROM river_job j
    LEFT JOIN executions e ON j.kind = 'execution' AND e.id = (j.args ->> 'execution_id')::uuid
    WHERE j.state = 'running' AND j.attempted_by[cardinality(j.attempted_by)] = sqlc.arg(process_id)::text
      AND (sqlc.arg(died)::boolean OR j.id = ANY (sqlc.arg(ids)::bigint[]))
    FOR UPDATE OF j
), fenced AS (
    UPDATE executions e
    SET attempt = e.attempt + CASE WHEN held.shown THEN 0 ELSE 1 END, status = 'pending', started_at = NULL
    FROM held
    WHERE e.id = held.execution_id AND e.status IN ('pending', 'running')
)
UPDATE river_job j
SET id = DEFAULT, state = 'available', attempt = greatest(j.attempt - 1, 0), scheduled_at = now(),
    metadata = j.metadata || jsonb_build_object(
        'handed_on', coalesce((j.metadata ->> 'handed_on')::integer, 0) + 1,
        'deaths', coalesce((j.metadata ->> 'deaths')::integer, 0) + CASE WHEN sqlc.arg(died)::boolean AND held.shown THEN 1 ELSE 0 END)
FROM held
WHERE j.id = held.id;

-- Now is the time by which jobs become due.
-- name: Now :one
SELECT now()::timestamptz AS now;

-- TakeJobs takes jobs as River does, with two bounds on where it looks in the index: the priority that all jobs have here, and when
-- they became due. While a transaction as long as a dump keeps PostgreSQL from clearing away what is done, the index still has an
-- entry for every job that was ever available, and River's own statement looks at the row behind each of them.
-- name: TakeJobs :many
WITH due AS (
    SELECT id FROM river_job
    WHERE state = 'available' AND queue = sqlc.arg(queue)::text AND priority = 1
      AND scheduled_at >= sqlc.arg(since)::timestamptz AND scheduled_at <= now()
      AND (sqlc.narg(kinds)::text[] IS NULL OR kind = ANY (sqlc.narg(kinds)::text[]))
    ORDER BY priority, scheduled_at, id
    LIMIT sqlc.arg(most)::integer
    FOR UPDATE SKIP LOCKED
)
UPDATE river_job j
SET state = 'running', attempt = j.attempt + 1, attempted_at = now(),
    attempted_by = array_append(
        CASE WHEN cardinality(j.attempted_by) >= sqlc.arg(max_attempted_by)::integer
             THEN j.attempted_by[cardinality(j.attempted_by) + 2 - sqlc.arg(max_attempted_by)::integer:] ELSE j.attempted_by END,
        sqlc.arg(process_id)::text)
FROM due
WHERE j.id = due.id
RETURNING j.id;
