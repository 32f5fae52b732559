package dynamodb

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
)

// UnmarshalJSON reads {"KIND": ...}.
func (v *value) UnmarshalJSON(b []byte) error {
	var wire any
	err := json.Unmarshal(b, &wire)
	if err != nil {
		return err
	}
	*v, err = readValue(wire)
	return err
}

// UnmarshalJSON reads all attributes at once. Decoding each value separately would scan nested values again at every
// level.
func (i *item) UnmarshalJSON(b []byte) error {
	var wire map[string]any
	err := json.Unmarshal(b, &wire)
	if err != nil {
		return err
	}
	*i, err = readItem(wire)
	return err
}

// readItem converts decoded JSON to an item. When several attributes are invalid, the error is about the first one by name,
// so that equal requests get equal errors.
func readItem(wire map[string]any) (item, error) {
	if wire == nil {
		return nil, nil
	}
	i := make(item, len(wire))
	var wrong string
	var failed error
	for name, content := range wire {
		v, err := readValue(content)
		if err != nil && (failed == nil || name < wrong) {
			wrong, failed = name, err
		}
		i[name] = v
	}
	return i, failed
}

func readValue(wire any) (value, error) {
	datatypes, err := as[map[string]any](wire)
	if err != nil {
		return value{}, err
	}
	switch len(datatypes) {
	case 0:
		return value{}, invalid("Supplied AttributeValue is empty, must contain exactly one of the supported datatypes")
	case 1:
	default:
		return value{}, invalid("Supplied AttributeValue has more than one datatypes set, " +
			"must contain exactly one of the supported datatypes")
	}
	v := value{}
	for name, content := range datatypes {
		v.kind = kind(name)
		err = v.read(content)
	}
	return v, err
}

// read reads the content of a value. The kind of the value is set.
func (v *value) read(content any) (err error) {
	switch v.kind {
	case stringKind:
		v.text, err = as[string](content)
		return err
	case numberKind:
		text, err := as[string](content)
		if err != nil {
			return err
		}
		v.number, err = parseNumber(text)
		return err
	case binaryKind:
		text, err := as[string](content)
		if err != nil {
			return err
		}
		b, err := base64.StdEncoding.DecodeString(text)
		v.text = string(b)
		return err
	case boolKind:
		v.truth, err = as[bool](content)
		return err
	case nullKind:
		if v.truth = content == true; !v.truth {
			return invalid("One or more parameter values were invalid: Null attribute value types must have the value of true")
		}
		return nil
	case listKind:
		return v.readList(content)
	case mapKind:
		fields, err := as[map[string]any](content)
		if err != nil {
			return err
		}
		v.fields, err = readItem(fields)
		return err
	case stringSetKind, numberSetKind, binarySetKind:
		return v.readSet(content)
	}
	return invalid("Supplied AttributeValue has the datatype %s, which does not exist in DynamoDB", v.kind)
}

// as converts content to a T. It returns the zero T for null.
func as[T any](content any) (T, error) {
	t, ok := content.(T)
	if !ok && content != nil {
		return t, fmt.Errorf("an attribute value has a JSON %T where DynamoDB wants a %T", content, t)
	}
	return t, nil
}

func (v *value) readList(content any) error {
	elements, err := as[[]any](content)
	if err != nil {
		return err
	}
	v.list = make([]value, len(elements))
	for i, e := range elements {
		if v.list[i], err = readValue(e); err != nil {
			return err
		}
	}
	return nil
}

func (v *value) readSet(content any) error {
	elements, err := as[[]any](content)
	if err != nil {
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
			text, err := json.Marshal(elements)
			if err != nil {
				return err
			}
			return invalid("One or more parameter values were invalid: Input collection %s contains duplicates", text)
		}
		seen[one.key()] = true
		v.list = append(v.list, one)
	}
	return nil
}

// MarshalJSON writes {"KIND": ...}.
func (v value) MarshalJSON() ([]byte, error) { return json.Marshal(v.wire()) }

// MarshalJSON writes all attributes at once, for the same reason as UnmarshalJSON.
func (i item) MarshalJSON() ([]byte, error) { return json.Marshal(i.wire()) }

func (i item) wire() map[string]any {
	if i == nil {
		return nil
	}
	wire := make(map[string]any, len(i))
	for name, v := range i {
		wire[name] = v.wire()
	}
	return wire
}

// wire returns the value in the form that encoding/json writes.
func (v value) wire() any {
	switch v.kind {
	case stringKind:
		return struct{ S string }{v.text}
	case numberKind:
		return struct{ N string }{v.number.String()}
	case binaryKind:
		return struct{ B []byte }{[]byte(v.text)}
	case boolKind:
		return struct{ BOOL bool }{v.truth}
	case nullKind:
		return struct{ NULL bool }{v.truth}
	case mapKind:
		fields := v.fields
		if fields == nil {
			fields = item{}
		}
		return struct{ M map[string]any }{fields.wire()}
	case listKind:
		list := make([]any, len(v.list))
		for i, e := range v.list {
			list[i] = e.wire()
		}
		return struct{ L []any }{list}
	case binarySetKind:
		set := make([][]byte, len(v.list))
		for i, e := range v.list {
			set[i] = []byte(e.text)
		}
		return struct{ BS [][]byte }{set}
	}
	set := make([]string, len(v.list))
	for i, e := range v.list {
		set[i] = e.key()
	}
	if v.kind == numberSetKind {
		return struct{ NS []string }{set}
	}
	return struct{ SS []string }{set}
}
