-- What River's table of jobs is at the moment: rows, dead rows, kB of its heap and its indexes, and how often it was vacuumed.
SELECT (SELECT count(*) FROM river_job), pg_stat_get_dead_tuples(c.oid), pg_table_size(c.oid) / 1024, pg_indexes_size(c.oid) / 1024,
       pg_stat_get_autovacuum_count(c.oid), (SELECT count(*) FROM executions WHERE status = 'completed')
FROM pg_class c WHERE c.oid = 'river_job'::regclass;
