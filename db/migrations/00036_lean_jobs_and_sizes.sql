-- +goose Up
-- River looks for jobs by state and queue, by id and by kind; nothing here looks into their arguments or metadata. These two
-- indexes on their keys and values were written anew at each of a job's three changes of state: a quarter of what a job
-- costs PostgreSQL. River does without them.
DROP INDEX river_job_args_index;
DROP INDEX river_job_metadata_index;

-- How large payloads are, so that whoever reads them knows what memory it takes. NULL: not known, for older executions.
ALTER TABLE executions ADD COLUMN input_bytes INTEGER;
ALTER TABLE executions ADD COLUMN output_bytes INTEGER;

-- +goose Down
ALTER TABLE executions DROP COLUMN output_bytes;
ALTER TABLE executions DROP COLUMN input_bytes;
CREATE INDEX river_job_args_index ON river_job USING GIN (args);
CREATE INDEX river_job_metadata_index ON river_job USING GIN (metadata);
