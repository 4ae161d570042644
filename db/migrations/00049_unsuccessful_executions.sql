-- +goose Up
-- Lists of what failed or was cancelled go along indexes of their own: among millions that completed, a page of them would read
-- nearly everything. The status itself must be in no index, or every change of state would write all of a row's index entries
-- anew. This column is NULL through the life of an execution that completes, so those keep to their page (HOT) and have no
-- entry in these indexes at all.
ALTER TABLE executions ADD COLUMN unsuccessful VARCHAR(50)
    GENERATED ALWAYS AS (CASE WHEN status IN ('failed', 'cancelled') THEN status END) STORED;
CREATE INDEX executions_unsuccessful ON executions (unsuccessful, id DESC) WHERE unsuccessful IS NOT NULL;
CREATE INDEX executions_unsuccessful_by_script ON executions (script_id, unsuccessful, id DESC) WHERE unsuccessful IS NOT NULL;

-- +goose Down
ALTER TABLE executions DROP COLUMN unsuccessful;
