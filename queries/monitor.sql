-- Monitor reads what an operator wants to know of the database at one moment, in one round trip. The queue is counted up to
-- 100,000 jobs a state, along River's index: an overfull queue must not make the looking expensive.
-- name: Monitor :one
SELECT (SELECT coalesce(max(version_id), 0) FROM goose_db_version WHERE is_applied)::bigint AS schema_version,
       (SELECT count(*) FROM (SELECT FROM river_job WHERE state = 'available' AND queue = ANY (sqlc.arg(queues)::text[]) LIMIT 100000) j)::bigint AS available,
       (SELECT count(*) FROM (SELECT FROM river_job WHERE state = 'running' AND queue = ANY (sqlc.arg(queues)::text[]) LIMIT 100000) j)::bigint AS running,
       (SELECT count(*) FROM (SELECT FROM river_job WHERE state = 'retryable' AND queue = ANY (sqlc.arg(queues)::text[]) LIMIT 100000) j)::bigint AS retryable,
       -- Each queue and priority has its own order in the index.
       (SELECT coalesce(extract(epoch FROM now() - min(oldest.scheduled_at)), 0)
        FROM unnest(sqlc.arg(queues)::text[]) AS q (name)
        CROSS JOIN generate_series(1, 4) AS p (priority)
        CROSS JOIN LATERAL (SELECT scheduled_at FROM river_job
                            WHERE state = 'available' AND queue = q.name AND priority = p.priority
                            ORDER BY scheduled_at LIMIT 1) AS oldest)::float8 AS oldest_seconds,
       -- Living workers hold a lock each, on a connection that bears their name.
       (SELECT count(*) FROM pg_catalog.pg_stat_activity a
        WHERE a.datname = current_database() AND a.application_name LIKE 'peneira %'
          AND EXISTS (SELECT FROM pg_catalog.pg_locks l WHERE l.pid = a.pid AND l.locktype = 'advisory' AND l.granted))::bigint AS workers,
       -- Partitions are named by their month.
       (SELECT coalesce(max(right(c.relname, 7)), '')
        FROM pg_catalog.pg_inherits i JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'executions'::regclass AND c.relname ~ '^executions_[0-9]{4}_[0-9]{2}$')::text AS last_month,
       (SELECT coalesce(max(began_at), 'epoch') FROM backups WHERE action = 'database' AND ended_at IS NOT NULL AND error IS NULL)::timestamptz AS backup_good,
       (SELECT coalesce(max(began_at), 'epoch') FROM backups WHERE action = 'database' AND error IS NOT NULL)::timestamptz AS backup_failed,
       (SELECT coalesce(max(began_at), 'epoch') FROM backups WHERE action = 'start')::timestamptz AS backups_due_from,
       (SELECT coalesce(max(bytes), 0) FROM backups WHERE id = (SELECT max(id) FROM backups
        WHERE action = 'database' AND ended_at IS NOT NULL AND error IS NULL))::bigint AS backup_bytes;
