-- ListPayloadRetentions lists what scripts, deleted ones too, say about the keeping of payloads, and how far their removal is.
-- name: ListPayloadRetentions :many
SELECT k.script_id::uuid AS script_id, k.payload::text AS payload, k.keep_s::bigint AS keep_s,
       coalesce(w.done_to, '00000000-0000-0000-0000-000000000000')::uuid AS done_to,
       coalesce(w.looked_back_at < now() - interval '1 day', false)::boolean AS look_back
FROM (SELECT i.id AS script_id, 'input' AS payload, i.input_retention_s AS keep_s FROM scripts i
      WHERE (i.input_retention_s IS NOT NULL OR i.output_retention_s IS NOT NULL) AND i.input_retention_s IS NOT NULL
      UNION ALL
      SELECT o.id, 'output', o.output_retention_s FROM scripts o
      WHERE (o.input_retention_s IS NOT NULL OR o.output_retention_s IS NOT NULL) AND o.output_retention_s IS NOT NULL) AS k
LEFT JOIN payload_sweeps w ON w.script_id = k.script_id AND w.payload = k.payload
ORDER BY k.script_id;

-- RemoveInputs removes the data of one script's next executions after an id, and what the script wrote about them: logs, and
-- the text of errors. It goes by at most so many executions, and ends early once it has met 64 MiB. It gives how many it
-- went by, the last of them, the last before which nothing is left to do (one that has not ended is), and how many it emptied.
-- name: RemoveInputs :one
WITH met AS MATERIALIZED (
    SELECT x.id, coalesce(x.completed_at < now() - make_interval(secs => sqlc.arg(keep_s)::bigint), false) AS due,
           x.input_removed_at IS NULL AS there, coalesce(pg_column_size(x.input_json), 0) AS size
    FROM executions x
    WHERE x.script_id = sqlc.arg(script_id) AND x.id > sqlc.arg(after)
      AND x.id < uuidv7_floor(now() - make_interval(secs => sqlc.arg(keep_s)::bigint))
    ORDER BY x.id
    LIMIT sqlc.arg(most)
), summed AS (
    SELECT id, due, there, sum(size) OVER (ORDER BY id) - size AS before FROM met
), chosen AS MATERIALIZED (
    SELECT id, due, there FROM summed WHERE before < 67108864
), removed AS (
    UPDATE executions e
    SET input_json = NULL, input_data = NULL, logs_json = NULL, input_removed_at = now(),
        error_message = CASE WHEN e.error_kind IS NULL THEN e.error_message ELSE '(removed with the data)' END,
        error_json = CASE WHEN e.error_json IS NULL THEN NULL ELSE json_strip_nulls(json_build_object(
            'kind', e.error_json -> 'kind', 'name', CASE WHEN e.error_kind = 'script-error' THEN NULL ELSE e.error_json -> 'name' END,
            'message', '(removed with the data)', 'line', e.error_json -> 'line', 'column', e.error_json -> 'column')) END
    FROM chosen c
    WHERE e.id = c.id AND c.due AND c.there AND e.input_removed_at IS NULL
    RETURNING e.id
)
SELECT (SELECT count(*) FROM chosen)::bigint AS met,
       coalesce((SELECT id FROM chosen ORDER BY id DESC LIMIT 1), sqlc.arg(after))::uuid AS last,
       coalesce((SELECT id FROM chosen WHERE id < coalesce((SELECT id FROM chosen WHERE NOT due ORDER BY id LIMIT 1),
           'ffffffff-ffff-ffff-ffff-ffffffffffff') ORDER BY id DESC LIMIT 1), sqlc.arg(after))::uuid AS done_to,
       (SELECT count(*) FROM removed)::bigint AS removed;

-- RemoveOutputs does for results what RemoveInputs does for data.
-- name: RemoveOutputs :one
WITH met AS MATERIALIZED (
    SELECT x.id, coalesce(x.completed_at < now() - make_interval(secs => sqlc.arg(keep_s)::bigint), false) AS due,
           x.output_removed_at IS NULL AS there, coalesce(pg_column_size(x.output_json), 0) AS size
    FROM executions x
    WHERE x.script_id = sqlc.arg(script_id) AND x.id > sqlc.arg(after)
      AND x.id < uuidv7_floor(now() - make_interval(secs => sqlc.arg(keep_s)::bigint))
    ORDER BY x.id
    LIMIT sqlc.arg(most)
), summed AS (
    SELECT id, due, there, sum(size) OVER (ORDER BY id) - size AS before FROM met
), chosen AS MATERIALIZED (
    SELECT id, due, there FROM summed WHERE before < 67108864
), removed AS (
    UPDATE executions e
    SET output_json = NULL, output_data = NULL, output_removed_at = now()
    FROM chosen c
    WHERE e.id = c.id AND c.due AND c.there AND e.output_removed_at IS NULL AND e.output_json IS NOT NULL
    RETURNING e.id
)
SELECT (SELECT count(*) FROM chosen)::bigint AS met,
       coalesce((SELECT id FROM chosen ORDER BY id DESC LIMIT 1), sqlc.arg(after))::uuid AS last,
       coalesce((SELECT id FROM chosen WHERE id < coalesce((SELECT id FROM chosen WHERE NOT due ORDER BY id LIMIT 1),
           'ffffffff-ffff-ffff-ffff-ffffffffffff') ORDER BY id DESC LIMIT 1), sqlc.arg(after))::uuid AS done_to,
       (SELECT count(*) FROM removed)::bigint AS removed;

-- SavePayloadSweep notes how far the removal has come. It stops a few minutes behind the present: the ids are made by the
-- clocks of several machines, and one that is slow must not make ids that are behind the note.
-- name: SavePayloadSweep :exec
INSERT INTO payload_sweeps AS w (script_id, payload, done_to)
VALUES (sqlc.arg(script_id), sqlc.arg(payload),
        least(sqlc.arg(done_to)::uuid, uuidv7_floor(now() - make_interval(secs => sqlc.arg(keep_s)::bigint) - interval '5 minutes')))
ON CONFLICT (script_id, payload) DO UPDATE
SET done_to = greatest(w.done_to, excluded.done_to),
    looked_back_at = CASE WHEN sqlc.arg(looked_back)::boolean THEN now() ELSE w.looked_back_at END;

-- LookBack gives the id from where to look back: ids may be a day old when they are accepted, and this happens once a day.
-- name: LookBack :one
SELECT uuidv7_floor(now() - make_interval(secs => sqlc.arg(keep_s)::bigint) - interval '50 hours')::uuid;

-- name: DropExecutionPartitions :one
SELECT executions_drop_partitions(sqlc.arg(before)::timestamptz)::integer;

-- DropStrays removes finished executions from the partition for ids that no month has.
-- name: DropStrays :execrows
DELETE FROM executions_other
WHERE id IN (SELECT o.id FROM executions_other o WHERE o.completed_at < sqlc.arg(before)::timestamptz LIMIT sqlc.arg(most));

-- name: MakeReportRole :one
SELECT make_report_role()::text;
