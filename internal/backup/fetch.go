package backup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"strings"

	"github.com/minio/minio-go/v7"

	"peneira/internal/failure"
)

// bucketScheme begins the address of a copy in a bucket.
const bucketScheme = "s3://"

// SplitAddress returns the bucket and the object of an address such as s3://bucket/peneira/peneira-20260101T000000.000Z.dump;
// ok is false for anything else, such as the name of a file.
func SplitAddress(address string) (bucket, key string, ok bool) {
	rest, ok := strings.CutPrefix(address, bucketScheme)
	if !ok {
		return "", "", false
	}
	bucket, key, _ = strings.Cut(rest, "/")
	return bucket, key, true
}

// Fetch brings a copy back from the bucket into a file in dir that nobody else can read, and compares it with what the store
// tells of it. A key that is empty or ends with a slash names the newest dump there. The caller removes the file.
//
// It returns a failure of kind NotFound when there is no such copy, and of kind Unavailable when it cannot be had.
func (b *Bucket) Fetch(ctx context.Context, key, dir string) (file string, err error) {
	if key == "" || strings.HasSuffix(key, "/") {
		if key, err = b.newest(ctx, key); err != nil {
			return "", b.notFetched(ctx, err)
		}
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", dirUnusable(dir, err)
	}
	draft, err := newDraft(dir)
	if err != nil {
		return "", err
	}
	if err := b.fetch(ctx, key, draft.file); err != nil {
		draft.discard()
		return "", b.notFetched(ctx, err)
	}
	if _, err := draft.sync(); err != nil {
		draft.discard()
		return "", err
	}
	return draft.path(), draft.file.Close()
}

func (b *Bucket) notFetched(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("fetching from the bucket: %w", context.Cause(ctx))
	}
	if known, ok := errors.AsType[*failure.Error](err); ok {
		return known
	}
	kind := failure.Unavailable
	if codeOf(err) == minio.NoSuchKey {
		kind = failure.NotFound
	}
	return failure.New(kind, "backup-not-fetched", "The backup cannot be fetched from the bucket %s: %s.", b.cfg.Name, said(err)).Because(err)
}

// newest returns the newest dump directly below a prefix.
func (b *Bucket) newest(ctx context.Context, prefix string) (string, error) {
	copies, err := b.list(ctx, prefix)
	if err != nil {
		return "", err
	}
	for _, c := range copies { // newest first
		if c.database {
			return c.path, nil
		}
	}
	return "", failure.New(failure.NotFound, "backup-not-found", "There is no backup of the database at %s.", b.address(prefix))
}

// fetch writes an object to a file. After a fault it goes on where it was.
func (b *Bucket) fetch(ctx context.Context, key string, to *os.File) error {
	var stored minio.ObjectInfo
	var written int64
	err := b.persist(ctx, func() (err error) {
		if stored.Key == "" {
			if stored, err = b.store.StatObject(ctx, b.cfg.Name, key, minio.StatObjectOptions{Checksum: true}); err != nil {
				return err
			}
		}
		if written == stored.Size {
			return nil
		}
		var options minio.GetObjectOptions
		if err := errors.Join(options.SetMatchETag(stored.ETag), options.SetRange(written, stored.Size-1)); err != nil {
			return fmt.Errorf("asking for the backup: %w", err)
		}
		body, _, _, err := b.store.GetObject(ctx, b.cfg.Name, key, options)
		if err != nil {
			return err
		}
		defer func() { _ = body.Close() }()
		n, err := io.Copy(to, io.LimitReader(body, stored.Size-written))
		written += n
		if err == nil && written < stored.Size {
			err = io.ErrUnexpectedEOF
		}
		return err
	})
	if err != nil {
		return err
	}
	sums := newSums()
	for at := int64(0); at == 0 || at < written; at += b.part {
		if _, err := sums.add(io.NewSectionReader(to, at, min(b.part, written-at))); err != nil {
			return fmt.Errorf("reading the backup: %w", err)
		}
	}
	return sums.compare(stored, written)
}

// list returns our copies directly below a prefix, newest first.
func (b *Bucket) list(ctx context.Context, prefix string) ([]file, error) {
	var copies []file
	for object := range b.store.ListObjectsIter(ctx, b.cfg.Name, minio.ListObjectsOptions{Prefix: prefix}) {
		if object.Err != nil {
			return nil, object.Err
		}
		f := file{path: object.Key, bytes: object.Size}
		if f.named(path.Base(object.Key)) && path.Dir("/"+object.Key) == path.Clean("/"+prefix) {
			copies = append(copies, f)
		}
	}
	newestFirst(copies)
	return copies, nil
}
