package dynamodb

import (
	"cmp"
	"slices"
	"time"
)

// table is a table with its items. The lock of the service guards it.
type table struct {
	tableProperties
	id      string
	arn     string
	created time.Time
	keys    keySchema
	rows    []row // sorted by key
	bytes   int64 // of all items
}

// keyAttribute is an attribute of a key.
type keyAttribute struct {
	name string
	kind kind
}

// keySchema has the partition key and the sort key of a table. The name of sort is empty when the table has no sort key.
type keySchema struct{ hash, sort keyAttribute }

func (k keySchema) attributes() []keyAttribute {
	if k.sort.name == "" {
		return []keyAttribute{k.hash}
	}
	return []keyAttribute{k.hash, k.sort}
}

// row is an item with its key.
type row struct {
	hash, sort value
	item       item
}

func (r row) compare(other row) int {
	if c := cmp.Compare(r.hash.key(), other.hash.key()); c != 0 {
		return c
	}
	return r.sort.compare(other.sort)
}

func (k keySchema) row(of item) row {
	return row{hash: of[k.hash.name], sort: of[k.sort.name], item: of}
}

// only returns the key attributes of an item.
func (k keySchema) only(of item) item {
	key := item{}
	for _, a := range k.attributes() {
		key[a.name] = of[a.name]
	}
	return key
}

// find returns the index of the item with a key, or the index at which it must be inserted.
func (t *table) find(key item) (int, bool) {
	return slices.BinarySearchFunc(t.rows, t.keys.row(key), row.compare)
}

// get returns the item with a key, or nil when there is none.
func (t *table) get(key item) item {
	if at, ok := t.find(key); ok {
		return t.rows[at].item
	}
	return nil
}

func (t *table) put(i item) {
	at, held := t.find(i)
	t.bytes += int64(i.size())
	if held {
		t.bytes -= int64(t.rows[at].item.size())
		t.rows[at].item = i
		return
	}
	t.rows = slices.Insert(t.rows, at, t.keys.row(i))
}

func (t *table) remove(key item) {
	if at, held := t.find(key); held {
		t.bytes -= int64(t.rows[at].item.size())
		t.rows = slices.Delete(t.rows, at, at+1)
	}
}

func (k keySchema) complete(i item) bool {
	return !slices.ContainsFunc(k.attributes(), func(a keyAttribute) bool { return i[a.name].kind != a.kind })
}
