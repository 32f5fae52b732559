package asl

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// MaxDataBytes is the largest size of the input, result or output of a state, as JSON text in UTF-8.
const MaxDataBytes = 256 * 1024

// Parse reads one JSON value: an input, or the result of a function. Numbers keep their digits (json.Number), so a state
// machine does not change the numbers that it passes on. When an object has a name twice, the last value counts.
func Parse(text []byte) (any, error) {
	return parse(text, func(d *json.Decoder) (v any, err error) {
		if err = d.Decode(&v); errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return v, err
	})
}

// parseStrictly is Parse for definitions, which people write. A name that is twice in one object is an error, because
// one of its values would be lost.
func parseStrictly(text []byte) (any, error) { return parse(text, parseValue) }

func parse(text []byte, read func(*json.Decoder) (any, error)) (any, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	v, err := read(d)
	if err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("more text after the JSON value, at byte %d", d.InputOffset())
	}
	return v, nil
}

func parseValue(d *json.Decoder) (any, error) {
	token, err := d.Token()
	if errors.Is(err, io.EOF) {
		return nil, io.ErrUnexpectedEOF
	}
	if err != nil {
		return nil, err
	}
	switch token {
	case json.Delim('{'):
		return parseObject(d)
	case json.Delim('['):
		list := []any{}
		for d.More() {
			v, err := parseValue(d)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		_, err := d.Token()
		return list, err
	}
	return token, nil
}

func parseObject(d *json.Decoder) (any, error) {
	object := map[string]any{}
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return nil, err
		}
		name, ok := token.(string)
		if !ok {
			return nil, fmt.Errorf("%v at byte %d: want a name in quotes", token, d.InputOffset())
		}
		if _, twice := object[name]; twice {
			return nil, fmt.Errorf("%q is twice in one object, at byte %d", name, d.InputOffset())
		}
		if object[name], err = parseValue(d); err != nil {
			return nil, err
		}
	}
	_, err := d.Token()
	return object, err
}

// Text writes v as compact JSON. Like AWS, it does not escape HTML characters.
func Text(v any) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		// Every value comes from Parse, and JSON can represent all values that Parse returns.
		panic(fmt.Sprintf("JSON value of type %T: %v", v, err))
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// jsonType is the JSON type of v in error texts.
func jsonType(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case bool:
		return "a boolean"
	case string:
		return "a string"
	case json.Number:
		return "a number"
	case []any:
		return "an array"
	case map[string]any:
		return "an object"
	}
	return fmt.Sprintf("%T", v)
}

func number(v any) (float64, bool) {
	n, ok := v.(json.Number)
	if !ok {
		return 0, false
	}
	f, err := n.Float64()
	return f, err == nil
}

func timestamp(v any) (time.Time, bool) {
	text, ok := v.(string)
	if !ok {
		return time.Time{}, false
	}
	t, err := time.Parse(time.RFC3339, text)
	return t, err == nil
}
