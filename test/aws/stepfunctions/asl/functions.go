package asl

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// intrinsic is one intrinsic function; max -1 means any number of arguments.
type intrinsic struct {
	min, max int
	apply    func(args []any) (any, error)
}

func (f intrinsic) arity() string {
	switch {
	case f.max < 0:
		return fmt.Sprintf("at least %d", f.min)
	case f.min == f.max:
		return strconv.Itoa(f.min)
	}
	return fmt.Sprintf("%d to %d", f.min, f.max)
}

// refusedIntrinsics exist in AWS and not here.
var refusedIntrinsics = []string{"States.ArrayPartition", "States.ArrayRange", "States.Hash", "States.MathRandom"}

var intrinsics = map[string]intrinsic{
	"States.Format":        {1, -1, format},
	"States.StringToJson":  {1, 1, stringToJSON},
	"States.JsonToString":  {1, 1, func(args []any) (any, error) { return Text(args[0]), nil }},
	"States.Array":         {0, -1, func(args []any) (any, error) { return args, nil }},
	"States.ArrayContains": {2, 2, arrayContains},
	"States.ArrayGetItem":  {2, 2, arrayGetItem},
	"States.ArrayLength":   {1, 1, arrayLength},
	"States.ArrayUnique":   {1, 1, arrayUnique},
	"States.JsonMerge":     {3, 3, jsonMerge},
	"States.MathAdd":       {2, 2, mathAdd},
	"States.StringSplit":   {2, 2, stringSplit},
	"States.Base64Encode":  {1, 1, base64Encode},
	"States.Base64Decode":  {1, 1, base64Decode},
	"States.UUID":          {0, 0, func([]any) (any, error) { return uuid(), nil }},
}

func argument[T any](args []any, i int, want string) (T, error) {
	v, ok := args[i].(T)
	if !ok {
		return v, fmt.Errorf("argument %d is %s, want %s", i+1, kind(args[i]), want)
	}
	return v, nil
}

func integer(args []any, i int) (int64, error) {
	n, err := argument[json.Number](args, i, "an integer")
	if err != nil {
		return 0, err
	}
	v, err := n.Int64()
	if err != nil {
		return 0, fmt.Errorf("argument %d is %s, want an integer", i+1, n)
	}
	return v, nil
}

func format(args []any) (any, error) {
	template, err := argument[string](args, 0, "a string")
	if err != nil {
		return nil, err
	}
	var b strings.Builder
	values := args[1:]
	for i := 0; i < len(template); i++ {
		switch {
		case template[i] == '\\' && i+1 < len(template):
			i++
			b.WriteByte(template[i])
		case strings.HasPrefix(template[i:], "{}"):
			if len(values) == 0 {
				return nil, fmt.Errorf("%q has more {} than there are values", template)
			}
			switch v := values[0].(type) {
			case string:
				b.WriteString(v)
			case []any, map[string]any:
				return nil, fmt.Errorf("a value for %q is %s; use States.JsonToString for it", template, kind(v))
			default:
				b.WriteString(Text(v))
			}
			values = values[1:]
			i++
		case template[i] == '{' || template[i] == '}':
			return nil, fmt.Errorf("%q has a single %c; write \\%c", template, template[i], template[i])
		default:
			b.WriteByte(template[i])
		}
	}
	if len(values) > 0 {
		return nil, fmt.Errorf("%q has fewer {} than there are values", template)
	}
	return b.String(), nil
}

func stringToJSON(args []any) (any, error) {
	text, err := argument[string](args, 0, "a string")
	if err != nil {
		return nil, err
	}
	v, err := Parse([]byte(text))
	if err != nil {
		return nil, fmt.Errorf("%q is no JSON: %w", text, err)
	}
	return v, nil
}

// equal compares numbers by value, so that 1 and 1.0 are the same.
func equal(a, b any) bool {
	if x, ok := a.(json.Number); ok {
		y, ok := b.(json.Number)
		f, errF := x.Float64()
		g, errG := y.Float64()
		return ok && errF == nil && errG == nil && f == g
	}
	return Text(a) == Text(b)
}

func arrayContains(args []any) (any, error) {
	list, err := argument[[]any](args, 0, "an array")
	if err != nil {
		return nil, err
	}
	return slices.ContainsFunc(list, func(v any) bool { return equal(v, args[1]) }), nil
}

func arrayGetItem(args []any) (any, error) {
	list, err := argument[[]any](args, 0, "an array")
	if err != nil {
		return nil, err
	}
	i, err := integer(args, 1)
	if err != nil {
		return nil, err
	}
	if i < 0 || i >= int64(len(list)) {
		return nil, fmt.Errorf("index %d is outside an array of %d", i, len(list))
	}
	return list[i], nil
}

func arrayLength(args []any) (any, error) {
	list, err := argument[[]any](args, 0, "an array")
	return json.Number(strconv.Itoa(len(list))), err
}

func arrayUnique(args []any) (any, error) {
	list, err := argument[[]any](args, 0, "an array")
	if err != nil {
		return nil, err
	}
	unique := []any{}
	for _, v := range list {
		if !slices.ContainsFunc(unique, func(u any) bool { return equal(u, v) }) {
			unique = append(unique, v)
		}
	}
	return unique, nil
}

// jsonMerge is shallow; AWS has no deep merge either and wants the third argument to say so.
func jsonMerge(args []any) (any, error) {
	a, err := argument[map[string]any](args, 0, "an object")
	if err != nil {
		return nil, err
	}
	b, err := argument[map[string]any](args, 1, "an object")
	if err != nil {
		return nil, err
	}
	if args[2] != false {
		return nil, fmt.Errorf("argument 3 is %s: a deep merge does not exist, it must be false", Text(args[2]))
	}
	merged := maps.Clone(a)
	maps.Copy(merged, b)
	return merged, nil
}

func mathAdd(args []any) (any, error) {
	a, err := integer(args, 0)
	if err != nil {
		return nil, err
	}
	b, err := integer(args, 1)
	return json.Number(strconv.FormatInt(a+b, 10)), err
}

// stringSplit splits at every character of the separator and leaves empty pieces out, as AWS does.
func stringSplit(args []any) (any, error) {
	text, err := argument[string](args, 0, "a string")
	if err != nil {
		return nil, err
	}
	separators, err := argument[string](args, 1, "a string")
	if err != nil {
		return nil, err
	}
	pieces := []any{}
	for _, piece := range strings.FieldsFunc(text, func(c rune) bool { return strings.ContainsRune(separators, c) }) {
		pieces = append(pieces, piece)
	}
	return pieces, nil
}

func base64Encode(args []any) (any, error) {
	text, err := argument[string](args, 0, "a string")
	return base64.StdEncoding.EncodeToString([]byte(text)), err
}

func base64Decode(args []any) (any, error) {
	text, err := argument[string](args, 0, "a string")
	if err != nil {
		return nil, err
	}
	b, err := base64.StdEncoding.DecodeString(text)
	return string(b), err
}

func uuid() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
