package s3test

import (
	"bytes"
	"cmp"
	"crypto/md5" //nolint:gosec // what S3 makes its ETags of
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"hash/crc32"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// memory is a store that holds what it is given. It checks sizes and checksums, and of the signature only whose it is.
type memory struct {
	mu      sync.Mutex
	buckets map[string]map[string]object
	uploads map[string]*upload // by id
}

type object struct {
	data     []byte
	etag     string
	checksum string
	at       time.Time
}

type upload struct {
	bucket, key string
	parts       map[int][]byte
	begun       time.Time
}

func newMemory() *memory {
	return &memory{buckets: map[string]map[string]object{}, uploads: map[string]*upload{}}
}

// refusal is the answer of S3 to what it does not do.
type refusal struct {
	status int
	code   string
}

// Refuse answers as S3 does.
func Refuse(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, "<Error><Code>%s</Code><Message>%s</Message></Error>", code, code)
}

// ServeHTTP implements http.Handler.
func (m *memory) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the client has gone
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if refused := m.serve(w, r, body); refused != nil {
		Refuse(w, refused.status, refused.code)
	}
}

func (m *memory) serve(w http.ResponseWriter, r *http.Request, body []byte) *refusal {
	if !strings.Contains(r.Header.Get("Authorization"), "Credential="+AccessKey+"/") {
		return &refusal{http.StatusForbidden, "InvalidAccessKeyId"}
	}
	sum := sha256.Sum256(body)
	if told := r.Header.Get("X-Amz-Content-Sha256"); told != hex.EncodeToString(sum[:]) && told != "UNSIGNED-PAYLOAD" {
		return &refusal{http.StatusBadRequest, "XAmzContentSHA256Mismatch"}
	}
	bucket, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	if key == "" && r.Method == http.MethodPut {
		m.buckets[bucket] = map[string]object{}
		return nil
	}
	objects, ok := m.buckets[bucket]
	if !ok {
		return &refusal{http.StatusNotFound, "NoSuchBucket"}
	}
	query := r.URL.Query()
	switch {
	case key == "" && query.Has("location"):
		return answer(w, struct {
			XMLName xml.Name `xml:"LocationConstraint"`
		}{})
	case key == "" && query.Has("uploads"):
		return m.listUploads(w, bucket, query.Get("prefix"))
	case key == "":
		return list(w, objects, query.Get("prefix"), query.Get("delimiter"))
	case query.Has("uploads"):
		id := strconv.Itoa(len(m.uploads) + 1)
		m.uploads[id] = &upload{bucket, key, map[int][]byte{}, time.Now()}
		return answer(w, struct {
			XMLName  xml.Name `xml:"InitiateMultipartUploadResult"`
			UploadID string   `xml:"UploadId"`
		}{UploadID: id})
	case query.Has("uploadId"):
		return m.serveUpload(w, r, query.Get("uploadId"), body)
	}
	return serveObject(w, r, objects, key, body)
}

func answer(w http.ResponseWriter, v any) *refusal {
	w.Header().Set("Content-Type", "application/xml")
	_ = xml.NewEncoder(w).Encode(v)
	return nil
}

func crc(data []byte) []byte {
	return base64.StdEncoding.AppendEncode(nil, binarySum(data))
}

func binarySum(data []byte) []byte {
	return binary.BigEndian.AppendUint32(nil, crc32.Checksum(data, crc32.MakeTable(crc32.Castagnoli)))
}

func etag(data []byte) string {
	sum := md5.Sum(data) //nolint:gosec // see above
	return `"` + hex.EncodeToString(sum[:]) + `"`
}

func serveObject(w http.ResponseWriter, r *http.Request, objects map[string]object, key string, body []byte) *refusal {
	switch r.Method {
	case http.MethodPut:
		objects[key] = object{data: body, etag: etag(body), at: time.Now()}
		w.Header().Set("ETag", objects[key].etag)
	case http.MethodDelete:
		delete(objects, key)
		w.WriteHeader(http.StatusNoContent)
	default:
		found, ok := objects[key]
		if !ok {
			return &refusal{http.StatusNotFound, "NoSuchKey"}
		}
		w.Header().Set("ETag", found.etag)
		w.Header().Set("X-Amz-Checksum-Crc32c", found.checksum)
		w.Header().Set("Content-Type", "application/octet-stream")
		http.ServeContent(w, r, "", found.at, bytes.NewReader(found.data))
	}
	return nil
}

func (m *memory) serveUpload(w http.ResponseWriter, r *http.Request, id string, body []byte) *refusal {
	u, ok := m.uploads[id]
	if !ok {
		return &refusal{http.StatusNotFound, "NoSuchUpload"}
	}
	switch r.Method {
	case http.MethodPut:
		if told := r.Header.Get("X-Amz-Checksum-Crc32c"); told != "" && told != string(crc(body)) {
			return &refusal{http.StatusBadRequest, "BadDigest"}
		}
		number, err := strconv.Atoi(r.URL.Query().Get("partNumber"))
		if err != nil {
			return &refusal{http.StatusBadRequest, "InvalidPart"}
		}
		u.parts[number] = body
		w.Header().Set("ETag", etag(body))
		w.Header().Set("X-Amz-Checksum-Crc32c", string(crc(body)))
		return nil
	case http.MethodDelete:
		delete(m.uploads, id)
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	return m.complete(w, id, body)
}

func (m *memory) complete(w http.ResponseWriter, id string, body []byte) *refusal {
	u := m.uploads[id]
	var asked struct {
		Part []struct {
			PartNumber     int    `xml:"PartNumber"`
			ETag           string `xml:"ETag"`
			ChecksumCRC32C string `xml:"ChecksumCRC32C"`
		} `xml:"Part"`
	}
	if xml.Unmarshal(body, &asked) != nil || len(asked.Part) != len(u.parts) {
		return &refusal{http.StatusBadRequest, "MalformedXML"}
	}
	var data, sums []byte
	for i, part := range asked.Part {
		held, ok := u.parts[part.PartNumber]
		if !ok || part.PartNumber != i+1 || strings.Trim(part.ETag, `"`) != strings.Trim(etag(held), `"`) || part.ChecksumCRC32C != string(crc(held)) {
			return &refusal{http.StatusBadRequest, "InvalidPart"}
		}
		if i+1 < len(asked.Part) && len(held) < 5<<20 {
			return &refusal{http.StatusBadRequest, "EntityTooSmall"}
		}
		data, sums = append(data, held...), append(sums, binarySum(held)...)
	}
	delete(m.uploads, id)
	m.buckets[u.bucket][u.key] = object{data, etag(data), fmt.Sprintf("%s-%d", crc(sums), len(asked.Part)), time.Now()}
	return answer(w, struct {
		XMLName           xml.Name `xml:"CompleteMultipartUploadResult"`
		Bucket, Key, ETag string
	}{Bucket: u.bucket, Key: u.key, ETag: etag(data)})
}

type listed struct {
	Key          string
	Size         int
	ETag         string
	LastModified string
}

type prefixed struct{ Prefix string }

func list(w http.ResponseWriter, objects map[string]object, prefix, delimiter string) *refusal {
	result := struct {
		XMLName        xml.Name `xml:"ListBucketResult"`
		Contents       []listed
		CommonPrefixes []prefixed
	}{}
	for key, o := range objects {
		rest, ok := strings.CutPrefix(key, prefix)
		if !ok {
			continue
		}
		if dir, _, below := strings.Cut(rest, "/"); below && delimiter != "" {
			result.CommonPrefixes = append(result.CommonPrefixes, prefixed{prefix + dir + "/"})
			continue
		}
		result.Contents = append(result.Contents, listed{key, len(o.data), o.etag, o.at.UTC().Format(time.RFC3339)})
	}
	slices.SortFunc(result.Contents, func(a, b listed) int { return cmp.Compare(a.Key, b.Key) })
	return answer(w, result)
}

func (m *memory) listUploads(w http.ResponseWriter, bucket, prefix string) *refusal {
	type one struct {
		Key       string
		UploadID  string `xml:"UploadId"`
		Initiated string
	}
	result := struct {
		XMLName xml.Name `xml:"ListMultipartUploadsResult"`
		Upload  []one
	}{}
	for id, u := range m.uploads {
		if u.bucket == bucket && strings.HasPrefix(u.key, prefix) {
			result.Upload = append(result.Upload, one{u.key, id, u.begun.UTC().Format(time.RFC3339)})
		}
	}
	return answer(w, result)
}
