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

// store is what gofakes3 keeps buckets and objects in: a folder a bucket and a plain file an object below dir, or
// memory when dir is empty. Only names and sizes are held in memory; bytes stream from and to the files.
type store struct {
	dir    string
	drafts string // folder of unfinished objects, beside the buckets

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
	path     string // below the bucket's folder; empty in memory
	memory   []byte
	size     int64
	hash     []byte // MD5, or something else that is different for different content
	crc      string // CRC-32 in base64, empty when unknown
	modified time.Time
	meta     map[string]string
}

// newStore opens dir and finds the buckets and objects that an earlier process left there, without the headers that
// they were stored with.
func newStore(dir string) (*store, error) {
	s := &store{dir: dir, buckets: map[string]*bucket{}, uploads: map[gofakes3.UploadID]*upload{}}
	if dir == "" {
		return s, nil
	}
	s.drafts = filepath.Join(dir, ".drafts")
	if err := os.RemoveAll(s.drafts); err != nil {
		return nil, fmt.Errorf("clear what was never finished: %w", err)
	}
	if err := os.MkdirAll(s.drafts, 0o755); err != nil {
		return nil, fmt.Errorf("make the folder of the buckets: %w", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("look for buckets: %w", err)
	}
	for _, e := range entries {
		if !e.IsDir() || gofakes3.ValidateBucketName(e.Name()) != nil {
			continue
		}
		b, err := findObjects(filepath.Join(dir, e.Name()))
		if err != nil {
			return nil, fmt.Errorf("look for the objects of bucket %s: %w", e.Name(), err)
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
	if _, held := b.objects[key]; !held {
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

// PutObject streams input into a draft and gives it its name once it is whole.
func (s *store) PutObject(
	bucketName, key string, meta map[string]string, input io.Reader, size int64, conditions *gofakes3.PutConditions,
) (gofakes3.PutObjectResult, error) {
	d, err := newDraft(s.drafts)
	if err != nil {
		return gofakes3.PutObjectResult{}, err
	}
	defer d.drop()
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
	return gofakes3.PutObjectResult{}, s.keep(bucketName, key, meta, d, conditions)
}

// keep makes a draft the object of a key; it needs mu.
func (s *store) keep(
	bucketName, key string, meta map[string]string, d *draft, conditions *gofakes3.PutConditions,
) error {
	b, ok := s.buckets[bucketName]
	if !ok {
		return gofakes3.BucketNotFound(bucketName)
	}
	if conditions != nil {
		state := gofakes3.ConditionalObjectInfo{}
		if held, ok := b.objects[key]; ok {
			state = gofakes3.ConditionalObjectInfo{Exists: true, Hash: held.hash}
		}
		if err := gofakes3.CheckPutConditions(conditions, &state); err != nil {
			return err
		}
	}
	made := &object{
		size: d.size, hash: d.md5.Sum(nil), crc: d.checksum(), modified: time.Now(), meta: keptHeaders(meta),
	}
	if d.file == nil {
		made.memory = d.memory.Bytes()
		b.set(key, made)
		return nil
	}
	path, err := s.makeRoom(bucketName, b, key)
	if err != nil {
		return err
	}
	if err := d.file.Chmod(0o644); err != nil {
		return broken("keep object %s: %v", key, err)
	}
	if err := os.Rename(d.file.Name(), filepath.Join(s.dir, bucketName, path)); err != nil {
		return broken("keep object %s: %v", key, err)
	}
	d.kept = true
	made.path = path
	b.set(key, made)
	return nil
}

// makeRoom finds the path for a key, makes its folders, and moves aside an object whose name a folder now needs.
func (s *store) makeRoom(bucketName string, b *bucket, key string) (string, error) {
	if held, ok := b.objects[key]; ok {
		return held.path, nil
	}
	path, err := pathOf(key)
	if err != nil {
		return "", err
	}
	root := filepath.Join(s.dir, bucketName)
	for i := strings.IndexByte(key, '/'); i >= 0; i = nextSlash(key, i) {
		folder := key[:i]
		held, ok := b.objects[folder]
		if plain, err := pathOf(folder); !ok || err != nil || held.path != plain {
			continue
		}
		aside := besideFolder(held.path)
		if err := os.Rename(filepath.Join(root, held.path), filepath.Join(root, aside)); err != nil {
			return "", broken("make room for object %s: %v", key, err)
		}
		held.path = aside
	}
	if err := os.MkdirAll(filepath.Join(root, filepath.Dir(path)), 0o755); err != nil {
		return "", broken("make room for object %s: %v", key, err)
	}
	if info, err := os.Stat(filepath.Join(root, path)); err == nil && info.IsDir() {
		path = besideFolder(path)
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

// keptHeaders are the request headers that come back with the object. The others belong to the request alone.
func keptHeaders(meta map[string]string) map[string]string {
	kept := maps.Clone(meta)
	maps.DeleteFunc(kept, func(name, _ string) bool {
		return !strings.HasPrefix(name, "X-Amz-Meta-") && !strings.HasPrefix(name, "Content-") && name != "Last-Modified" &&
			!strings.HasPrefix(name, sseAlgorithm)
	})
	keptEncryption(kept)
	return kept
}

// headers are what an object answers with.
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

// broken says what the disk refused; gofakes3 would otherwise hide it.
func broken(format string, args ...any) error {
	return gofakes3.ErrorMessagef(gofakes3.ErrInternal, format, args...)
}
