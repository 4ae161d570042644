-- +goose Up
CREATE TABLE scripts (
    id              UUID PRIMARY KEY,
    name            VARCHAR(255)  NOT NULL,
    description     VARCHAR(1000) NOT NULL DEFAULT '',
    current_version INTEGER       NOT NULL,
    created_at      TIMESTAMPTZ   NOT NULL DEFAULT now(),
    updated_at      TIMESTAMPTZ   NOT NULL DEFAULT now(),
    -- A deleted script is hidden, not removed: its executions stay readable and those already accepted still run.
    deleted_at      TIMESTAMPTZ,

    CONSTRAINT script_name_is_not_blank CHECK (btrim(name) <> ''),
    CONSTRAINT script_has_at_least_one_version CHECK (current_version >= 1)
);

-- Lists show what is not deleted, newest first; ids are UUIDv7, so their order is that of time.
CREATE INDEX scripts_newest_first ON scripts (id DESC) WHERE deleted_at IS NULL;

CREATE TABLE script_versions (
    script_id   UUID          NOT NULL REFERENCES scripts (id),
    number      INTEGER       NOT NULL,
    content     TEXT          NOT NULL,
    sha256      BYTEA         NOT NULL,
    change_note VARCHAR(1000) NOT NULL DEFAULT '',
    created_at  TIMESTAMPTZ   NOT NULL DEFAULT now(),

    PRIMARY KEY (script_id, number),
    CONSTRAINT version_numbers_start_at_one CHECK (number >= 1),
    CONSTRAINT version_content_has_one_byte_to_one_mib CHECK (octet_length(content) BETWEEN 1 AND 1048576),
    CONSTRAINT version_sha256_is_of_its_content CHECK (sha256 = sha256(convert_to(content, 'UTF8')))
);

ALTER TABLE scripts ADD CONSTRAINT script_current_version_exists
    FOREIGN KEY (id, current_version) REFERENCES script_versions (script_id, number) DEFERRABLE INITIALLY DEFERRED;

-- An execution runs the version it was accepted with, so a version must never change.
-- +goose StatementBegin
CREATE FUNCTION script_versions_are_immutable() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'script versions are immutable: host a new version instead' USING ERRCODE = 'integrity_constraint_violation';
END;
$$;
-- +goose StatementEnd

CREATE TRIGGER script_versions_are_immutable BEFORE UPDATE OR DELETE ON script_versions
    FOR EACH ROW EXECUTE FUNCTION script_versions_are_immutable();

-- +goose Down
ALTER TABLE scripts DROP CONSTRAINT script_current_version_exists;
DROP TABLE script_versions;
DROP FUNCTION script_versions_are_immutable();
DROP TABLE scripts;
