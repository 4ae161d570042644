-- +goose Up
-- When the payloads of an execution were removed by its script's retention. NULL: they were not.
ALTER TABLE executions
    ADD COLUMN input_removed_at  TIMESTAMPTZ,
    ADD COLUMN output_removed_at TIMESTAMPTZ;

-- How far the removal of a script's payloads has come, so that it never looks at the same executions for ever.
CREATE TABLE payload_sweeps (
    script_id  UUID        NOT NULL REFERENCES scripts (id),
    payload    VARCHAR(10) NOT NULL,
    done_to    UUID        NOT NULL, -- nothing is left to do in executions up to this id
    -- When it last looked back at a day of executions behind done_to: a request sent again under its Idempotency-Key may be
    -- accepted under an id that is a day old.
    looked_back_at TIMESTAMPTZ NOT NULL DEFAULT now(),

    PRIMARY KEY (script_id, payload),
    CONSTRAINT sweep_is_of_input_or_output CHECK (payload IN ('input', 'output'))
);

-- +goose Down
DROP TABLE payload_sweeps;
ALTER TABLE executions DROP COLUMN input_removed_at, DROP COLUMN output_removed_at;
