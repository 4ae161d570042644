-- BeginBackup notes that a backup has begun, and forgets what happened more than a year ago.
-- name: BeginBackup :one
WITH forgotten AS (
    DELETE FROM backups WHERE began_at < now() - interval '1 year' AND action <> 'start'
)
INSERT INTO backups (action) VALUES (sqlc.arg(action)) RETURNING id;

-- EndBackup notes how it ended; an empty error is none.
-- name: EndBackup :exec
UPDATE backups
SET ended_at = clock_timestamp(), path = sqlc.arg(path), bytes = sqlc.arg(bytes), error = nullif(sqlc.arg(error)::text, '')
WHERE id = sqlc.arg(id);

-- LastBackupTried tells when the last backup of the database began, well or not; before the first, when the database was
-- made.
-- name: LastBackupTried :one
SELECT coalesce(max(began_at), '-infinity')::timestamptz AS began_at FROM backups WHERE action IN ('database', 'start');

-- UserRelations counts what a database holds of tables, views and sequences that are not PostgreSQL's own.
-- name: UserRelations :one
SELECT count(*) FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\_%'
  AND c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f');

-- OtherPeneiras counts the connections of running services.
-- name: OtherPeneiras :one
SELECT count(*) FROM pg_catalog.pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name LIKE 'peneira%';

-- CreateMissingRoles returns a statement for each of the roles that the server does not know: roles belong to the server and
-- are in no dump of a database.
-- name: CreateMissingRoles :many
SELECT format('CREATE ROLE %I NOLOGIN', r.name)::text FROM unnest(sqlc.arg(names)::text[]) AS r (name)
WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_roles known WHERE known.rolname = r.name);
