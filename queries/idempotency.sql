-- ClaimKey claims a key for a request: when nobody has, when the claim is older than a day, or when the one who claimed it
-- for the same request has been silent for a while, in which case the subject stays the same. No row means that the claim
-- is another's. The while is short: should the silent one live after all, the two make the same subject, which can exist
-- only once.
-- name: ClaimKey :one
INSERT INTO idempotency_keys AS k (key_hash, request_hash, subject_id)
VALUES (sqlc.arg(key_hash), sqlc.arg(request_hash), sqlc.arg(subject_id))
ON CONFLICT (key_hash) DO UPDATE
SET claimed_at   = now(),
    created_at   = CASE WHEN k.created_at < now() - interval '24 hours' THEN now() ELSE k.created_at END,
    request_hash = excluded.request_hash,
    subject_id   = CASE WHEN k.created_at < now() - interval '24 hours' THEN excluded.subject_id ELSE k.subject_id END
WHERE k.created_at < now() - interval '24 hours'
   OR (k.claimed_at < now() - interval '5 seconds' AND k.request_hash = excluded.request_hash)
RETURNING subject_id, claimed_at;

-- name: GetKey :one
SELECT request_hash, subject_id FROM idempotency_keys WHERE key_hash = sqlc.arg(key_hash);

-- ReleaseKey gives a key free, unless somebody else has claimed it since.
-- name: ReleaseKey :exec
DELETE FROM idempotency_keys WHERE key_hash = sqlc.arg(key_hash) AND claimed_at = sqlc.arg(claimed_at);

-- YieldKey lets the next one who asks claim a key at once, for the same subject.
-- name: YieldKey :exec
UPDATE idempotency_keys SET claimed_at = '-infinity' WHERE key_hash = sqlc.arg(key_hash) AND claimed_at = sqlc.arg(claimed_at);

-- name: DropOldKeys :execrows
DELETE FROM idempotency_keys WHERE created_at < now() - interval '24 hours';
