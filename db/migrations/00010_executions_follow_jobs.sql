-- +goose Up
-- An execution and its job are inserted together, and a worker ends the execution before River ends the job. Whatever
-- else ends a job (a cancel or a delete in River UI, the last attempt used up, SQL by hand) must end the execution too,
-- or it would stay pending for ever. A trigger holds that for every way there is, in the same transaction.
-- +goose StatementBegin
CREATE FUNCTION executions_follow_jobs() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    discarded BOOLEAN := TG_OP = 'UPDATE' AND NEW.state = 'discarded';
    message   TEXT := CASE
        WHEN TG_OP = 'DELETE' THEN 'its job was deleted from the queue'
        WHEN discarded THEN 'the service could not run it after all attempts; it is not the script''s fault: post it again'
        ELSE 'its job was cancelled' END;
BEGIN
    UPDATE executions SET
        status        = CASE WHEN discarded THEN 'failed' ELSE 'cancelled' END,
        error_kind    = CASE WHEN discarded THEN 'internal' END,
        error_message = message,
        error_json    = CASE WHEN discarded THEN json_build_object('kind', 'internal', 'message', message) END,
        completed_at  = now()
    WHERE id = (OLD.args ->> 'execution_id')::uuid AND status IN ('pending', 'running');
    RETURN NULL;
END;
$$;
-- +goose StatementEnd

CREATE TRIGGER executions_follow_ended_jobs AFTER UPDATE OF state ON river_job FOR EACH ROW
    WHEN (NEW.kind = 'execution' AND NEW.state IN ('cancelled', 'discarded') AND OLD.state <> NEW.state)
    EXECUTE FUNCTION executions_follow_jobs();

CREATE TRIGGER executions_follow_deleted_jobs AFTER DELETE ON river_job FOR EACH ROW
    WHEN (OLD.kind = 'execution' AND OLD.state NOT IN ('completed', 'cancelled', 'discarded'))
    EXECUTE FUNCTION executions_follow_jobs();

-- +goose Down
DROP TRIGGER executions_follow_deleted_jobs ON river_job;
DROP TRIGGER executions_follow_ended_jobs ON river_job;
DROP FUNCTION executions_follow_jobs();
