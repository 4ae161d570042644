-- SchemaVersion is the newest migration that the database has.
-- name: SchemaVersion :one
SELECT coalesce(max(version_id), 0)::bigint AS version FROM goose_db_version WHERE is_applied;

-- SetSchemaAside returns the statements that make room for a restored schema; sqlc takes no ALTER SCHEMA as it is.
-- name: SetSchemaAside :one
SELECT 'ALTER SCHEMA public RENAME TO peneira_set_aside; CREATE SCHEMA public'::text;

-- PutSchemaBack returns the statements that undo it.
-- name: PutSchemaBack :one
SELECT 'DROP SCHEMA public CASCADE; ALTER SCHEMA peneira_set_aside RENAME TO public'::text;

-- SchemaSetAside tells whether a restore was broken off.
-- name: SchemaSetAside :one
SELECT EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = 'peneira_set_aside');

-- name: DropSchemaSetAside :exec
DROP SCHEMA peneira_set_aside CASCADE;

-- SettleAccess returns the statements after which a restored dump lets nobody in who was shut out since: sessions end, and keys
-- that were revoked in what was set aside are revoked. A dump, or what was set aside, may be older than these tables.
-- name: SettleAccess :one
SELECT concat(
    CASE WHEN to_regclass('public.sessions') IS NOT NULL THEN 'DELETE FROM public.sessions;' END,
    CASE WHEN to_regclass('public.api_keys') IS NOT NULL
          AND to_regclass('peneira_set_aside.api_keys') IS NOT NULL AND to_regclass('peneira_set_aside.goose_db_version') IS NOT NULL
         THEN 'UPDATE public.api_keys k SET revoked_at = o.revoked_at FROM peneira_set_aside.api_keys o '
              'WHERE o.id = k.id AND o.revoked_at IS NOT NULL AND k.revoked_at IS NULL' END)::text;
