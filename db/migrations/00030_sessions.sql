-- +goose Up
-- Browsers that are signed in. They hold a random token of which only the SHA-256 is kept here; a session ends with its key.
CREATE TABLE sessions (
    token_hash BYTEA       PRIMARY KEY,
    key_id     UUID        NOT NULL REFERENCES api_keys (id) ON DELETE CASCADE,
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    expires_at TIMESTAMPTZ NOT NULL,

    CONSTRAINT session_hash_is_a_sha256 CHECK (octet_length(token_hash) = 32)
);

CREATE INDEX sessions_by_key ON sessions (key_id);
CREATE INDEX sessions_by_end ON sessions (expires_at);

-- +goose Down
DROP TABLE sessions;
