package gateway

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strings"
	"time"

	"github.com/aws/smithy-go/encoding/cbor"
)

// epochSeconds is the CBOR tag that marks a number as a time. Source: RFC 8949, section 3.4.2.
const epochSeconds = 1

// jsonOfCBOR converts a request to JSON. It keeps every member, so that a strict operation can refuse an unknown member
// by name.
func jsonOfCBOR(body []byte) ([]byte, error) {
	if len(body) == 0 {
		return nil, nil
	}
	in, err := cbor.Decode(body)
	if err != nil {
		return nil, err
	}
	out, err := plain(in)
	if err != nil {
		return nil, err
	}
	return json.Marshal(out)
}

// plain converts a CBOR value to a value for encoding/json. A time stamp becomes a Time.
func plain(v cbor.Value) (any, error) {
	switch v := v.(type) {
	case cbor.Map:
		members := map[string]any{}
		for name, member := range v {
			var err error
			if members[name], err = plain(member); err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
		}
		return members, nil
	case cbor.List:
		list := make([]any, len(v))
		for i, member := range v {
			var err error
			if list[i], err = plain(member); err != nil {
				return nil, err
			}
		}
		return list, nil
	case cbor.String:
		return string(v), nil
	case cbor.Slice:
		return []byte(v), nil
	case cbor.Bool:
		return bool(v), nil
	case cbor.Uint, cbor.NegInt:
		return cbor.AsBigInt(v)
	case cbor.Float32, cbor.Float64:
		return cbor.AsFloat64(v)
	case *cbor.Nil, *cbor.Undefined:
		return nil, nil
	case *cbor.Tag:
		if v.ID != epochSeconds {
			return nil, fmt.Errorf("the CBOR tag %d is not supported", v.ID)
		}
		// AsTime would cut the binary fraction, which is rarely a whole number of milliseconds.
		seconds, err := cbor.AsFloat64(v.Value)
		return Time{time.UnixMilli(int64(math.Round(seconds * 1000))).UTC()}, err
	default:
		return nil, fmt.Errorf("a CBOR value of type %T is not supported", v)
	}
}

// cborOf converts an answer to CBOR, with the members and names that encoding/json gives it. A time becomes a tagged
// number of epoch seconds, to the millisecond.
func cborOf(v reflect.Value) (cbor.Value, error) {
	if !v.IsValid() {
		return &cbor.Nil{}, nil
	}
	if t, ok := v.Interface().(Time); ok {
		return &cbor.Tag{ID: epochSeconds, Value: cbor.Float64(float64(t.UnixMilli()) / 1000)}, nil
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		return cborOf(v.Elem())
	case reflect.Struct:
		return cborOfMembers(v)
	case reflect.Slice:
		list := make(cbor.List, v.Len())
		for i := range list {
			var err error
			if list[i], err = cborOf(v.Index(i)); err != nil {
				return nil, err
			}
		}
		return list, nil
	case reflect.String:
		return cbor.String(v.String()), nil
	case reflect.Bool:
		return cbor.Bool(v.Bool()), nil
	case reflect.Int, reflect.Int32, reflect.Int64:
		if v.Int() < 0 {
			return cbor.NegInt(-v.Int()), nil
		}
		return cbor.Uint(v.Int()), nil
	case reflect.Float64:
		return cbor.Float64(v.Float()), nil
	default:
		return nil, fmt.Errorf("write a value of type %s in CBOR: cborOf has no case for it; add one", v.Type())
	}
}

func cborOfMembers(v reflect.Value) (cbor.Value, error) {
	members := cbor.Map{}
	for field, value := range v.Fields() {
		name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
		switch {
		case field.Anonymous:
			return nil, fmt.Errorf("write %s in CBOR: the type embeds %s; give that member a name", v.Type(), field.Name)
		case !field.IsExported() || name == "-" || options == "omitempty" && value.IsZero():
			continue
		case name == "":
			name = field.Name
		}
		var err error
		if members[name], err = cborOf(value); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return members, nil
}
