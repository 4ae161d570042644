-- How many executions there are, the bytes of their rows, of their indexes and of what is kept apart from the rows (TOAST), the
-- bytes of the audit log and of the queue, where the WAL is, and how many connections the service has.
SELECT (SELECT count(*) FROM executions),
       sum(pg_relation_size(p.relid)), sum(pg_indexes_size(p.relid)), sum(pg_table_size(p.relid) - pg_relation_size(p.relid)),
       pg_total_relation_size('audit_log'), pg_total_relation_size('river_job'),
       pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0'),
       (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'peneira%')
FROM pg_partition_tree('executions') AS p WHERE p.isleaf;
