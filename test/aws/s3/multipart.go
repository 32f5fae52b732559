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

// minPart is how many bytes each part but the last must have.
const minPart = 5 << 20

// upload is an object that comes in parts. Each part is a draft of its own until all are put together.
type upload struct {
	bucket, key string
	meta        map[string]string
	begun       time.Time
	parts       map[int]*part
}

type part struct {
	draft *draft
	at    time.Time
}

func (p *part) etag() string { return encodeETag(p.draft.md5.Sum(nil)) }

// CreateMultipartUpload begins an object that comes in parts.
func (s *store) CreateMultipartUpload(bucketName, key string, meta map[string]string) (gofakes3.UploadID, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := gofakes3.UploadID(strings.ToLower(rand.Text()))
	s.uploads[id] = &upload{bucket: bucketName, key: key, meta: meta, begun: time.Now(), parts: map[int]*part{}}
	return id, nil
}

// UploadPart keeps one part; a part of the same number is replaced.
func (s *store) UploadPart(
	bucketName, key string, id gofakes3.UploadID, number int, size int64, input io.Reader,
) (string, error) {
	d, err := newDraft(s.drafts)
	if err != nil {
		return "", err
	}
	if _, err := io.Copy(d, input); err != nil {
		d.drop()
		return "", err
	}
	if d.size != size {
		d.drop()
		return "", gofakes3.ErrIncompleteBody
	}
	if d.file != nil {
		// Ten thousand parts are no reason to hold ten thousand files open.
		if err := d.file.Close(); err != nil {
			d.drop()
			return "", broken("keep part %d of %s: %v", number, key, err)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	u, err := s.upload(bucketName, key, id)
	if err != nil {
		d.drop()
		return "", err
	}
	if before, ok := u.parts[number]; ok {
		before.draft.drop()
	}
	made := &part{draft: d, at: time.Now()}
	u.parts[number] = made
	return made.etag(), nil
}

// CompleteMultipartUpload puts the named parts together. The ETag is the MD5 of the whole, without the dash and number
// that S3 adds.
func (s *store) CompleteMultipartUpload(
	bucketName, key string, id gofakes3.UploadID, in *gofakes3.CompleteMultipartUploadRequest,
) (gofakes3.VersionID, string, error) {
	u, err := s.take(bucketName, key, id, in.Parts)
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
	u.drop()
	return "", etag, nil
}

// take removes an upload whose parts are as named, so that the long work of joining them needs no lock.
func (s *store) take(
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

func (s *store) join(u *upload, named []gofakes3.CompletedPart) (etag string, err error) {
	whole, err := newDraft(s.drafts)
	if err != nil {
		return "", err
	}
	defer whole.drop()
	for _, n := range named {
		if err := u.parts[n.PartNumber].draft.appendTo(whole); err != nil {
			return "", broken("put the parts of %s together: %v", u.key, err)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.keep(u.bucket, u.key, u.meta, whole, nil); err != nil {
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
		held, ok := u.parts[n.PartNumber]
		switch {
		case n.PartNumber <= before:
			return gofakes3.ErrInvalidPartOrder
		case !ok || strings.Trim(n.ETag, `"`) != strings.Trim(held.etag(), `"`):
			return gofakes3.ErrorMessagef(gofakes3.ErrInvalidPart, "part %d with ETag %s was not uploaded", n.PartNumber, n.ETag)
		case i < len(named)-1 && held.draft.size < minPart:
			return gofakes3.ErrorMessagef(gofakes3.ErrInvalidPart,
				"part %d has %d bytes: every part but the last needs %d", n.PartNumber, held.draft.size, minPart)
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

// AbortMultipartUpload drops an upload and its parts.
func (s *store) AbortMultipartUpload(bucketName, key string, id gofakes3.UploadID) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	u, err := s.upload(bucketName, key, id)
	if err != nil {
		return err
	}
	delete(s.uploads, id)
	u.drop()
	return nil
}

// ListMultipartUploads lists the unfinished uploads of a bucket by key. It knows no pages.
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
				Key: u.key, UploadID: id, Initiated: gofakes3.NewContentTime(u.begun.UTC()),
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

// ListParts lists the parts of an upload that are there, after part number marker.
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

// upload needs mu.
func (s *store) upload(bucketName, key string, id gofakes3.UploadID) (*upload, error) {
	u, ok := s.uploads[id]
	if !ok || u.bucket != bucketName || u.key != key {
		return nil, gofakes3.ErrorMessage(gofakes3.ErrNoSuchUpload,
			"The specified upload does not exist. It may have been completed or aborted.")
	}
	return u, nil
}

func (u *upload) drop() {
	for _, p := range u.parts {
		p.draft.drop()
	}
}
