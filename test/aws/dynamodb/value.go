package dynamodb

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/oralake/oralake/test/aws/gateway"
)

// kind is a data type descriptor, such as S, in the JSON of the API.
type kind string

const (
	stringKind    kind = "S"
	numberKind    kind = "N"
	binaryKind    kind = "B"
	boolKind      kind = "BOOL"
	nullKind      kind = "NULL"
	stringSetKind kind = "SS"
	numberSetKind kind = "NS"
	binarySetKind kind = "BS"
	listKind      kind = "L"
	mapKind       kind = "M"
)

// value is an attribute value. Values never change, so items can share them.
type value struct {
	kind   kind
	text   string // content of S, and the bytes of B
	number number
	truth  bool
	list   []value // elements of L and of sets
	fields item    // M
}

// item is a set of attributes by name.
type item map[string]value

func invalid(format string, args ...any) *gateway.Error {
	return gateway.Errorf("ValidationException", format, args...)
}

func (k kind) element() kind { return k[:1] }

func (k kind) isSet() bool { return k == stringSetKind || k == numberSetKind || k == binarySetKind }

func (k kind) words() string {
	return map[kind]string{stringSetKind: "string set ", numberSetKind: "number set ", binarySetKind: "binary set "}[k]
}

// key returns the same text for equal scalars of one kind, and different texts for different scalars.
func (v value) key() string {
	if v.kind == numberKind {
		return v.number.String()
	}
	return v.text
}

func (v value) equal(w value) bool {
	if v.kind != w.kind || len(v.list) != len(w.list) || len(v.fields) != len(w.fields) {
		return false
	}
	switch {
	case v.kind == listKind:
		return slices.EqualFunc(v.list, w.list, value.equal)
	case v.kind == mapKind:
		return maps.EqualFunc(v.fields, w.fields, value.equal)
	case v.kind.isSet():
		return !slices.ContainsFunc(v.list, func(e value) bool { return !w.has(e) })
	case v.kind == boolKind:
		return v.truth == w.truth
	}
	return v.key() == w.key()
}

// has reports whether a list or set contains an element.
func (v value) has(e value) bool { return slices.ContainsFunc(v.list, e.equal) }

// ordered reports whether the two values can be compared with < and >.
func (v value) ordered(w value) bool {
	return v.kind == w.kind && (v.kind == stringKind || v.kind == numberKind || v.kind == binaryKind)
}

func (v value) compare(w value) int {
	if v.kind == numberKind {
		return v.number.compare(w.number)
	}
	return cmp.Compare(v.text, w.text)
}

// size returns the number of bytes that a value counts towards the size limit of an item.
func (v value) size() int {
	switch v.kind {
	case numberKind:
		digits := len(strings.TrimPrefix(v.number.coefficient.String(), "-"))
		return (digits+1)/2 + 1 + max(0, -v.number.coefficient.Sign())
	case boolKind, nullKind:
		return 1
	case stringKind, binaryKind:
		return len(v.text)
	case mapKind:
		return 3 + v.fields.size() + len(v.fields)
	}
	total := 0
	for _, e := range v.list {
		total += e.size()
	}
	if v.kind == listKind {
		total += 3 + len(v.list)
	}
	return total
}

func (i item) size() int {
	total := 0
	for name, v := range i {
		total += len(name) + v.size()
	}
	return total
}

// maxItem is the largest size of an item, with its names, in bytes.
const maxItem = 400 << 10

// length returns the result of the expression function size().
func (v value) length() (int, bool) {
	switch v.kind {
	case stringKind, binaryKind:
		return len(v.text), true
	case listKind, stringSetKind, numberSetKind, binarySetKind:
		return len(v.list), true
	case mapKind:
		return len(v.fields), true
	}
	return 0, false
}

// contains is the expression function contains(). It finds a substring, or an element of a list or set.
func (v value) contains(w value) bool {
	if v.kind == stringKind || v.kind == binaryKind {
		return v.kind == w.kind && strings.Contains(v.text, w.text)
	}
	return v.has(w)
}

func count(n int) value { return value{kind: numberKind, number: mustNumber(n)} }

func mustNumber(n int) number {
	parsed, err := parseNumber(fmt.Sprint(n))
	if err != nil {
		panic(err)
	}
	return parsed
}
