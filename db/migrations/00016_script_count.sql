-- +goose Up
-- How many scripts there are, kept with every change in the same transaction, so that nothing ever counts them. One row
-- would make those who host scripts wait for one another until they commit; sixteen rows make that rare.
CREATE TABLE script_count (
    stripe INTEGER PRIMARY KEY,
    number BIGINT NOT NULL DEFAULT 0
) WITH (fillfactor = 10);

INSERT INTO script_count (stripe) SELECT generate_series(0, 15);
UPDATE script_count SET number = (SELECT count(*) FROM scripts WHERE deleted_at IS NULL) WHERE stripe = 0;

-- +goose StatementBegin
CREATE FUNCTION script_count_follows() RETURNS trigger LANGUAGE plpgsql AS $$
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

CREATE TRIGGER script_count_follows_inserts AFTER INSERT ON scripts
    REFERENCING NEW TABLE AS after FOR EACH STATEMENT EXECUTE FUNCTION script_count_follows();
CREATE TRIGGER script_count_follows_updates AFTER UPDATE ON scripts
    REFERENCING OLD TABLE AS before NEW TABLE AS after FOR EACH STATEMENT EXECUTE FUNCTION script_count_follows();
CREATE TRIGGER script_count_follows_deletes AFTER DELETE ON scripts
    REFERENCING OLD TABLE AS before FOR EACH STATEMENT EXECUTE FUNCTION script_count_follows();
CREATE TRIGGER script_count_follows_truncates AFTER TRUNCATE ON scripts
    FOR EACH STATEMENT EXECUTE FUNCTION script_count_follows();

-- +goose Down
DROP TRIGGER script_count_follows_truncates ON scripts;
DROP TRIGGER script_count_follows_deletes ON scripts;
DROP TRIGGER script_count_follows_updates ON scripts;
DROP TRIGGER script_count_follows_inserts ON scripts;
DROP FUNCTION script_count_follows();
DROP TABLE script_count;
