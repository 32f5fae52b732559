package s3

import (
	"maps"
	"slices"
	"strings"

	"github.com/johannesboyne/gofakes3"
)

// ListBuckets lists all buckets by name.
func (s *store) ListBuckets() ([]gofakes3.BucketInfo, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var all []gofakes3.BucketInfo
	for _, name := range slices.Sorted(maps.Keys(s.buckets)) {
		all = append(all, gofakes3.BucketInfo{
			Name: name, CreationDate: gofakes3.NewContentTime(s.buckets[name].created.UTC()),
		})
	}
	return all, nil
}

// ListBucket lists one page of the keys with the prefix. Keys with the same text up to a delimiter are one common
// prefix.
func (s *store) ListBucket(
	name string, prefix *gofakes3.Prefix, page gofakes3.ListBucketPage,
) (*gofakes3.ObjectList, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	b, ok := s.buckets[name]
	if !ok {
		return nil, gofakes3.BucketNotFound(name)
	}
	if prefix == nil {
		prefix = &gofakes3.Prefix{}
	}
	list := gofakes3.NewObjectList()
	if page.MaxKeys == 0 {
		return list, nil
	}
	var entries int64
	var last string
	at, _ := slices.BinarySearch(b.keys, prefix.Prefix)
	for _, key := range b.keys[at:] {
		if !strings.HasPrefix(key, prefix.Prefix) {
			break
		}
		entry, folder := key, false
		if prefix.Delimiter != "" {
			if i := strings.Index(key[len(prefix.Prefix):], prefix.Delimiter); i >= 0 {
				entry, folder = key[:len(prefix.Prefix)+i+len(prefix.Delimiter)], true
			}
		}
		if (page.HasMarker && entry <= page.Marker) || (folder && entry == last) {
			continue
		}
		if entries == page.MaxKeys {
			list.IsTruncated, list.NextMarker = true, last
			return list, nil
		}
		entries++
		last = entry
		if folder {
			list.AddPrefix(entry)
			continue
		}
		o := b.objects[key]
		list.Add(&gofakes3.Content{
			Key: key, LastModified: gofakes3.NewContentTime(o.modified.UTC()), ETag: encodeETag(o.hash), Size: o.size,
			StorageClass: gofakes3.StorageStandard,
		})
	}
	return list, nil
}
