-- +goose Up
-- What became of backups, so that every process can tell, wherever they were made and whatever became of their jobs.
CREATE TABLE backups (
    id       BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    action   VARCHAR(20) NOT NULL,
    began_at TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(),
    ended_at TIMESTAMPTZ,
    path     TEXT        NOT NULL DEFAULT '',
    bytes    BIGINT      NOT NULL DEFAULT 0,
    error    TEXT,

    CONSTRAINT backup_action_is_known CHECK (action IN ('database', 'logs', 'cleanup', 'start'))
);

CREATE INDEX backups_newest_first ON backups (action, id DESC);

-- The moment from which a backup can be missed: a new database is not late with its first.
INSERT INTO backups (action, ended_at) VALUES ('start', clock_timestamp());

-- +goose Down
DROP TABLE backups;
