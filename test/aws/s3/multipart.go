package s3

import (
	"bytes"
	"crypto/rand"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/johannesboyne/gofakes3"
)

// minPart is the smallest size of a part, in bytes. It does not apply to the last part.
const minPart = 5 << 20

// upload is a multipart upload. Each part is a draft.
type upload struct {
	bucket, key string
	meta        map[string]string
	started     time.Time
	parts       map[int]*part
}

type part struct {
	draft *draft
	at    time.Time
}

func (p *part) etag() string { return encodeETag(p.draft.md5.Sum(nil)) }

// CreateMultipartUpload starts a multipart upload.
func (s *store) CreateMultipartUpload(bucketName, key string, meta map[string]string) (gofakes3.UploadID, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := gofakes3.UploadID(strings.ToLower(rand.Text()))
	s.uploads[id] = &upload{bucket: bucketName, key: key, meta: meta, started: time.Now(), parts: map[int]*part{}}
	return id, nil
}

// UploadPart stores one part. It replaces an earlier part with the same number.
func (s *store) UploadPart(
	bucketName, key string, id gofakes3.UploadID, number int, size int64, input io.Reader,
) (string, error) {
	d, err := newDraft(s.drafts)
	if err != nil {
		return "", err
	}
	if _, err := io.Copy(d, input); err != nil {
		d.discard()
		return "", err
	}
	if d.size != size {
		d.discard()
		return "", gofakes3.ErrIncompleteBody
	}
	if d.file != nil {
		// An upload may have 10,000 parts: do not keep their files open.
		if err := d.file.Close(); err != nil {
			d.discard()
			return "", storageError("store part %d of %s: %v", number, key, err)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	u, err := s.upload(bucketName, key, id)
	if err != nil {
		d.discard()
		return "", err
	}
	if before, ok := u.parts[number]; ok {
		before.draft.discard()
	}
	stored := &part{draft: d, at: time.Now()}
	u.parts[number] = stored
	return stored.etag(), nil
}

// CompleteMultipartUpload creates the object from the named parts. The ETag is the MD5 of the object. S3 has another
// ETag, with a dash and the number of parts.
func (s *store) CompleteMultipartUpload(
	bucketName, key string, id gofakes3.UploadID, in *gofakes3.CompleteMultipartUploadRequest,
) (gofakes3.VersionID, string, error) {
	u, err := s.takeUpload(bucketName, key, id, in.Parts)
	if err != nil {
		return "", "", err
	}
	etag, err := s.join(u, in.Parts)
	if err != nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.uploads[id] = u
		return "", "", err
	}
	u.discard()
	return "", etag, nil
}

// takeUpload checks the named parts and removes the upload, so that joining the parts does not need a lock.
func (s *store) takeUpload(
	bucketName, key string, id gofakes3.UploadID, named []gofakes3.CompletedPart,
) (*upload, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u, err := s.upload(bucketName, key, id)
	if err != nil {
		return nil, err
	}
	if err := u.check(named); err != nil {
		return nil, err
	}
	delete(s.uploads, id)
	return u, nil
}

// join creates the object from the named parts and returns its ETag.
func (s *store) join(u *upload, named []gofakes3.CompletedPart) (etag string, err error) {
	whole, err := newDraft(s.drafts)
	if err != nil {
		return "", err
	}
	defer whole.discard()
	for _, n := range named {
		if err := u.parts[n.PartNumber].draft.appendTo(whole); err != nil {
			return "", storageError("join the parts of %s: %v", u.key, err)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.storeDraft(u.bucket, u.key, u.meta, whole, nil); err != nil {
		return "", err
	}
	return encodeETag(whole.md5.Sum(nil)), nil
}

func (u *upload) check(named []gofakes3.CompletedPart) error {
	if len(named) == 0 {
		return gofakes3.ErrorMessage(gofakes3.ErrMalformedXML, "You must specify at least one part")
	}
	before := 0
	for i, n := range named {
		stored, ok := u.parts[n.PartNumber]
		switch {
		case n.PartNumber <= before:
			return gofakes3.ErrInvalidPartOrder
		case !ok || strings.Trim(n.ETag, `"`) != strings.Trim(stored.etag(), `"`):
			return gofakes3.ErrorMessagef(gofakes3.ErrInvalidPart, "part %d with ETag %s was not uploaded", n.PartNumber, n.ETag)
		case i < len(named)-1 && stored.draft.size < minPart:
			return gofakes3.ErrorMessagef(gofakes3.ErrInvalidPart,
				"part %d has %d bytes: every part but the last must have at least %d", n.PartNumber, stored.draft.size, minPart)
		}
		before = n.PartNumber
	}
	return nil
}

func (d *draft) appendTo(whole *draft) error {
	if d.file == nil {
		_, err := io.Copy(whole, bytes.NewReader(d.memory.Bytes()))
		return err
	}
	f, err := os.Open(d.file.Name())
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = io.Copy(whole, f)
	return err
}

// AbortMultipartUpload deletes an upload and its parts.
func (s *store) AbortMultipartUpload(bucketName, key string, id gofakes3.UploadID) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	u, err := s.upload(bucketName, key, id)
	if err != nil {
		return err
	}
	delete(s.uploads, id)
	u.discard()
	return nil
}

// ListMultipartUploads lists the unfinished uploads of a bucket by key. It does not implement pages.
func (s *store) ListMultipartUploads(
	bucketName string, marker *gofakes3.UploadListMarker, prefix gofakes3.Prefix, limit int64,
) (*gofakes3.ListMultipartUploadsResult, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	result := &gofakes3.ListMultipartUploadsResult{Bucket: bucketName, Prefix: prefix.Prefix, MaxUploads: limit}
	if marker != nil || prefix.HasDelimiter {
		return nil, gofakes3.ErrNotImplemented
	}
	for id, u := range s.uploads {
		if u.bucket == bucketName && strings.HasPrefix(u.key, prefix.Prefix) {
			result.Uploads = append(result.Uploads, gofakes3.ListMultipartUploadItem{
				Key: u.key, UploadID: id, Initiated: gofakes3.NewContentTime(u.started.UTC()),
				StorageClass: gofakes3.StorageStandard,
			})
		}
	}
	slices.SortFunc(result.Uploads, func(a, b gofakes3.ListMultipartUploadItem) int {
		return strings.Compare(a.Key+"\x00"+a.Initiated.String(), b.Key+"\x00"+b.Initiated.String())
	})
	if int64(len(result.Uploads)) > limit {
		return nil, gofakes3.ErrNotImplemented
	}
	return result, nil
}

// ListParts lists the stored parts of an upload with numbers above marker.
func (s *store) ListParts(
	bucketName, key string, id gofakes3.UploadID, marker int, limit int64,
) (*gofakes3.ListMultipartUploadPartsResult, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	u, err := s.upload(bucketName, key, id)
	if err != nil {
		return nil, err
	}
	result := &gofakes3.ListMultipartUploadPartsResult{
		Bucket: bucketName, Key: key, UploadID: id, MaxParts: limit, PartNumberMarker: marker,
		StorageClass: gofakes3.StorageStandard,
	}
	for _, number := range slices.Sorted(maps.Keys(u.parts)) {
		if number <= marker {
			continue
		}
		if int64(len(result.Parts)) == limit {
			result.IsTruncated = true
			break
		}
		p := u.parts[number]
		result.Parts = append(result.Parts, gofakes3.ListMultipartUploadPartItem{
			PartNumber: number, LastModified: gofakes3.NewContentTime(p.at.UTC()), ETag: p.etag(), Size: p.draft.size,
		})
		result.NextPartNumberMarker = number
	}
	return result, nil
}

// upload returns an unfinished upload. The caller holds mu.
func (s *store) upload(bucketName, key string, id gofakes3.UploadID) (*upload, error) {
	u, ok := s.uploads[id]
	if !ok || u.bucket != bucketName || u.key != key {
		return nil, gofakes3.ErrorMessage(gofakes3.ErrNoSuchUpload,
			"The specified upload does not exist. It may have been completed or aborted.")
	}
	return u, nil
}

func (u *upload) discard() {
	for _, p := range u.parts {
		p.draft.discard()
	}
}
