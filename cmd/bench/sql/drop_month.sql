-- Drops the oldest month as retention does, and says how many there were, how many milliseconds the table was locked, and how
-- many it took with the commit and the removal of the files, for which nobody waits.
SELECT to_timestamp(right(min(c.relname), 7), 'YYYY_MM') + interval '1 month' AS ended
FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
WHERE i.inhparent = 'executions'::regclass AND c.relname ~ '^executions_\d{4}_\d{2}$' \gset
BEGIN;
SELECT clock_timestamp() AS begun \gset
SELECT executions_drop_partitions(:'ended'::timestamptz) AS dropped \gset
SELECT clock_timestamp() AS locked \gset
COMMIT;
SELECT :'dropped'::integer, extract(epoch FROM :'locked'::timestamptz - :'begun'::timestamptz) * 1000,
       extract(epoch FROM clock_timestamp() - :'begun'::timestamptz) * 1000;
