-- +goose Up
-- What a version may use, narrower than the server's own limits, and which members of its data are masked where people look.
-- They belong to the version: an execution keeps those that it was accepted with. NULL stands for the server's limit.
ALTER TABLE script_versions
    ADD COLUMN time_limit_ms      BIGINT,
    ADD COLUMN memory_limit_bytes BIGINT,
    ADD COLUMN output_limit_bytes BIGINT,
    ADD COLUMN log_limit_bytes    BIGINT,
    ADD COLUMN redact             TEXT[] NOT NULL DEFAULT '{}',
    ADD CONSTRAINT version_limits_are_positive
        CHECK (least(time_limit_ms, memory_limit_bytes, output_limit_bytes, log_limit_bytes) > 0);

-- How long the payloads of a script's executions are kept after their end, in seconds; NULL keeps them. These belong to the
-- script: a change holds for all its executions, earlier ones too.
ALTER TABLE scripts
    ADD COLUMN input_retention_s  BIGINT,
    ADD COLUMN output_retention_s BIGINT,
    ADD CONSTRAINT script_retention_is_not_negative CHECK (least(input_retention_s, output_retention_s) >= 0);

CREATE INDEX scripts_with_retention ON scripts (id) WHERE input_retention_s IS NOT NULL OR output_retention_s IS NOT NULL;

-- +goose Down
DROP INDEX scripts_with_retention;
ALTER TABLE scripts DROP COLUMN input_retention_s, DROP COLUMN output_retention_s;
ALTER TABLE script_versions DROP COLUMN time_limit_ms, DROP COLUMN memory_limit_bytes, DROP COLUMN output_limit_bytes,
    DROP COLUMN log_limit_bytes, DROP COLUMN redact;
