-- name: InsertAPIKey :one
INSERT INTO api_keys (id, name, hint, hash, scopes, requests_per_second, executions_in_flight, expires_at)
VALUES (sqlc.arg(id), sqlc.arg(name), sqlc.arg(hint), sqlc.arg(hash), sqlc.arg(scopes),
        nullif(sqlc.arg(requests_per_second)::integer, 0), nullif(sqlc.arg(executions_in_flight)::integer, 0), sqlc.narg(expires_at))
RETURNING created_at;

-- name: ListAPIKeys :many
SELECT id, name, hint, scopes, coalesce(requests_per_second, 0)::integer AS requests_per_second,
       coalesce(executions_in_flight, 0)::integer AS executions_in_flight, created_at, expires_at, last_used_at, revoked_at
FROM api_keys
ORDER BY id DESC;

-- name: GetAPIKey :one
SELECT id, name, hint, scopes, coalesce(requests_per_second, 0)::integer AS requests_per_second,
       coalesce(executions_in_flight, 0)::integer AS executions_in_flight, created_at, expires_at, last_used_at, revoked_at
FROM api_keys
WHERE id = sqlc.arg(id);

-- UsableAPIKeys reads what processes keep in memory: the keys that are not revoked.
-- name: UsableAPIKeys :many
SELECT id, name, hint, hash, scopes, coalesce(requests_per_second, 0)::integer AS requests_per_second,
       coalesce(executions_in_flight, 0)::integer AS executions_in_flight, created_at, expires_at
FROM api_keys
WHERE revoked_at IS NULL;

-- AnyAPIKey reports whether a key was ever made.
-- name: AnyAPIKey :one
SELECT EXISTS (SELECT FROM api_keys);

-- RevokeAPIKey is true for the first revocation of a key, false for a later one, and gives no row when there is no such key.
-- name: RevokeAPIKey :one
WITH revoked AS (
UPDATE api_keys k SET revoked_at = now() WHERE k.id = sqlc.arg(id) AND k.revoked_at IS NULL RETURNING k.id
)
SELECT EXISTS (SELECT FROM revoked) AS now FROM api_keys a WHERE a.id = sqlc.arg(id);

-- NoteAPIKeyUse notes when keys were last used.
-- name: NoteAPIKeyUse :exec
UPDATE api_keys k
SET last_used_at = greatest(k.last_used_at, u.at)
FROM (SELECT unnest(sqlc.arg(ids)::uuid[]) AS id, unnest(sqlc.arg(ats)::timestamptz[]) AS at) AS u
WHERE k.id = u.id;
