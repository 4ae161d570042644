package backup

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"

	"peneira/internal/backup/s3test"
	"peneira/internal/failure"
)

func bucketAt(t *testing.T, url string, change func(*BucketConfig)) *Bucket {
	t.Helper()
	cfg := BucketConfig{
		Endpoint: url, Name: s3test.Bucket, Prefix: "/peneira/test/", Region: "us-east-1", AccessKey: s3test.AccessKey, SecretKey: s3test.SecretKey,
	}
	if change != nil {
		change(&cfg)
	}
	bucket, err := NewBucket(cfg)
	if err != nil {
		t.Fatal(err)
	}
	bucket.pause = slices.Repeat([]time.Duration{time.Millisecond}, len(pauses))
	return bucket
}

// fileOf writes a backup that nothing makes smaller.
func fileOf(t *testing.T, size int64) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), databaseKind.name(noon))
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if _, err := io.CopyN(file, rand.Reader, size); err != nil {
		t.Fatal(err)
	}
	return path
}

// same fails the test unless two files hold the same.
func same(t *testing.T, one, other string) {
	t.Helper()
	a, err := os.ReadFile(one)
	b, otherErr := os.ReadFile(other)
	if err != nil || otherErr != nil || !bytes.Equal(a, b) {
		t.Errorf("%s and %s differ: %d and %d bytes (%v, %v)", one, other, len(a), len(b), err, otherErr)
	}
}

func TestBackupIsCopiedAndFetched(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		bytes, part int64
		prefix      string
	}{
		"several parts of the usual size": {partBytes + 1<<20, partBytes, "peneira/test"},
		"many parts":                      {27 << 20, 5 << 20, ""},
		"one small part":                  {10, partBytes, "a"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := s3test.Start(t)
			bucket := bucketAt(t, store.URL, func(cfg *BucketConfig) { cfg.Prefix = c.prefix })
			bucket.part = c.part
			made := fileOf(t, c.bytes)
			key := strings.TrimPrefix(c.prefix+"/"+filepath.Base(made), "/")
			address, err := bucket.upload(t.Context(), made)
			if err != nil || address != "s3://backups/"+key {
				t.Fatalf("%q (%v)", address, err)
			}
			if names := store.Names(t); !slices.Equal(names, []string{key}) {
				t.Errorf("the bucket holds %q, want %q", names, key)
			}
			fetched, err := bucket.Fetch(t.Context(), key, filepath.Join(t.TempDir(), "new"))
			if err != nil {
				t.Fatal(err)
			}
			same(t, fetched, made)
			if info, err := os.Stat(fetched); err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("others may read it (%v)", err)
			}
		})
	}
}

// Every request but those of the signature fails once, each in another way.
func TestCopyGoesOnAfterFaults(t *testing.T) {
	t.Parallel()
	store := s3test.Start(t)
	bucket := bucketAt(t, store.URL, nil)
	bucket.part = 5 << 20
	made := fileOf(t, 12<<20)
	var failed atomic.Int64
	store.Break(once(func(w http.ResponseWriter, r *http.Request) {
		switch failed.Add(1) % 3 {
		case 0:
			s3test.Refuse(w, http.StatusServiceUnavailable, "SlowDown")
		case 1:
			s3test.Refuse(w, http.StatusBadRequest, "BadDigest")
		default:
			_, _ = io.CopyN(io.Discard, r.Body, 100)
			panic(http.ErrAbortHandler) // cuts the connection
		}
	}))
	_, err := bucket.upload(t.Context(), made)
	if err != nil || failed.Load() < 6 { // begin, three parts, end, look
		t.Fatalf("%v after %d faults", err, failed.Load())
	}
	fetched, err := bucket.Fetch(t.Context(), bucket.key(filepath.Base(made)), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	same(t, fetched, made)
}

// once has a fault answer the first request of each kind.
func once(fault http.HandlerFunc) s3test.Fault {
	seen := map[string]bool{}
	turn := make(chan struct{}, 1)
	return func(w http.ResponseWriter, r *http.Request) bool {
		what := r.Method + " " + r.URL.String()
		turn <- struct{}{}
		first := !seen[what]
		seen[what] = true
		<-turn
		if first {
			fault(w, r)
		}
		return first
	}
}

func TestBackupStaysWhenItCannotBeCopied(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*BucketConfig)
		fault  s3test.Fault
		say    string
	}{
		"no such bucket": {func(cfg *BucketConfig) { cfg.Name = "elsewhere" }, nil, "NoSuchBucket"},
		"a wrong key":    {func(cfg *BucketConfig) { cfg.AccessKey = "nobody" }, nil, "could not be copied to the bucket backups"},
		"a broken store": {nil, func(w http.ResponseWriter, _ *http.Request) bool {
			s3test.Refuse(w, http.StatusInternalServerError, "XInternal")
			return true
		}, "XInternal"},
		"a store that keeps something else": {nil, func(w http.ResponseWriter, r *http.Request) bool {
			if r.Method == http.MethodHead {
				w.Header().Set("Content-Length", "1")
				w.Header().Set("ETag", `"x"`)
				w.Header().Set("Last-Modified", time.Now().UTC().Format(http.TimeFormat))
			}
			return r.Method == http.MethodHead
		}, "differs from the backup: it has 1 bytes"},
		"a store that counts otherwise": {nil, func(w http.ResponseWriter, r *http.Request) bool {
			if r.URL.Query().Has("partNumber") {
				_, _ = io.Copy(io.Discard, r.Body)
				w.Header().Set("ETag", `"x"`)
				w.Header().Set("X-Amz-Checksum-Crc32c", "AAAAAA==")
			}
			return r.URL.Query().Has("partNumber")
		}, "part 1 has another checksum"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := s3test.Start(t)
			store.Break(c.fault)
			bucket := bucketAt(t, store.URL, c.change)
			bucket.pause = nil
			s, cfg := setup(t, func(cfg *Config) { cfg.Bucket = bucket })
			write(t, filepath.Join(cfg.LogDir, "all.log"), "line\n")
			made, err := s.Logs(t.Context())
			refused(t, err, failure.Unavailable, "backup-upload-failed", c.say)
			if _, err := os.Stat(made.Path); err != nil {
				t.Error(err)
			}
			store.Break(nil)
			if names := store.Names(t); len(names) > 0 {
				t.Errorf("the bucket holds %q", names)
			}
			for left := range store.Client.ListIncompleteUploads(t.Context(), s3test.Bucket, "", true) {
				t.Errorf("parts of %s are left (%v)", left.Key, left.Err)
			}
		})
	}
}

func TestWaitForAStoreCanBeCalledOff(t *testing.T) {
	t.Parallel()
	silent, err := net.Listen("tcp", "127.0.0.1:0") // takes connections and says nothing
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	s, cfg := setup(t, func(cfg *Config) { cfg.Bucket = bucketAt(t, "http://"+silent.Addr().String(), nil) })
	write(t, filepath.Join(cfg.LogDir, "all.log"), "line\n")
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	made, err := s.Logs(ctx)
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("it ended with %v", err)
	}
	if _, err := os.Stat(made.Path); err != nil {
		t.Error(err)
	}
}

func put(t *testing.T, store *s3test.Store, key, text string) {
	t.Helper()
	_, err := store.Client.PutObject(t.Context(), s3test.Bucket, key, strings.NewReader(text), int64(len(text)),
		minio.PutObjectOptions{DisableContentSha256: true})
	if err != nil {
		t.Fatal(err)
	}
}

func TestCopiesAreKeptAsLongAsBackups(t *testing.T) {
	t.Parallel()
	store := s3test.Start(t)
	bucket := bucketAt(t, store.URL, nil)
	s, _ := setup(t, func(cfg *Config) {
		atNoon(cfg)
		cfg.Bucket, cfg.Retention = bucket, 10*day
	})
	at := func(k kind, age time.Duration) string { return "peneira/test/" + k.name(noon.Add(-age)) }
	stay := []string{
		at(databaseKind, 11*day), // the newest one
		at(logsKind, 9*day),      //
		"peneira/test/notes.txt", // not ours
		"peneira/test/old/" + databaseKind.name(noon.Add(-300*day)),    // not where ours are
		"peneira/testing-" + databaseKind.name(noon.Add(-300*day)),     // nor this
		databaseKind.name(noon.Add(-300 * day)),                        // nor this
		"peneira/test/peneira-20250101T000000.000Z.dump.old",           // not our name
		"peneira/test/" + temporaryPrefix + "peneira-20250101T000000Z", //
	}
	for _, key := range append([]string{at(databaseKind, 12*day), at(databaseKind, 40*day), at(logsKind, 11*day)}, stay...) {
		put(t, store, key, "PGDMP")
	}
	if _, err := bucket.store.NewMultipartUpload(t.Context(), s3test.Bucket, at(databaseKind, time.Hour), minio.PutObjectOptions{}); err != nil {
		t.Fatal(err)
	}
	// What another process uploads now stays. What began long before noon, years from now, does not.
	done, err := s.Cleanup(t.Context())
	if err != nil || !strings.Contains(done.Message, "In the bucket, 3 old copies are removed, 2 copies are kept") {
		t.Errorf("%q (%v)", done.Message, err)
	}
	slices.Sort(stay)
	if names := store.Names(t); !slices.Equal(names, stay) {
		t.Errorf("the bucket holds\n%q, want\n%q", names, stay)
	}
	uploads := func() (n int) {
		for range store.Client.ListIncompleteUploads(t.Context(), s3test.Bucket, "", true) {
			n++
		}
		return n
	}
	if n := uploads(); n != 1 {
		t.Errorf("%d uploads go on, want 1", n)
	}
	s.cfg.now = func() time.Time { return time.Now().Add(2 * abandonedAge) }
	if _, err := s.Cleanup(t.Context()); err != nil || uploads() != 0 {
		t.Errorf("%d uploads are left (%v)", uploads(), err)
	}
}

func TestCleanupOfABucketThatRefuses(t *testing.T) {
	t.Parallel()
	store := s3test.Start(t)
	bucket := bucketAt(t, store.URL, nil)
	bucket.pause = nil
	s, _ := setup(t, func(cfg *Config) { cfg.Bucket = bucket })
	refuse := func(status int, code string) s3test.Fault {
		return func(w http.ResponseWriter, _ *http.Request) bool {
			s3test.Refuse(w, status, code)
			return true
		}
	}
	store.Break(refuse(http.StatusForbidden, "AccessDenied"))
	if done, err := s.Cleanup(t.Context()); err != nil || !strings.Contains(done.Message, "may not clean up the bucket backups") {
		t.Errorf("%q (%v)", done.Message, err)
	}
	store.Break(refuse(http.StatusNotFound, "NoSuchBucket"))
	_, err := s.Cleanup(t.Context())
	refused(t, err, failure.Unavailable, "bucket-cleanup-failed", "NoSuchBucket")
}

func TestFetch(t *testing.T) {
	t.Parallel()
	store := s3test.Start(t)
	bucket := bucketAt(t, store.URL, nil)
	older, newer := databaseKind.name(noon.Add(-day)), databaseKind.name(noon)
	for name, text := range map[string]string{older: "older", newer: "newer", logsKind.name(noon.Add(day)): "log", "other": "other"} {
		put(t, store, "a/b/"+name, text)
	}
	for key, want := range map[string]string{"a/b/": "newer", "a/b/" + older: "older"} {
		file, err := bucket.Fetch(t.Context(), key, t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		if text, err := os.ReadFile(file); err != nil || string(text) != want {
			t.Errorf("%s holds %q (%v), want %q", key, text, err, want)
		}
	}
	dir := t.TempDir()
	_, err := bucket.Fetch(t.Context(), "a/b/"+older+"x", dir)
	refused(t, err, failure.NotFound, "backup-not-fetched", "NoSuchKey")
	for _, prefix := range []string{"", "a/", "a/b/c/"} {
		_, err = bucket.Fetch(t.Context(), prefix, dir)
		refused(t, err, failure.NotFound, "backup-not-found", "s3://backups/"+prefix)
	}
	nothingIn(t, dir)
}

// A copy that has changed since is told from what was sent, and one whose connection is cut is fetched on.
func TestFetchOfADamagedCopy(t *testing.T) {
	t.Parallel()
	store := s3test.Start(t)
	bucket := bucketAt(t, store.URL, nil)
	made := fileOf(t, 1<<20)
	if _, err := bucket.upload(t.Context(), made); err != nil {
		t.Fatal(err)
	}
	key := bucket.key(filepath.Base(made))
	var requests atomic.Int64
	store.Break(func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodGet || requests.Add(1) > 1 {
			return false
		}
		w.Header().Set("Content-Length", "1048576")
		w.Header().Set("ETag", `"x"`)
		w.Header().Set("Last-Modified", time.Now().UTC().Format(http.TimeFormat))
		_, _ = w.Write(make([]byte, 1000)) // other bytes than it has, and then no more
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	})
	dir := t.TempDir()
	_, err := bucket.Fetch(t.Context(), key, dir)
	refused(t, err, failure.Unavailable, "backup-not-fetched", "its checksum is another")
	if requests.Load() < 2 {
		t.Error("it did not go on after the cut")
	}
	nothingIn(t, dir)
}

func TestBucketSettings(t *testing.T) {
	t.Parallel()
	for want, cfgs := range map[string][]BucketConfig{
		"PENEIRA_BACKUP_S3_ENDPOINT": {
			{Name: "b"},
			{Endpoint: "s3.amazonaws.com", Name: "b"},
			{Endpoint: "ftp://host", Name: "b"},
			{Endpoint: "https://host/path", Name: "b"},
			{Endpoint: "https://", Name: "b"},
		},
		"PENEIRA_BACKUP_S3_BUCKET":     {{Endpoint: "https://host"}, {Endpoint: "https://host", Name: "a/b"}},
		"PENEIRA_BACKUP_S3_SECRET_KEY": {{Endpoint: "https://host", Name: "b", AccessKey: "x"}},
		"PENEIRA_BACKUP_S3_ACCESS_KEY": {{Endpoint: "https://host", Name: "b", SecretKey: "x"}},
	} {
		for _, cfg := range cfgs {
			if _, err := NewBucket(cfg); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%+v: %v", cfg, err)
			}
		}
	}
}
