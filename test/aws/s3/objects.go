package s3

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/johannesboyne/gofakes3"
)

// GetObject opens an object, or a byte range of it.
func (s *store) GetObject(bucketName, key string, wanted *gofakes3.ObjectRangeRequest) (*gofakes3.Object, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	o, err := s.find(bucketName, key)
	if err != nil {
		return nil, err
	}
	r, err := wanted.Range(o.size)
	if err != nil {
		return nil, err
	}
	body, err := s.open(bucketName, key, o)
	if err != nil {
		return nil, err
	}
	answer := &gofakes3.Object{
		Name: key, Metadata: o.headers(r == nil), Size: o.size, Hash: o.hash, Range: r, Contents: body,
	}
	if r != nil {
		answer.Contents = struct {
			io.Reader
			io.Closer
		}{io.NewSectionReader(body, r.Start, r.Length), body}
	}
	return answer, nil
}

// HeadObject returns the headers of an object.
func (s *store) HeadObject(bucketName, key string) (*gofakes3.Object, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	o, err := s.find(bucketName, key)
	if err != nil {
		return nil, err
	}
	return &gofakes3.Object{
		Name: key, Metadata: o.headers(true), Size: o.size, Hash: o.hash, Contents: io.NopCloser(bytes.NewReader(nil)),
	}, nil
}

// find returns an object. The caller holds mu.
func (s *store) find(bucketName, key string) (*object, error) {
	b, ok := s.buckets[bucketName]
	if !ok {
		return nil, gofakes3.BucketNotFound(bucketName)
	}
	o, ok := b.objects[key]
	if !ok {
		return nil, gofakes3.ErrorMessage(gofakes3.ErrNoSuchKey, "The specified key does not exist.")
	}
	return o, nil
}

func (s *store) open(bucketName, key string, o *object) (content, error) {
	if s.dir == "" {
		return inMemory{bytes.NewReader(o.memory)}, nil
	}
	f, err := os.Open(filepath.Join(s.dir, bucketName, o.path))
	if err != nil {
		return nil, storageError("open object %s: %v", key, err)
	}
	return f, nil
}

// DeleteObject deletes an object. It returns no error for a missing object.
func (s *store) DeleteObject(bucketName, key string) (gofakes3.ObjectDeleteResult, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return gofakes3.ObjectDeleteResult{}, s.delete(bucketName, key)
}

// DeleteMulti deletes several objects and returns the result for each key.
func (s *store) DeleteMulti(bucketName string, keys ...string) (gofakes3.MultiDeleteResult, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var result gofakes3.MultiDeleteResult
	for _, key := range keys {
		if err := s.delete(bucketName, key); err != nil {
			failed := gofakes3.ErrorResultFromError(err)
			failed.Key = key
			result.Error = append(result.Error, failed)
			continue
		}
		result.Deleted = append(result.Deleted, gofakes3.ObjectID{Key: key})
	}
	return result, nil
}

// delete deletes an object. The caller holds mu.
func (s *store) delete(bucketName, key string) error {
	b, ok := s.buckets[bucketName]
	if !ok {
		return gofakes3.BucketNotFound(bucketName)
	}
	o, ok := b.objects[key]
	if !ok {
		return nil
	}
	if s.dir != "" {
		root := filepath.Join(s.dir, bucketName)
		if err := os.Remove(filepath.Join(root, o.path)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return storageError("delete object %s: %v", key, err)
		}
		// Delete the folders that are empty now. os.Remove fails for the first folder that is not empty.
		for folder := filepath.Dir(o.path); folder != "."; folder = filepath.Dir(folder) {
			if os.Remove(filepath.Join(root, folder)) != nil {
				break
			}
		}
	}
	b.remove(key)
	return nil
}

// CopyObject reads the source and writes it to the target.
func (s *store) CopyObject(
	fromBucket, fromKey, toBucket, toKey string, meta map[string]string,
) (gofakes3.CopyObjectResult, error) {
	return gofakes3.CopyObject(s, fromBucket, fromKey, toBucket, toKey, meta)
}

// CreateBucket creates an empty bucket.
func (s *store) CreateBucket(name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, exists := s.buckets[name]; exists {
		return gofakes3.ErrorMessage(gofakes3.ErrBucketAlreadyExists, "The bucket "+name+" already exists.")
	}
	if s.dir != "" {
		if err := os.MkdirAll(filepath.Join(s.dir, name), 0o755); err != nil {
			return storageError("create bucket %s: %v", name, err)
		}
	}
	s.buckets[name] = &bucket{created: time.Now(), objects: map[string]*object{}}
	return nil
}

// BucketExists reports whether a bucket exists. The error is always nil.
func (s *store) BucketExists(name string) (bool, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	_, ok := s.buckets[name]
	return ok, nil
}

// DeleteBucket deletes an empty bucket.
func (s *store) DeleteBucket(name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, ok := s.buckets[name]
	if !ok {
		return gofakes3.BucketNotFound(name)
	}
	if len(b.keys) > 0 {
		return gofakes3.ErrorMessage(gofakes3.ErrBucketNotEmpty, "The bucket you tried to delete is not empty.")
	}
	if s.dir != "" {
		if err := os.RemoveAll(filepath.Join(s.dir, name)); err != nil {
			return storageError("delete bucket %s: %v", name, err)
		}
	}
	delete(s.buckets, name)
	return nil
}

// ForceDeleteBucket is not implemented: S3 does not have it.
func (s *store) ForceDeleteBucket(string) error { return gofakes3.ErrNotImplemented }
