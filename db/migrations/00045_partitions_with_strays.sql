-- +goose Up
-- An id from a clock that was far ahead lies in executions_other. Once its month comes, PostgreSQL refuses to make that month
-- while the row is there. So such rows are moved into the month that is made for them. It happens under a lock on the whole
-- table, so that nobody who waits to end one of them misses it; where there are more than can be moved in a moment, the month
-- is left out, everything in it goes on in executions_other, and PostgreSQL's log says so.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION executions_make_partitions(first TIMESTAMPTZ, months_ahead INTEGER) RETURNS INTEGER LANGUAGE plpgsql
    SET lock_timeout = '2s' AS $$
DECLARE
    month   TIMESTAMP := date_trunc('month', first AT TIME ZONE 'UTC');
    made    INTEGER := 0;
    most    CONSTANT INTEGER := 50000;
    strays  INTEGER;
    part    TEXT;
    low     UUID;
    high    UUID;
    columns TEXT;
BEGIN
    -- Several processes do this at once when they start together.
    PERFORM pg_advisory_xact_lock(hashtextextended('peneira: executions_make_partitions', 0));
    FOR i IN 0..months_ahead LOOP
        part := 'executions_' || to_char(month, 'YYYY_MM');
        low := uuidv7_floor(month AT TIME ZONE 'UTC');
        month := month + interval '1 month';
        high := uuidv7_floor(month AT TIME ZONE 'UTC');
        CONTINUE WHEN to_regclass(part) IS NOT NULL;
        LOCK TABLE executions IN ACCESS EXCLUSIVE MODE;
        SELECT count(*) INTO strays
        FROM (SELECT FROM executions_other o WHERE o.id >= low AND o.id < high LIMIT most + 1) AS found;
        IF strays > most THEN
            RAISE WARNING 'partition % is not made: more than % executions of that time are in executions_other', part, most;
            CONTINUE;
        END IF;
        EXECUTE format('CREATE TABLE %I (LIKE executions INCLUDING ALL) WITH (fillfactor = 70)', part);
        IF strays > 0 THEN
            SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) INTO columns
            FROM pg_attribute a
            WHERE a.attrelid = 'executions'::regclass AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '';
            EXECUTE format('WITH moved AS (DELETE FROM executions_other WHERE id >= %L AND id < %L RETURNING %s)
                INSERT INTO %I (%s) SELECT %s FROM moved', low, high, columns, part, columns, columns);
        END IF;
        EXECUTE format('ALTER TABLE executions ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', part, low, high);
        made := made + 1;
    END LOOP;
    RETURN made;
END;
$$;
-- +goose StatementEnd

-- +goose Down
SELECT 1; -- the former function does without the moving, which harms nobody
