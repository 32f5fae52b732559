package s3

import (
	"crypto/md5"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/johannesboyne/gofakes3"
)

// store is the backend of gofakes3. With a dir, each bucket is a folder in dir and each object is a plain file: only
// names, sizes and headers are in memory, and the content is streamed. With an empty dir, everything is in memory.
type store struct {
	dir    string
	drafts string // folder of unfinished objects, in dir

	mu      sync.RWMutex
	buckets map[string]*bucket
	uploads map[gofakes3.UploadID]*upload
}

type bucket struct {
	created time.Time
	keys    []string // sorted
	objects map[string]*object
}

type object struct {
	path     string // relative to the bucket's folder; empty when objects are in memory
	memory   []byte // content when objects are in memory
	size     int64
	hash     []byte // MD5; for an object of an earlier process, a hash of its key, size and time
	crc      string // CRC-32 in base64, empty when unknown
	modified time.Time
	meta     map[string]string
}

// newStore opens dir. It finds the buckets and objects of an earlier process, but not the headers of the objects.
func newStore(dir string) (*store, error) {
	s := &store{dir: dir, buckets: map[string]*bucket{}, uploads: map[gofakes3.UploadID]*upload{}}
	if dir == "" {
		return s, nil
	}
	s.drafts = filepath.Join(dir, ".drafts")
	if err := os.RemoveAll(s.drafts); err != nil {
		return nil, fmt.Errorf("delete the drafts of an earlier process: %w", err)
	}
	if err := os.MkdirAll(s.drafts, 0o755); err != nil {
		return nil, fmt.Errorf("create the folder of the drafts: %w", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("read the folder of the buckets: %w", err)
	}
	for _, e := range entries {
		if !e.IsDir() || gofakes3.ValidateBucketName(e.Name()) != nil {
			continue
		}
		b, err := findObjects(filepath.Join(dir, e.Name()))
		if err != nil {
			return nil, fmt.Errorf("find the objects of bucket %s: %w", e.Name(), err)
		}
		s.buckets[e.Name()] = b
	}
	return s, nil
}

func findObjects(folder string) (*bucket, error) {
	b := &bucket{created: time.Now(), objects: map[string]*object{}}
	err := filepath.WalkDir(folder, func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		inside, err := filepath.Rel(folder, path)
		if err != nil {
			return err
		}
		key, err := keyOf(inside)
		if err != nil {
			return err
		}
		stamp := md5.Sum(fmt.Append(nil, key, info.Size(), info.ModTime().UnixNano()))
		b.set(key, &object{path: inside, size: info.Size(), hash: stamp[:], modified: info.ModTime()})
		return nil
	})
	return b, err
}

func (b *bucket) set(key string, o *object) {
	if _, exists := b.objects[key]; !exists {
		at, _ := slices.BinarySearch(b.keys, key)
		b.keys = slices.Insert(b.keys, at, key)
	}
	b.objects[key] = o
}

func (b *bucket) remove(key string) {
	delete(b.objects, key)
	if at, ok := slices.BinarySearch(b.keys, key); ok {
		b.keys = slices.Delete(b.keys, at, at+1)
	}
}

// PutObject writes input to a draft. The draft becomes the object when it is complete.
func (s *store) PutObject(
	bucketName, key string, meta map[string]string, input io.Reader, size int64, conditions *gofakes3.PutConditions,
) (gofakes3.PutObjectResult, error) {
	d, err := newDraft(s.drafts)
	if err != nil {
		return gofakes3.PutObjectResult{}, err
	}
	defer d.discard()
	if _, err := io.Copy(d, input); err != nil {
		if errors.Is(err, io.ErrUnexpectedEOF) {
			err = gofakes3.ErrIncompleteBody
		}
		return gofakes3.PutObjectResult{}, err
	}
	if d.size != size {
		return gofakes3.PutObjectResult{}, gofakes3.ErrIncompleteBody
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return gofakes3.PutObjectResult{}, s.storeDraft(bucketName, key, meta, d, conditions)
}

// storeDraft makes a draft the object of a key. The caller holds mu.
func (s *store) storeDraft(
	bucketName, key string, meta map[string]string, d *draft, conditions *gofakes3.PutConditions,
) error {
	b, ok := s.buckets[bucketName]
	if !ok {
		return gofakes3.BucketNotFound(bucketName)
	}
	if conditions != nil {
		state := gofakes3.ConditionalObjectInfo{}
		if existing, ok := b.objects[key]; ok {
			state = gofakes3.ConditionalObjectInfo{Exists: true, Hash: existing.hash}
		}
		if err := gofakes3.CheckPutConditions(conditions, &state); err != nil {
			return err
		}
	}
	o := &object{
		size: d.size, hash: d.md5.Sum(nil), crc: d.checksum(), modified: time.Now(), meta: storedHeaders(meta),
	}
	if d.file == nil {
		o.memory = d.memory.Bytes()
		b.set(key, o)
		return nil
	}
	path, err := s.preparePath(bucketName, b, key)
	if err != nil {
		return err
	}
	if err := d.file.Chmod(0o644); err != nil {
		return storageError("store object %s: %v", key, err)
	}
	if err := os.Rename(d.file.Name(), filepath.Join(s.dir, bucketName, path)); err != nil {
		return storageError("store object %s: %v", key, err)
	}
	d.stored = true
	o.path = path
	b.set(key, o)
	return nil
}

// preparePath returns the path for a key and creates its folders. It renames an object whose path must become a folder.
func (s *store) preparePath(bucketName string, b *bucket, key string) (string, error) {
	if existing, ok := b.objects[key]; ok {
		return existing.path, nil
	}
	path, err := pathOf(key)
	if err != nil {
		return "", err
	}
	root := filepath.Join(s.dir, bucketName)
	for i := strings.IndexByte(key, '/'); i >= 0; i = nextSlash(key, i) {
		folder := key[:i]
		existing, ok := b.objects[folder]
		if plain, err := pathOf(folder); !ok || err != nil || existing.path != plain {
			continue
		}
		renamed := fileNextToFolder(existing.path)
		if err := os.Rename(filepath.Join(root, existing.path), filepath.Join(root, renamed)); err != nil {
			return "", storageError("create the folder of object %s: %v", key, err)
		}
		existing.path = renamed
	}
	if err := os.MkdirAll(filepath.Join(root, filepath.Dir(path)), 0o755); err != nil {
		return "", storageError("create the folder of object %s: %v", key, err)
	}
	if info, err := os.Stat(filepath.Join(root, path)); err == nil && info.IsDir() {
		path = fileNextToFolder(path)
	}
	return path, nil
}

func nextSlash(key string, after int) int {
	next := strings.IndexByte(key[after+1:], '/')
	if next < 0 {
		return -1
	}
	return after + 1 + next
}

// storedHeaders returns the request headers that are stored and returned with the object.
func storedHeaders(meta map[string]string) map[string]string {
	kept := maps.Clone(meta)
	maps.DeleteFunc(kept, func(name, _ string) bool {
		return !strings.HasPrefix(name, "X-Amz-Meta-") && !strings.HasPrefix(name, "Content-") && name != "Last-Modified" &&
			!strings.HasPrefix(name, sseAlgorithm)
	})
	dropKeyHeaders(kept)
	return kept
}

// headers returns the response headers of an object. whole is false for a byte range, which has no checksum.
func (o *object) headers(whole bool) map[string]string {
	h := map[string]string{
		"Content-Type":  "binary/octet-stream",
		"Last-Modified": o.modified.UTC().Format("Mon, 02 Jan 2006 15:04:05") + " GMT",
	}
	maps.Copy(h, o.meta)
	if whole && o.crc != "" {
		h["X-Amz-Checksum-Crc32"] = o.crc
		h["X-Amz-Checksum-Type"] = "FULL_OBJECT"
	}
	return h
}

func encodeETag(sum []byte) string { return gofakes3.FormatETag(sum) }

// storageError returns an InternalError with a message. gofakes3 hides the messages of other errors.
func storageError(format string, args ...any) error {
	return gofakes3.ErrorMessagef(gofakes3.ErrInternal, format, args...)
}
