package backup

import (
	"context"
	"errors"
	"fmt"
	"path"
	"time"

	"github.com/minio/minio-go/v7"

	"peneira/internal/failure"
)

// abandonedAge is how old an upload is that nobody goes on with: several times what a backup may take.
const abandonedAge = 24 * time.Hour

// cleanBucket removes the copies that are past the retention, but never the newest one of the database: each was checked
// before it was copied, and after. It also ends uploads that a killed process has left behind, whose parts are paid for.
// It returns what to say of it.
func (s *Service) cleanBucket(ctx context.Context, now time.Time) (message string, err error) {
	b := s.cfg.Bucket
	if b == nil {
		return "", nil
	}
	removed, kept, err := b.removeOld(ctx, now.Add(-s.cfg.Retention))
	err = errors.Join(err, b.abortOld(ctx, now.Add(-abandonedAge)))
	switch {
	case ctx.Err() != nil:
		return "", fmt.Errorf("cleaning up the bucket: %w", context.Cause(ctx))
	case codeOf(err) == minio.AccessDenied:
		s.cfg.Logger.WarnContext(ctx, "The key to the bucket may not clean up there.", "bucket", b.cfg.Name, "error", err)
		return fmt.Sprintf(" The key may not clean up the bucket %s: a rule of the bucket has to.", b.cfg.Name), nil
	case err != nil:
		return "", failure.New(failure.Unavailable, "bucket-cleanup-failed",
			"Old backups are removed here, but those in the bucket %s cannot be: %s.", b.cfg.Name, said(err)).Because(err)
	}
	return fmt.Sprintf(" In the bucket, %s removed, %s kept.", counted(removed, "old copy is", "old copies are"), counted(kept, "copy is", "copies are")), nil
}

// prefix is what the names of all copies begin with.
func (b *Bucket) prefix() string {
	if b.cfg.Prefix == "" {
		return ""
	}
	return b.cfg.Prefix + "/"
}

// removeOld removes the copies of backups that began before a time.
func (b *Bucket) removeOld(ctx context.Context, before time.Time) (removed, kept int, err error) {
	copies, err := b.list(ctx, b.prefix())
	if err != nil {
		return 0, 0, err
	}
	var failed []error
	newest := true // no copy of the database was met yet
	for _, c := range copies {
		stays := !c.at.Before(before) || (c.database && newest)
		newest = newest && !c.database
		if stays {
			kept++
			continue
		}
		if err := b.store.RemoveObject(ctx, b.cfg.Name, c.path, minio.RemoveObjectOptions{}); err != nil {
			failed = append(failed, err)
			continue
		}
		removed++
	}
	return removed, kept, errors.Join(failed...)
}

// abortOld ends uploads of ours that began before a time. Not every store lists them.
func (b *Bucket) abortOld(ctx context.Context, before time.Time) error {
	ctx, cancel := context.WithCancel(ctx) // ends the listing when it is left early
	defer cancel()
	for upload := range b.store.ListIncompleteUploads(ctx, b.cfg.Name, b.prefix(), false) {
		if upload.Err != nil {
			if code := codeOf(upload.Err); code == minio.NotImplemented || code == minio.MethodNotAllowed {
				return nil
			}
			return upload.Err
		}
		if f := (&file{}); !f.named(path.Base(upload.Key)) || !upload.Initiated.Before(before) {
			continue
		}
		if err := b.store.AbortMultipartUpload(ctx, b.cfg.Name, upload.Key, upload.UploadID); err != nil {
			return fmt.Errorf("ending an upload that was left: %w", err)
		}
	}
	return nil
}
