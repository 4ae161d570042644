-- River's own migration 008, as rivermigrate of v0.51.1 exports it. River's version 001 is only its own
-- bookkeeping table, which goose replaces; one file per version, because a new enum value cannot be used in the
-- transaction that adds it.
-- +goose Up
-- +goose StatementBegin
-- No-op. Postgres sequences already prevent automatically generated job IDs
-- from being reused.
SELECT 1;

-- +goose StatementEnd

-- +goose Down
-- +goose StatementBegin
-- No-op. Postgres sequences already prevent automatically generated job IDs
-- from being reused.
SELECT 1;

-- +goose StatementEnd
