-- +goose Up
-- Making and dropping a partition needs a lock that a dump of the database holds for as long as it takes. Whoever waits for
-- it makes all others wait behind; so it is given up after a moment, and tried again at the next upkeep.
ALTER FUNCTION executions_make_partitions(TIMESTAMPTZ, INTEGER) SET lock_timeout = '2s';

-- Drops the partitions of executions whose month ended before a moment; returns how many. One with an execution that has not
-- ended stays: its job says so, for an execution ends with its job.
-- +goose StatementBegin
CREATE FUNCTION executions_drop_partitions(before TIMESTAMPTZ) RETURNS INTEGER LANGUAGE plpgsql SET lock_timeout = '2s' AS $$
DECLARE
    dropped INTEGER := 0;
    part    RECORD;
BEGIN
    FOR part IN
        SELECT m.name, uuidv7_floor(m.month AT TIME ZONE 'UTC') AS low, uuidv7_floor((m.month + interval '1 month') AT TIME ZONE 'UTC') AS high
        FROM (SELECT c.oid::regclass::text AS name, to_timestamp(right(c.relname, 7), 'YYYY_MM')::timestamp AS month
              FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
              WHERE i.inhparent = 'executions'::regclass AND c.relname ~ '^executions_\d{4}_\d{2}$') AS m
        WHERE (m.month + interval '1 month') AT TIME ZONE 'UTC' <= before
        ORDER BY m.month
    LOOP
        CONTINUE WHEN EXISTS (
            SELECT FROM river_job
            WHERE kind = 'execution' AND state IN ('available', 'pending', 'retryable', 'running', 'scheduled')
              AND (args ->> 'execution_id')::uuid >= part.low AND (args ->> 'execution_id')::uuid < part.high);
        EXECUTE 'DROP TABLE ' || part.name;
        dropped := dropped + 1;
    END LOOP;
    RETURN dropped;
END;
$$;
-- +goose StatementEnd

-- +goose Down
DROP FUNCTION executions_drop_partitions(TIMESTAMPTZ);
ALTER FUNCTION executions_make_partitions(TIMESTAMPTZ, INTEGER) RESET lock_timeout;
