-- Prints a script with few executions, the cursor of the execution in the middle, and the ids of 400 executions of all times.
SELECT id FROM scripts WHERE id <> :'busy' ORDER BY id OFFSET (SELECT count(*) / 2 FROM scripts) - 1 LIMIT 1;
WITH span AS (
    SELECT (SELECT created_at FROM executions ORDER BY id LIMIT 1) AS low, (SELECT created_at FROM executions ORDER BY id DESC LIMIT 1) AS high
), spread AS (
    SELECT n, uuidv7_floor(low + n * (high - low) / 400) AS id FROM span CROSS JOIN generate_series(0, 399) AS n
), found AS (
    SELECT s.n, e.id FROM spread s CROSS JOIN LATERAL (SELECT id FROM executions x WHERE x.id >= s.id ORDER BY x.id LIMIT 1) AS e
)
SELECT rtrim(translate(encode(uuid_send(id), 'base64'), '+/', '-_'), '=') FROM found WHERE n = 200
UNION ALL
(SELECT id::text FROM found ORDER BY md5(n::text));
