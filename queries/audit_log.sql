-- InsertAuditEntry writes one line. Those of accepted executions are written with them, see InsertExecutions.
-- name: InsertAuditEntry :exec
INSERT INTO audit_log (id, key_id, action, subject, request_id, address)
VALUES (sqlc.arg(id), sqlc.narg(key_id), sqlc.arg(action), sqlc.arg(subject), sqlc.arg(request_id), sqlc.narg(address)::inet);

-- ListAuditEntries reads a page, newest first, along the primary key. Bounds on the id come before the exact ones on time.
-- name: ListAuditEntries :many
SELECT id, at, key_id, action, subject, request_id, address
FROM audit_log
WHERE id < sqlc.arg(before)
  AND id >= uuidv7_floor(sqlc.arg(written_from)::timestamptz - interval '25 hours')
  AND id < uuidv7_floor(sqlc.arg(written_to)::timestamptz + interval '1 hour')
  AND at >= sqlc.arg(written_from)
  AND at < sqlc.arg(written_to)
  AND (sqlc.narg(action)::text IS NULL OR action = sqlc.narg(action)::text)
  AND (sqlc.narg(key_id)::uuid IS NULL OR key_id = sqlc.narg(key_id)::uuid)
  AND (sqlc.narg(subject)::text IS NULL OR subject = sqlc.narg(subject)::text)
ORDER BY id DESC
LIMIT sqlc.arg(page_size);

-- ListRareAuditEntries is ListAuditEntries along the index of the actions that are not nearly all of the log.
-- name: ListRareAuditEntries :many
SELECT id, at, key_id, action, subject, request_id, address
FROM audit_log
WHERE action = sqlc.arg(action) AND action <> 'execution.run'
  AND id < sqlc.arg(before)
  AND id >= uuidv7_floor(sqlc.arg(written_from)::timestamptz - interval '25 hours')
  AND id < uuidv7_floor(sqlc.arg(written_to)::timestamptz + interval '1 hour')
  AND at >= sqlc.arg(written_from)
  AND at < sqlc.arg(written_to)
  AND (sqlc.narg(key_id)::uuid IS NULL OR key_id = sqlc.narg(key_id)::uuid)
  AND (sqlc.narg(subject)::text IS NULL OR subject = sqlc.narg(subject)::text)
ORDER BY id DESC
LIMIT sqlc.arg(page_size);

-- name: ForgetAuditEntries :one
SELECT audit_log_forget(sqlc.arg(before)::timestamptz, sqlc.arg(at_most)::integer)::integer;
