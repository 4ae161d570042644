-- +goose Up
-- Who did what: never payloads or sources. It holds no foreign keys, since what it tells of may be gone.
CREATE TABLE audit_log (
    id         UUID        PRIMARY KEY,        -- version 7: ordered by time; the execution's own when one was accepted
    at         TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(),
    key_id     UUID,                           -- NULL: no key was needed, or it was the command line
    action     TEXT        NOT NULL,
    subject    TEXT        NOT NULL DEFAULT '',
    request_id TEXT        NOT NULL DEFAULT '',
    address    INET
);

-- Accepted executions are nearly all of it, and must cost little; what is rare is found without reading past them.
CREATE INDEX audit_log_of_the_rare ON audit_log (action, id DESC) WHERE action <> 'execution.run';

-- Nothing that is written here is changed, and only audit_log_forget, which retention calls, removes anything.
-- +goose StatementBegin
CREATE FUNCTION audit_log_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND current_setting('peneira.audit_forgets', true) = 'past retention' THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'the audit log is append-only' USING ERRCODE = 'integrity_constraint_violation';
END;
$$;
-- +goose StatementEnd

CREATE TRIGGER audit_log_is_append_only BEFORE UPDATE OR DELETE ON audit_log
    FOR EACH ROW EXECUTE FUNCTION audit_log_is_append_only();
CREATE TRIGGER audit_log_is_not_emptied BEFORE TRUNCATE ON audit_log
    FOR EACH STATEMENT EXECUTE FUNCTION audit_log_is_append_only();

-- Removes what was written before a moment, oldest first, at most so many at once; returns how many there were.
-- +goose StatementBegin
CREATE FUNCTION audit_log_forget(before TIMESTAMPTZ, at_most INTEGER) RETURNS INTEGER LANGUAGE plpgsql AS $$
DECLARE
    forgotten INTEGER;
BEGIN
    PERFORM set_config('peneira.audit_forgets', 'past retention', true);
    DELETE FROM audit_log WHERE id IN (
        SELECT id FROM audit_log WHERE id < uuidv7_floor(before) AND at < before ORDER BY id LIMIT at_most);
    GET DIAGNOSTICS forgotten = ROW_COUNT;
    PERFORM set_config('peneira.audit_forgets', '', true);
    RETURN forgotten;
END;
$$;
-- +goose StatementEnd

-- +goose Down
DROP TABLE audit_log;
DROP FUNCTION audit_log_forget(TIMESTAMPTZ, INTEGER);
DROP FUNCTION audit_log_is_append_only();
