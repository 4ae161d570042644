package backup

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"peneira/internal/failure"
)

// BucketConfig says where in an S3-compatible store backups are copied to.
type BucketConfig struct {
	Endpoint string // URL, such as https://s3.eu-west-1.amazonaws.com; http is for a store on the same machine
	Name     string // of the bucket, which exists
	Prefix   string // of the objects' names, such as "peneira/production"
	Region   string // empty: the store is asked
	// AccessKey and SecretKey identify us. When empty, the environment variables and files of AWS are looked at, and then the
	// role of the machine or pod.
	AccessKey, SecretKey string
}

// Bucket is a place for copies of backups outside of this machine.
type Bucket struct {
	store minio.Core
	cfg   BucketConfig
	part  int64           // bytes that are sent, and sent again after a fault, at a time
	pause []time.Duration // before a part is tried again; then it is given up
}

// partBytes is the size of a part. An object may have 10,000 parts, so a dump may have 640 GB.
const partBytes = 64 << 20

// pauses outlast a store's restart, at little cost: the backup is made already.
var pauses = []time.Duration{2 * time.Second, 8 * time.Second, 30 * time.Second, 2 * time.Minute}

// NewBucket returns a bucket. Nothing is sent yet. The error names the setting that is wrong.
func NewBucket(cfg BucketConfig) (*Bucket, error) {
	endpoint, err := url.Parse(cfg.Endpoint)
	if err != nil || endpoint.Host == "" || (endpoint.Scheme != "https" && endpoint.Scheme != "http") || (endpoint.Path != "" && endpoint.Path != "/") {
		return nil, fmt.Errorf("PENEIRA_BACKUP_S3_ENDPOINT is %q: it must be a URL without a path, such as https://s3.eu-west-1.amazonaws.com", cfg.Endpoint)
	}
	if cfg.Name == "" || strings.ContainsAny(cfg.Name, "/ ") {
		return nil, fmt.Errorf("PENEIRA_BACKUP_S3_BUCKET is %q: it must be the name of a bucket", cfg.Name)
	}
	if (cfg.AccessKey == "") != (cfg.SecretKey == "") {
		return nil, errors.New("PENEIRA_BACKUP_S3_ACCESS_KEY and PENEIRA_BACKUP_S3_SECRET_KEY go together: set both, or none")
	}
	identity := credentials.NewChainCredentials([]credentials.Provider{&credentials.EnvAWS{}, &credentials.FileAWSCredentials{}, &credentials.IAM{}})
	if cfg.AccessKey != "" {
		identity = credentials.NewStaticV4(cfg.AccessKey, cfg.SecretKey, "")
	}
	cfg.Prefix = strings.Trim(path.Clean("/"+cfg.Prefix), "/")
	store, err := minio.NewCore(endpoint.Host, &minio.Options{Creds: identity, Secure: endpoint.Scheme == "https", Region: cfg.Region})
	if err != nil {
		return nil, fmt.Errorf("the settings PENEIRA_BACKUP_S3_*: %w", err)
	}
	return &Bucket{store: *store, cfg: cfg, part: partBytes, pause: pauses}, nil
}

// key returns the name of a backup's object.
func (b *Bucket) key(name string) string { return path.Join(b.cfg.Prefix, name) }

func (b *Bucket) address(key string) string { return bucketScheme + b.cfg.Name + "/" + key }

// copyOut copies a backup that was made into the bucket, if there is one. When that fails, the backup on this machine stays.
func (s *Service) copyOut(ctx context.Context, made Result) (Result, error) {
	b := s.cfg.Bucket
	if b == nil || made.Path == "" {
		return made, nil
	}
	address, err := b.upload(ctx, made.Path)
	if ctx.Err() != nil {
		return made, fmt.Errorf("copying the backup to the bucket: %w", context.Cause(ctx))
	}
	if err != nil {
		return made, failure.New(failure.Unavailable, "backup-upload-failed",
			"The backup is made, at %s, but could not be copied to the bucket %s: %s.", made.Path, b.cfg.Name, said(err)).Because(err)
	}
	made.Message += " A copy is at " + address + ", checked."
	return made, nil
}

// said returns what the store says of an error, in a few words: its codes are known to whoever runs one.
func said(err error) string {
	if differs, ok := errors.AsType[*differsError](err); ok {
		return differs.Error()
	}
	if answer, ok := errors.AsType[minio.ErrorResponse](err); ok {
		return cmp.Or(answer.Code, answer.Message, "it answered "+http.StatusText(answer.StatusCode))
	}
	return "the store cannot be reached"
}

// codeOf returns the store's code for an error; empty when it has not come from there.
func codeOf(err error) string {
	answer, _ := errors.AsType[minio.ErrorResponse](err)
	return answer.Code
}

// differsError tells that what the store has is not what was sent.
type differsError struct{ what string }

// Error implements error.
func (e *differsError) Error() string { return "the copy differs from the backup: " + e.what }

// passing reports whether an error may pass by itself: the store could not be reached, has a fault, or got something else
// than was sent.
func passing(err error) bool {
	answer, ok := errors.AsType[minio.ErrorResponse](err)
	if !ok {
		return true
	}
	switch answer.Code {
	case "BadDigest", "InvalidDigest", "XAmzContentSHA256Mismatch", "XAmzContentChecksumMismatch", "RequestTimeout", "RequestTimeTooSkewed", "SlowDown":
		return true
	}
	return answer.StatusCode >= http.StatusInternalServerError || answer.StatusCode == http.StatusTooManyRequests || answer.StatusCode == 0
}

// persist does something until it succeeds, fails for good, or has failed too often. It returns the last error.
func (b *Bucket) persist(ctx context.Context, do func() error) error {
	for _, pause := range b.pause {
		err := do()
		if err == nil || !passing(err) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(pause):
		}
	}
	return do()
}
