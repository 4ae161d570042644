-- SchemaVersion is the newest migration that the database has.
-- name: SchemaVersion :one
SELECT coalesce(max(version_id), 0)::bigint AS version FROM goose_db_version WHERE is_applied;

-- SetSchemaAside returns the statements that make room for a restored schema; sqlc takes no ALTER SCHEMA as it is.
-- name: SetSchemaAside :one
SELECT 'ALTER SCHEMA public RENAME TO peneira_set_aside; CREATE SCHEMA public'::text;

-- PutSchemaBack returns the statements that undo it.
-- name: PutSchemaBack :one
SELECT 'DROP SCHEMA public CASCADE; ALTER SCHEMA peneira_set_aside RENAME TO public'::text;

-- name: DropSchemaSetAside :exec
DROP SCHEMA peneira_set_aside CASCADE;
