package resource

import (
	"bytes"
	"encoding"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// fit converts scalars to the types of P's fields, and refuses object members for which P has no field.
func fit[P any](raw json.RawMessage) (json.RawMessage, error) {
	return fitValue(raw, reflect.TypeFor[P](), "")
}

var (
	ownJSON = reflect.TypeFor[json.Unmarshaler]()
	ownText = reflect.TypeFor[encoding.TextUnmarshaler]()
)

// fitValue converts one value at a path such as "Tags.0.Key". It leaves a value that it cannot convert unchanged, and
// encoding/json then reports the error.
func fitValue(raw json.RawMessage, t reflect.Type, path string) (json.RawMessage, error) {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	raw = bytes.TrimSpace(raw)
	if p := reflect.PointerTo(t); p.Implements(ownJSON) || p.Implements(ownText) || len(raw) == 0 {
		return raw, nil
	}
	switch t.Kind() {
	case reflect.Struct, reflect.Map:
		if raw[0] == '{' {
			return fitObject(raw, t, path)
		}
	case reflect.Slice, reflect.Array:
		if raw[0] == '[' {
			return fitList(raw, t.Elem(), path)
		}
	case reflect.String:
		if raw[0] != '"' && raw[0] != '{' && raw[0] != '[' && raw[0] != 'n' {
			return json.RawMessage(strconv.Quote(string(raw))), nil
		}
	case reflect.Bool, reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Float32, reflect.Float64:
		if raw[0] == '"' {
			return fitText(raw, t.Kind()), nil
		}
	}
	return raw, nil
}

// fitText removes the quotes from a text that is a valid value of the wanted kind.
func fitText(raw json.RawMessage, want reflect.Kind) json.RawMessage {
	var text string
	if json.Unmarshal(raw, &text) != nil {
		return raw
	}
	isBool := strings.EqualFold(text, "true") || strings.EqualFold(text, "false")
	if want == reflect.Bool {
		if isBool {
			return json.RawMessage(strings.ToLower(text))
		}
		return raw
	}
	var number json.Number
	if json.Unmarshal([]byte(text), &number) == nil && number != "" && text[0] != '"' {
		return json.RawMessage(number)
	}
	return raw
}

func fitObject(raw json.RawMessage, t reflect.Type, path string) (json.RawMessage, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(raw, &members); err != nil {
		return nil, err
	}
	var fields map[string]reflect.Type
	if t.Kind() == reflect.Struct {
		fields = fieldsOf(t)
	}
	for _, name := range slices.Sorted(maps.Keys(members)) {
		want, known := fields[name]
		if t.Kind() == reflect.Map {
			want, known = t.Elem(), true
		}
		if !known {
			return nil, unknown(name, path)
		}
		fitting, err := fitValue(members[name], want, path+name+".")
		if err != nil {
			return nil, err
		}
		members[name] = fitting
	}
	// json.Marshal would rewrite the documents inside the object. Some services count the characters of those
	// documents.
	fitted := []byte{'{'}
	for i, name := range slices.Sorted(maps.Keys(members)) {
		if i > 0 {
			fitted = append(fitted, ',')
		}
		quoted, err := json.Marshal(name)
		if err != nil {
			return nil, err
		}
		fitted = append(append(append(fitted, quoted...), ':'), members[name]...)
	}
	return append(fitted, '}'), nil
}

func unknown(name, path string) error {
	if path == "" {
		return fmt.Errorf("unknown field %q", name)
	}
	return fmt.Errorf("unknown field %q of %s", name, strings.TrimSuffix(path, "."))
}

func fitList(raw json.RawMessage, element reflect.Type, path string) (json.RawMessage, error) {
	var list []json.RawMessage
	if err := json.Unmarshal(raw, &list); err != nil {
		return nil, err
	}
	fitted := []byte{'['}
	for i := range list {
		fitting, err := fitValue(list[i], element, path+strconv.Itoa(i)+".")
		if err != nil {
			return nil, err
		}
		if i > 0 {
			fitted = append(fitted, ',')
		}
		fitted = append(fitted, fitting...)
	}
	return append(fitted, ']'), nil
}

// known caches fieldsOf by type.
var known sync.Map

// fieldsOf returns the fields of a struct by their JSON names. It includes those of embedded structs.
func fieldsOf(t reflect.Type) map[string]reflect.Type {
	if fields, ok := known.Load(t); ok {
		return fields.(map[string]reflect.Type)
	}
	fields := map[string]reflect.Type{}
	collectFields(t, fields)
	known.Store(t, fields)
	return fields
}

func collectFields(t reflect.Type, fields map[string]reflect.Type) {
	var embedded []reflect.Type
	for f := range t.Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		inner := f.Type
		for inner.Kind() == reflect.Pointer {
			inner = inner.Elem()
		}
		switch {
		case f.Tag.Get("json") == "-":
		case f.Anonymous && name == "" && inner.Kind() == reflect.Struct:
			embedded = append(embedded, inner)
		case !f.IsExported():
		default:
			if name == "" {
				name = f.Name
			}
			fields[name] = f.Type
		}
	}
	for _, inner := range embedded {
		outer := maps.Clone(fields)
		collectFields(inner, fields)
		maps.Copy(fields, outer) // a field of the outer struct hides an embedded one of the same name
	}
}
