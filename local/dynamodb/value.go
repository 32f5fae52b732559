package dynamodb

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/oralake/oralake/local/gateway"
)

// kind is a type descriptor of the wire.
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

// value is an attribute value. Values are never changed once they are made, so they can be shared.
type value struct {
	kind   kind
	text   string // S, and the bytes of B
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

// UnmarshalJSON reads {"KIND": ...}.
func (v *value) UnmarshalJSON(b []byte) error {
	var wire map[kind]json.RawMessage
	if err := json.Unmarshal(b, &wire); err != nil {
		return err
	}
	switch len(wire) {
	case 0:
		return invalid("Supplied AttributeValue is empty, must contain exactly one of the supported datatypes")
	case 1:
	default:
		return invalid("Supplied AttributeValue has more than one datatypes set, " +
			"must contain exactly one of the supported datatypes")
	}
	for k, raw := range wire {
		v.kind = k
		return v.read(raw)
	}
	return nil
}

func (v *value) read(raw json.RawMessage) error {
	switch v.kind {
	case stringKind:
		return json.Unmarshal(raw, &v.text)
	case numberKind:
		var text string
		if err := json.Unmarshal(raw, &text); err != nil {
			return err
		}
		var err error
		v.number, err = parseNumber(text)
		return err
	case binaryKind:
		var b []byte
		err := json.Unmarshal(raw, &b)
		v.text = string(b)
		return err
	case boolKind:
		return json.Unmarshal(raw, &v.truth)
	case nullKind:
		if err := json.Unmarshal(raw, &v.truth); err != nil || !v.truth {
			return invalid("One or more parameter values were invalid: Null attribute value types must have the value of true")
		}
		return nil
	case listKind:
		return json.Unmarshal(raw, &v.list)
	case mapKind:
		return json.Unmarshal(raw, &v.fields)
	case stringSetKind, numberSetKind, binarySetKind:
		return v.readSet(raw)
	}
	return invalid("Supplied AttributeValue has the datatype %s, which DynamoDB does not have", v.kind)
}

func (v *value) readSet(raw json.RawMessage) error {
	var elements []json.RawMessage
	if err := json.Unmarshal(raw, &elements); err != nil {
		return err
	}
	if len(elements) == 0 {
		return invalid("One or more parameter values were invalid: An %s may not be empty", v.kind.words())
	}
	seen := map[string]bool{}
	for _, e := range elements {
		one := value{kind: v.kind.element()}
		if err := one.read(e); err != nil {
			return err
		}
		if seen[one.key()] {
			return invalid("One or more parameter values were invalid: Input collection %s contains duplicates", raw)
		}
		seen[one.key()] = true
		v.list = append(v.list, one)
	}
	return nil
}

func (k kind) element() kind { return k[:1] }

func (k kind) isSet() bool { return k == stringSetKind || k == numberSetKind || k == binarySetKind }

func (k kind) words() string {
	return map[kind]string{stringSetKind: "string set ", numberSetKind: "number set ", binarySetKind: "binary set "}[k]
}

// MarshalJSON writes {"KIND": ...}.
func (v value) MarshalJSON() ([]byte, error) {
	return json.Marshal(map[kind]any{v.kind: v.wire()})
}

func (v value) wire() any {
	switch v.kind {
	case stringKind:
		return v.text
	case numberKind:
		return v.number.String()
	case binaryKind:
		return base64.StdEncoding.EncodeToString([]byte(v.text))
	case boolKind, nullKind:
		return v.truth
	case mapKind:
		if v.fields == nil {
			return item{}
		}
		return v.fields
	case listKind:
		if v.list == nil {
			return []value{}
		}
		return v.list
	}
	all := make([]any, len(v.list))
	for i, e := range v.list {
		all[i] = e.wire()
	}
	return all
}

// key is the same for equal scalars of one kind, and for no others.
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

// has says whether a list or set holds an element.
func (v value) has(e value) bool { return slices.ContainsFunc(v.list, e.equal) }

// ordered says whether < and > mean anything between the two.
func (v value) ordered(w value) bool {
	return v.kind == w.kind && (v.kind == stringKind || v.kind == numberKind || v.kind == binaryKind)
}

func (v value) compare(w value) int {
	if v.kind == numberKind {
		return v.number.compare(w.number)
	}
	return cmp.Compare(v.text, w.text)
}

// size is how many bytes a value counts for against the limit of an item.
func (v value) size() int {
	switch v.kind {
	case numberKind:
		digits := len(bytes.Trim(fmt.Append(nil, v.number.coefficient), "-"))
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

// maxItem is how many bytes an item may have, names included.
const maxItem = 400 << 10

// length is what the function size() answers.
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

// contains is the function of that name: a substring, or an element of a list or set.
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
