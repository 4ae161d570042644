-- +goose Up
-- Those who wait for an execution are also told when its job's end ends it.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION executions_follow_jobs() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    discarded BOOLEAN := TG_OP = 'UPDATE' AND NEW.state = 'discarded';
    message   TEXT := CASE
        WHEN TG_OP = 'DELETE' THEN 'its job was deleted from the queue'
        WHEN discarded THEN 'the service could not run it after all attempts; it is not the script''s fault: post it again'
        ELSE 'its job was cancelled' END;
    execution UUID := (OLD.args ->> 'execution_id')::uuid;
BEGIN
    UPDATE executions SET
        status        = CASE WHEN discarded THEN 'failed' ELSE 'cancelled' END,
        error_kind    = CASE WHEN discarded THEN 'internal' END,
        error_message = message,
        error_json    = CASE WHEN discarded THEN json_build_object('kind', 'internal', 'message', message) END,
        completed_at  = now()
    WHERE id = execution AND status IN ('pending', 'running');
    IF FOUND THEN
        PERFORM pg_notify('executions_ended', encode(uuid_send(execution), 'base64'));
    END IF;
    RETURN NULL;
END;
$$;
-- +goose StatementEnd

-- +goose Down
SELECT 1; -- 00010's own function does without the notification, which harms nobody
