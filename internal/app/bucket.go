package app

import (
	"context"
	"fmt"
	"log/slog"
	"os"

	"peneira/internal/backup"
	"peneira/internal/config"
)

// newBucket returns where backups are copied to; nil for nowhere.
func newBucket(cfg config.Bucket) (*backup.Bucket, error) {
	if cfg.BucketName == "" {
		return nil, nil //nolint:nilnil // no bucket is a valid choice, not an error
	}
	return backup.NewBucket(backup.BucketConfig{
		Endpoint: cfg.BucketEndpoint, Name: cfg.BucketName, Prefix: cfg.BucketPrefix, Region: cfg.BucketRegion,
		AccessKey: cfg.BucketAccessKey, SecretKey: cfg.BucketSecretKey,
	})
}

// fetch brings a copy from a bucket to the directory of the backups, and returns how to remove it again. A name that is no
// address of a copy is that of a file, which stays.
func fetch(ctx context.Context, cfg config.Config, address string, log *slog.Logger) (file string, done func(), err error) {
	name, key, ok := backup.SplitAddress(address)
	if !ok {
		return address, func() {}, nil
	}
	cfg.BucketName = name
	bucket, err := newBucket(cfg.Bucket)
	if err == nil && bucket == nil {
		err = fmt.Errorf("%s names no bucket: write s3://bucket/object", address)
	}
	if err != nil {
		return "", nil, err
	}
	if file, err = bucket.Fetch(ctx, key, cfg.BackupDir()); err != nil {
		return "", nil, err
	}
	return file, func() {
		if err := os.Remove(file); err != nil {
			log.WarnContext(ctx, "the copy that was fetched stays", "path", file, "error", err)
		}
	}, nil
}
