-- name: InsertScript :one
INSERT INTO scripts (id, name, description, current_version)
VALUES (sqlc.arg(id), sqlc.arg(name), sqlc.arg(description), 1)
RETURNING created_at;

-- name: InsertScriptVersion :one
INSERT INTO script_versions (script_id, number, content, sha256, change_note)
VALUES (sqlc.arg(script_id), sqlc.arg(number), sqlc.arg(content), sqlc.arg(sha256), sqlc.arg(change_note))
RETURNING created_at;

-- NextScriptVersion counts up under the row's lock, so that of two changes at once both become versions.
-- name: NextScriptVersion :one
UPDATE scripts
SET name = sqlc.arg(name), description = sqlc.arg(description), current_version = current_version + 1, updated_at = clock_timestamp()
WHERE id = sqlc.arg(id) AND deleted_at IS NULL
RETURNING current_version, created_at, updated_at;

-- name: GetScript :one
SELECT s.id, s.name, s.description, s.current_version, s.created_at, s.updated_at, v.content, v.sha256, v.change_note
FROM scripts s
JOIN script_versions v ON v.script_id = s.id AND v.number = s.current_version
WHERE s.id = sqlc.arg(id) AND s.deleted_at IS NULL;

-- name: ListScripts :many
SELECT s.id, s.name, s.description, s.current_version, s.created_at, s.updated_at, v.content, v.sha256, v.change_note
FROM scripts s
JOIN script_versions v ON v.script_id = s.id AND v.number = s.current_version
WHERE s.deleted_at IS NULL
ORDER BY s.id DESC
LIMIT sqlc.arg(page_size) OFFSET sqlc.arg(skip);

-- name: CountScripts :one
SELECT count(*) FROM scripts WHERE deleted_at IS NULL;

-- name: DeleteScript :execrows
UPDATE scripts SET deleted_at = now() WHERE id = sqlc.arg(id) AND deleted_at IS NULL;

-- name: ScriptExists :one
SELECT EXISTS (SELECT FROM scripts WHERE id = sqlc.arg(id) AND deleted_at IS NULL);

-- name: GetScriptVersion :one
SELECT script_id, number, content, sha256, change_note, created_at
FROM script_versions
WHERE script_id = sqlc.arg(script_id) AND number = sqlc.arg(number);
