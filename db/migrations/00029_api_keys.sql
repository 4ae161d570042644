-- +goose Up
-- Who may use the service. A key is 256 random bits, so its SHA-256 can be kept as it is: there is nothing to guess.
-- Revoked keys stay, so that the audit log can say whose they were.
CREATE TABLE api_keys (
    id                   UUID         PRIMARY KEY,
    name                 VARCHAR(100) NOT NULL,
    hint                 VARCHAR(20)  NOT NULL, -- how the key begins, to tell which one it is
    hash                 BYTEA        NOT NULL,
    scopes               TEXT[]       NOT NULL,
    requests_per_second  INTEGER,               -- NULL: what the settings say
    executions_in_flight INTEGER,               -- NULL: what the settings say
    created_at           TIMESTAMPTZ  NOT NULL DEFAULT now(),
    expires_at           TIMESTAMPTZ,
    last_used_at         TIMESTAMPTZ,
    revoked_at           TIMESTAMPTZ,

    CONSTRAINT api_key_hash_is_unique UNIQUE (hash),
    CONSTRAINT api_key_hash_is_a_sha256 CHECK (octet_length(hash) = 32),
    CONSTRAINT api_key_name_is_not_blank CHECK (btrim(name) <> ''),
    CONSTRAINT api_key_has_known_scopes CHECK (cardinality(scopes) > 0 AND scopes <@ ARRAY
        ['scripts:read', 'scripts:write', 'executions:read', 'executions:write', 'metrics:read', 'admin']),
    CONSTRAINT api_key_limits_are_positive CHECK (requests_per_second > 0 AND executions_in_flight > 0)
);

-- Every process keeps the keys in memory, and is told when they change, by whatever hand: revoking a key with SQL works at
-- once too. That a key was used is no change.
-- +goose StatementBegin
CREATE FUNCTION api_keys_tell() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('api_keys_changed', '');
    RETURN NULL;
END;
$$;
-- +goose StatementEnd

CREATE TRIGGER api_keys_tell
    AFTER INSERT OR DELETE OR TRUNCATE OR UPDATE OF hash, name, scopes, requests_per_second, executions_in_flight, expires_at, revoked_at
    ON api_keys FOR EACH STATEMENT EXECUTE FUNCTION api_keys_tell();

-- +goose Down
DROP TABLE api_keys;
DROP FUNCTION api_keys_tell();
