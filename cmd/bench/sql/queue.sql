-- River's tables at the moment: their rows (of the jobs counted, of the others estimated), dead rows, kB of heap with TOAST, kB of
-- indexes, and how often each was vacuumed.
SELECT c.relname, CASE c.relname WHEN 'river_job' THEN (SELECT count(*) FROM river_job) ELSE pg_stat_get_live_tuples(c.oid) END,
       pg_stat_get_dead_tuples(c.oid), pg_table_size(c.oid) / 1024, pg_indexes_size(c.oid) / 1024, pg_stat_get_autovacuum_count(c.oid)
FROM pg_class c WHERE c.relname LIKE 'river\_%' AND c.relkind = 'r' ORDER BY c.relname <> 'river_job', c.relname;
