-- ClaimKey claims a key for a request: when nobody has, when the claim is older than a day, or when the one who claimed it
-- for the same request has been silent for a minute, in which case the subject stays the same. No row means that the claim
-- is another's.
-- name: ClaimKey :one
INSERT INTO idempotency_keys AS k (key_hash, request_hash, subject_id)
VALUES (sqlc.arg(key_hash), sqlc.arg(request_hash), sqlc.arg(subject_id))
ON CONFLICT (key_hash) DO UPDATE
SET claimed_at   = now(),
    created_at   = CASE WHEN k.created_at < now() - interval '24 hours' THEN now() ELSE k.created_at END,
    request_hash = excluded.request_hash,
    subject_id   = CASE WHEN k.created_at < now() - interval '24 hours' THEN excluded.subject_id ELSE k.subject_id END
WHERE k.created_at < now() - interval '24 hours'
   OR (k.claimed_at < now() - interval '1 minute' AND k.request_hash = excluded.request_hash)
RETURNING subject_id;

-- name: GetKey :one
SELECT request_hash, subject_id FROM idempotency_keys WHERE key_hash = sqlc.arg(key_hash);

-- name: ReleaseKey :exec
DELETE FROM idempotency_keys WHERE key_hash = sqlc.arg(key_hash) AND subject_id = sqlc.arg(subject_id);

-- name: DropOldKeys :execrows
DELETE FROM idempotency_keys WHERE created_at < now() - interval '24 hours';
