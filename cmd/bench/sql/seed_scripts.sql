-- Hosts many scripts, as if over the last :months months: every third has two versions, every ninth three.
BEGIN;
INSERT INTO scripts (id, name, description, current_version, created_at, updated_at)
SELECT overlay(overlay(overlay(md5('script' || n) PLACING substr(replace(uuidv7_floor(at)::text, '-', ''), 1, 12) FROM 1)
           PLACING '7' FROM 13) PLACING '8' FROM 17)::uuid,
       'Script ' || n, 'Keeps the rows of case ' || n, 1 + (n % 3 = 0)::integer + (n % 9 = 0)::integer, at, at
FROM (SELECT n, now() - make_interval(months => :'months'::integer) + n * (make_interval(months => :'months'::integer) / :'scripts'::float8) AS at
      FROM generate_series(0, :'scripts'::integer - 1) AS n) AS scripts;

INSERT INTO script_versions (script_id, number, content, sha256, created_at)
SELECT id, number, content, sha256(convert_to(content, 'UTF8')), created_at
FROM (SELECT s.id, number, s.created_at, '// ' || s.name || ', version ' || number || E'\n' || :'content' AS content
      FROM scripts s CROSS JOIN generate_series(1, s.current_version) AS number
      WHERE NOT EXISTS (SELECT FROM script_versions v WHERE v.script_id = s.id)) AS versions;
COMMIT;

SELECT executions_make_partitions(now() - make_interval(months => :'months'::integer - 1), :'months'::integer - 1);
