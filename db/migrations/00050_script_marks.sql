-- +goose Up
-- Pages of scripts have numbers, so what comes before a page has to be passed. Marks shorten the way: of every 256th script or
-- so, how many that are not deleted are older. A page is read from the nearest mark above it.
CREATE TABLE script_marks (
    id    UUID PRIMARY KEY, -- a border between scripts; the script itself may be gone
    below BIGINT NOT NULL   -- how many scripts that are not deleted have a lower id
) WITH (fillfactor = 50);
CREATE INDEX script_marks_by_number ON script_marks (below);

LOCK TABLE scripts IN SHARE ROW EXCLUSIVE MODE;
INSERT INTO script_marks (id, below)
SELECT id, number - 1 FROM (SELECT id, row_number() OVER (ORDER BY id) AS number FROM scripts WHERE deleted_at IS NULL) AS live
WHERE number % 256 = 0;

-- Marks change in the transaction that hosts or deletes, so they are exact in every snapshot. Scripts are hosted above the
-- newest mark, where nothing has to change. Whoever makes marks must not miss what others are about to commit: all who change
-- something hold the advisory lock together, the maker alone, and it does not wait: the next one will make them.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION script_count_follows() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    apart CONSTANT INTEGER := 256;
    marks CONSTANT BIGINT := hashtextextended('peneira: script_marks', 0);
    ids      UUID[];
    changes  INTEGER[];
    total    BIGINT;
    last     script_marks%ROWTYPE;
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        UPDATE script_count SET number = 0;
        DELETE FROM script_marks;
        RETURN NULL;
    END IF;
    IF TG_OP = 'INSERT' THEN
        SELECT array_agg(id), array_agg(1) INTO ids, changes FROM after WHERE deleted_at IS NULL;
    ELSIF TG_OP = 'DELETE' THEN
        SELECT array_agg(id), array_agg(-1) INTO ids, changes FROM before WHERE deleted_at IS NULL;
    ELSE
        SELECT array_agg(id), array_agg(change) INTO ids, changes
        FROM (SELECT id, sum(change)::integer AS change
              FROM (SELECT id, 1 AS change FROM after WHERE deleted_at IS NULL
                    UNION ALL SELECT id, -1 FROM before WHERE deleted_at IS NULL) AS each
              GROUP BY id HAVING sum(change) <> 0) AS changed;
    END IF;
    IF ids IS NULL THEN
        RETURN NULL;
    END IF;
    PERFORM pg_advisory_xact_lock_shared(marks);
    -- All begin with the newest mark, so that of two one waits, and not each for the other.
    PERFORM FROM script_marks WHERE id > (SELECT id FROM unnest(ids) AS id ORDER BY id LIMIT 1) ORDER BY id DESC FOR UPDATE;
    IF FOUND THEN
        UPDATE script_marks m SET below = m.below + c.change
        FROM (SELECT s.id, sum(changed.change) AS change
              FROM script_marks s JOIN unnest(ids, changes) AS changed (id, change) ON changed.id < s.id
              GROUP BY s.id) AS c
        WHERE m.id = c.id;
    END IF;
    UPDATE script_count SET number = number + (SELECT sum(change) FROM unnest(changes) AS change) WHERE stripe = pg_backend_pid() % 16;
    IF TG_OP = 'INSERT' THEN
        SELECT sum(number) INTO total FROM script_count;
        SELECT * INTO last FROM script_marks ORDER BY id DESC LIMIT 1;
        IF total - coalesce(last.below, 0) > 2 * apart AND pg_try_advisory_xact_lock(marks) THEN
            SELECT * INTO last FROM script_marks ORDER BY id DESC LIMIT 1; -- another may just have made some
            INSERT INTO script_marks (id, below)
            SELECT id, coalesce(last.below, 0) + number - 1
            FROM (SELECT id, row_number() OVER (ORDER BY id) AS number FROM scripts
                  WHERE deleted_at IS NULL AND id >= coalesce(last.id, '00000000-0000-0000-0000-000000000000')) AS live
            WHERE number % apart = 0
            ON CONFLICT DO NOTHING;
        END IF;
    END IF;
    RETURN NULL;
END;
$$;
-- +goose StatementEnd

-- +goose Down
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION script_count_follows() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    change BIGINT := 0;
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        UPDATE script_count SET number = 0;
        RETURN NULL;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        change := change + (SELECT count(*) FROM after WHERE deleted_at IS NULL);
    END IF;
    IF TG_OP <> 'INSERT' THEN
        change := change - (SELECT count(*) FROM before WHERE deleted_at IS NULL);
    END IF;
    IF change <> 0 THEN
        UPDATE script_count SET number = number + change WHERE stripe = pg_backend_pid() % 16;
    END IF;
    RETURN NULL;
END;
$$;
-- +goose StatementEnd
DROP TABLE script_marks;
