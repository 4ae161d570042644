-- name: InsertSession :exec
INSERT INTO sessions (token_hash, key_id, expires_at) VALUES (sqlc.arg(token_hash), sqlc.arg(key_id), sqlc.arg(expires_at));

-- name: GetSession :one
SELECT key_id FROM sessions WHERE token_hash = sqlc.arg(token_hash) AND expires_at > now();

-- name: DeleteSession :exec
DELETE FROM sessions WHERE token_hash = sqlc.arg(token_hash);

-- DropDeadSessions forgets sessions that are over, by their own time or by that of their key.
-- name: DropDeadSessions :execrows
DELETE FROM sessions s
USING api_keys k
WHERE k.id = s.key_id AND (s.expires_at < now() OR k.revoked_at IS NOT NULL OR k.expires_at < now());
