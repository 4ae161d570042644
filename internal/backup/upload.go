package backup

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
)

// abortTime bounds the removal of an upload's parts when it has failed or was called off. What stays, a clean-up removes.
const abortTime = 10 * time.Second

// upload copies a file into the bucket, part by part, and returns its address there. Each part is read twice, once for its
// checksums and once to be sent: they go ahead of it, as every store understands. Of the file, nothing is held in memory.
// The store checks each part against its SHA-256, and keeps the CRC32C, if it knows that. In the end it is asked what it has.
func (b *Bucket) upload(ctx context.Context, name string) (address string, err error) {
	file, err := os.Open(name)
	if err != nil {
		return "", fmt.Errorf("opening the backup: %w", err)
	}
	defer func() { _ = file.Close() }()
	info, err := file.Stat()
	if err != nil {
		return "", fmt.Errorf("opening the backup: %w", err)
	}
	key := b.key(filepath.Base(name))
	var upload string
	err = b.persist(ctx, func() (err error) {
		upload, err = b.store.NewMultipartUpload(ctx, b.cfg.Name, key, minio.PutObjectOptions{
			ContentType: "application/octet-stream", UserMetadata: map[string]string{checksumAlgorithm: "CRC32C"},
		})
		return err
	})
	if err != nil {
		return "", err
	}
	defer func() {
		if err != nil {
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), abortTime)
			defer cancel()
			_ = b.store.AbortMultipartUpload(ctx, b.cfg.Name, key, upload)
		}
	}()
	sums := newSums()
	var parts []minio.CompletePart
	for at := int64(0); at == 0 || at < info.Size(); at += b.part {
		section := func() *io.SectionReader { return io.NewSectionReader(file, at, min(b.part, info.Size()-at)) }
		part, err := b.uploadPart(ctx, key, upload, len(parts)+1, section, sums)
		if err != nil {
			return "", err
		}
		parts = append(parts, part)
	}
	var stored minio.ObjectInfo
	err = b.persist(ctx, func() (err error) {
		stored, err = b.complete(ctx, key, upload, parts)
		return err
	})
	if err != nil {
		return "", err
	}
	if err := sums.compare(stored, info.Size()); err != nil {
		return "", errors.Join(err, b.store.RemoveObject(ctx, b.cfg.Name, key, minio.RemoveObjectOptions{}))
	}
	return b.address(key), nil
}

// checksumAlgorithm is the header that says which checksum the parts of an upload have.
const checksumAlgorithm = "x-amz-checksum-algorithm"

// uploadPart sends what section returns, anew for each try: what a try before has begun to send may still be read. The reader is
// hidden, since the client would otherwise seek in it and try again by itself.
func (b *Bucket) uploadPart(
	ctx context.Context, key, upload string, number int, section func() *io.SectionReader, sums *sums,
) (minio.CompletePart, error) {
	digest := sha256.New()
	sum, err := sums.add(io.TeeReader(section(), digest))
	if err != nil {
		return minio.CompletePart{}, fmt.Errorf("reading the backup: %w", err)
	}
	var sent minio.ObjectPart
	err = b.persist(ctx, func() (err error) {
		data := section()
		sent, err = b.store.PutObjectPart(ctx, b.cfg.Name, key, upload, number, struct{ io.Reader }{data}, data.Size(), minio.PutObjectPartOptions{
			Sha256Hex: hex.EncodeToString(digest.Sum(nil)), DisableContentSha256: true, // it is not to be computed along the way
			CustomHeader: http.Header{minio.ChecksumCRC32C.Key(): {sum}},
		})
		if err == nil && sent.ChecksumCRC32C != "" && sent.ChecksumCRC32C != sum {
			err = &differsError{"its part " + strconv.Itoa(number) + " has another checksum"}
		}
		return err
	})
	// A store that does not tell the checksum does not know it, and would refuse to hear it again.
	return minio.CompletePart{PartNumber: number, ETag: sent.ETag, ChecksumCRC32C: sent.ChecksumCRC32C}, err
}

// complete puts the parts together and returns what the store then has. When it is tried again after an answer that was lost,
// the store knows the upload no more, but has the object.
func (b *Bucket) complete(ctx context.Context, key, upload string, parts []minio.CompletePart) (minio.ObjectInfo, error) {
	_, completeErr := b.store.CompleteMultipartUpload(ctx, b.cfg.Name, key, upload, parts, minio.PutObjectOptions{})
	if completeErr != nil && codeOf(completeErr) != minio.NoSuchUpload {
		return minio.ObjectInfo{}, completeErr
	}
	stored, err := b.store.StatObject(ctx, b.cfg.Name, key, minio.StatObjectOptions{Checksum: true})
	if err != nil && completeErr != nil {
		return minio.ObjectInfo{}, completeErr
	}
	return stored, err
}

// sums are the checksums of a file, whole and by parts.
type sums struct {
	whole hash.Hash32
	parts hash.Hash32 // of the parts' checksums
	count int
}

func newSums() *sums { return &sums{whole: newCRC(), parts: newCRC()} }

func newCRC() hash.Hash32 { return crc32.New(crc32.MakeTable(crc32.Castagnoli)) }

// add reads the next part to its end and returns its checksum as S3 writes it.
func (s *sums) add(part io.Reader) (string, error) {
	one := newCRC()
	if _, err := io.Copy(io.MultiWriter(one, s.whole), part); err != nil {
		return "", err
	}
	s.count++
	_, _ = s.parts.Write(one.Sum(nil)) // never fails
	return base64.StdEncoding.EncodeToString(one.Sum(nil)), nil
}

// compare returns a differsError when what is stored has another size or checksum. Of the checksum a store may say nothing,
// or it may have cut the file into other parts.
func (s *sums) compare(stored minio.ObjectInfo, size int64) error {
	if stored.Size != size {
		return &differsError{fmt.Sprintf("it has %d bytes, not %d", stored.Size, size)}
	}
	told, count, composed := strings.Cut(stored.ChecksumCRC32C, "-")
	want := s.whole
	if composed {
		if count != strconv.Itoa(s.count) {
			return nil
		}
		want = s.parts
	}
	if told != "" && told != base64.StdEncoding.EncodeToString(want.Sum(nil)) {
		return &differsError{"its checksum is another"}
	}
	return nil
}
