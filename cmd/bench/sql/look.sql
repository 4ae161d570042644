-- Prints a script with few executions, the cursor of the execution in the middle, and the ids of 400 executions, first of the
-- newest, then of all times.
SELECT id FROM scripts WHERE id <> :'busy' ORDER BY id OFFSET (SELECT count(*) / 2 FROM scripts) - 1 LIMIT 1;
WITH span AS (
    SELECT (SELECT created_at FROM executions ORDER BY id LIMIT 1) AS low, (SELECT created_at FROM executions ORDER BY id DESC LIMIT 1) AS high
)
SELECT rtrim(translate(encode(uuid_send(e.id), 'base64'), '+/', '-_'), '=')
FROM span CROSS JOIN LATERAL (SELECT id FROM executions x WHERE x.id >= uuidv7_floor(low + (high - low) / 2) ORDER BY x.id LIMIT 1) AS e;
SELECT string_agg(id::text, ' ' ORDER BY md5(id::text)) FROM (SELECT id FROM executions ORDER BY id DESC LIMIT 400) AS newest;
WITH span AS (
    SELECT (SELECT created_at FROM executions ORDER BY id LIMIT 1) AS low, (SELECT created_at FROM executions ORDER BY id DESC LIMIT 1) AS high
)
SELECT string_agg(e.id::text, ' ' ORDER BY md5(e.id::text))
FROM span CROSS JOIN generate_series(0, 399) AS n
CROSS JOIN LATERAL (SELECT id FROM executions x WHERE x.id >= uuidv7_floor(low + n * (high - low) / 400) ORDER BY x.id LIMIT 1) AS e;
