-- name: InsertScript :one
INSERT INTO scripts (id, name, description, current_version, input_retention_s, output_retention_s)
VALUES (sqlc.arg(id), sqlc.arg(name), sqlc.arg(description), 1, sqlc.narg(input_retention_s), sqlc.narg(output_retention_s))
RETURNING created_at;

-- name: InsertScriptVersion :one
INSERT INTO script_versions (script_id, number, content, sha256, change_note,
                             time_limit_ms, memory_limit_bytes, output_limit_bytes, log_limit_bytes, redact)
VALUES (sqlc.arg(script_id), sqlc.arg(number), sqlc.arg(content), sqlc.arg(sha256), sqlc.arg(change_note),
        sqlc.narg(time_limit_ms), sqlc.narg(memory_limit_bytes), sqlc.narg(output_limit_bytes), sqlc.narg(log_limit_bytes),
        sqlc.arg(redact))
RETURNING created_at;

-- NextScriptVersion counts up under the row's lock, so that of two changes at once both become versions.
-- name: NextScriptVersion :one
UPDATE scripts
SET name = sqlc.arg(name), description = sqlc.arg(description), current_version = current_version + 1, updated_at = clock_timestamp(),
    input_retention_s = sqlc.narg(input_retention_s), output_retention_s = sqlc.narg(output_retention_s)
WHERE id = sqlc.arg(id) AND deleted_at IS NULL
RETURNING current_version, created_at, updated_at;

-- name: GetScript :one
SELECT s.id, s.name, s.description, s.current_version, s.created_at, s.updated_at, v.content, v.sha256, v.change_note,
       v.time_limit_ms, v.memory_limit_bytes, v.output_limit_bytes, v.log_limit_bytes, v.redact,
       s.input_retention_s, s.output_retention_s
FROM scripts s
JOIN script_versions v ON v.script_id = s.id AND v.number = s.current_version
WHERE s.id = sqlc.arg(id) AND s.deleted_at IS NULL;

-- ListScripts leaves the contents out: a page of them may take 100 MiB. It passes over what lies between the page and the
-- nearest mark above it, in the index alone, and so a page costs the same whatever its number is. Each script of the page is
-- looked up on its own (the limit of one keeps PostgreSQL from merging with all scripts that are newer).
-- name: ListScripts :many
WITH wanted AS (SELECT sum(number)::bigint AS total, sum(number)::bigint - sqlc.arg(skip)::bigint AS below FROM script_count),
     mark AS (SELECT m.id, m.below FROM script_marks m WHERE m.below >= (SELECT below FROM wanted) ORDER BY m.below LIMIT 1)
SELECT s.id, s.name, s.description, s.current_version, s.created_at, s.updated_at, ''::text AS content, v.sha256, v.change_note,
       v.time_limit_ms, v.memory_limit_bytes, v.output_limit_bytes, v.log_limit_bytes, v.redact,
       s.input_retention_s, s.output_retention_s
FROM (SELECT l.id FROM scripts l
      WHERE l.deleted_at IS NULL AND l.id < coalesce((SELECT id FROM mark), 'ffffffff-ffff-ffff-ffff-ffffffffffff')
      ORDER BY l.id DESC
      LIMIT sqlc.arg(page_size)
      OFFSET greatest(coalesce((SELECT below FROM mark), (SELECT total FROM wanted)) - (SELECT below FROM wanted), 0)) AS page
CROSS JOIN LATERAL (
      SELECT o.id, o.name, o.description, o.current_version, o.created_at, o.updated_at, o.input_retention_s, o.output_retention_s
      FROM scripts o WHERE o.id = page.id LIMIT 1) AS s
JOIN script_versions v ON v.script_id = s.id AND v.number = s.current_version
ORDER BY page.id DESC;

-- ThinScriptMarks removes marks that deletions have brought near another: of those that have the same multiple of 256 scripts
-- below them the oldest stays, so that two neighbours are at most 255 farther apart than any were. What is left is as exact as
-- before. It holds the lock of whoever makes marks, and leaves it to the next time when something is changing.
-- name: ThinScriptMarks :execrows
WITH alone AS MATERIALIZED (SELECT pg_try_advisory_xact_lock(hashtextextended('peneira: script_marks', 0)) AS got)
DELETE FROM script_marks
WHERE (SELECT got FROM alone)
  AND id IN (SELECT m.id FROM (SELECT id, row_number() OVER (PARTITION BY below / 256 ORDER BY id) AS place FROM script_marks) AS m
             WHERE m.place > 1);

-- CountScripts adds up the counts that a trigger keeps, and never scans the scripts.
-- name: CountScripts :one
SELECT sum(number)::bigint FROM script_count;

-- name: DeleteScript :execrows
UPDATE scripts SET deleted_at = now() WHERE id = sqlc.arg(id) AND deleted_at IS NULL;

-- name: ScriptExists :one
SELECT EXISTS (SELECT FROM scripts WHERE id = sqlc.arg(id) AND deleted_at IS NULL);

-- name: GetScriptVersion :one
SELECT script_id, number, content, sha256, change_note, created_at,
       time_limit_ms, memory_limit_bytes, output_limit_bytes, log_limit_bytes, redact
FROM script_versions
WHERE script_id = sqlc.arg(script_id) AND number = sqlc.arg(number);

-- GetCurrentVersion gives the number of a script's current version, which is also how many there are.
-- name: GetCurrentVersion :one
SELECT current_version FROM scripts WHERE id = sqlc.arg(id) AND deleted_at IS NULL;

-- ListScriptVersions reads a page of a script's versions, newest first: they are numbered without gaps. It leaves
-- the contents out: a page of them may take 100 MiB.
-- name: ListScriptVersions :many
SELECT script_id, number, ''::text AS content, sha256, change_note, created_at,
       time_limit_ms, memory_limit_bytes, output_limit_bytes, log_limit_bytes, redact
FROM script_versions
WHERE script_id = sqlc.arg(script_id) AND number <= sqlc.arg(newest)
ORDER BY number DESC
LIMIT sqlc.arg(page_size);

-- GetRedactions gives the paths that a version of a script redacts, and the current version of the same script.
-- name: GetRedactions :many
SELECT v.redact
FROM scripts s
JOIN script_versions v ON v.script_id = s.id AND v.number IN (s.current_version, sqlc.arg(number))
WHERE s.id = sqlc.arg(script_id);
