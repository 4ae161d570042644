-- +goose Up
-- Migration 16 counted the scripts before its triggers were there to follow: what another process hosted or deleted at that
-- moment, in a rolling upgrade, was never counted. This counts again while nobody can change any.
LOCK TABLE scripts IN SHARE ROW EXCLUSIVE MODE;
UPDATE script_count
SET number = CASE stripe WHEN 0 THEN (SELECT count(*) FROM scripts WHERE deleted_at IS NULL) ELSE 0 END;

-- +goose Down
SELECT; -- a right count does no harm
