-- +goose Up
-- The execution whose input this one runs again.
ALTER TABLE executions ADD COLUMN rerun_of UUID;

-- +goose Down
ALTER TABLE executions DROP COLUMN rerun_of;
