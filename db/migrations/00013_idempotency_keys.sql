-- +goose Up
-- What was asked for under an Idempotency-Key, so that a request sent again gets the first answer. The row is made before
-- the thing it names: if that exists the request was carried out, and if not, it may be carried out now, under the same id,
-- which can exist only once.
CREATE TABLE idempotency_keys (
    key_hash     BYTEA       PRIMARY KEY, -- SHA-256 of the operation and the key
    request_hash BYTEA       NOT NULL,    -- SHA-256 of the request's body
    subject_id   UUID        NOT NULL,    -- what the request makes
    created_at   TIMESTAMPTZ NOT NULL DEFAULT now(),
    claimed_at   TIMESTAMPTZ NOT NULL DEFAULT now()
);

CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);

-- +goose Down
DROP TABLE idempotency_keys;
