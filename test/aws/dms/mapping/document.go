package mapping

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// document is the JSON form of a table-mapping document.
type document struct {
	Rules []json.RawMessage `json:"rules"`
}

// header has the members that every rule has.
type header struct {
	Type text `json:"rule-type"`
	ID   text `json:"rule-id"`
	Name text `json:"rule-name"`
}

type locator struct {
	Schema string `json:"schema-name"`
	Table  string `json:"table-name"`
	Column string `json:"column-name"`
	Type   string `json:"table-type"`
}

type selectionRule struct {
	header
	Locator   locator      `json:"object-locator"`
	Action    string       `json:"rule-action"`
	LoadOrder text         `json:"load-order"`
	Filters   []filterRule `json:"filters"`
}

type filterRule struct {
	Type       string          `json:"filter-type"`
	Column     string          `json:"column-name"`
	Conditions []conditionRule `json:"filter-conditions"`
}

type conditionRule struct {
	Operator string `json:"filter-operator"`
	Value    *text  `json:"value"`
	Start    *text  `json:"start-value"`
	End      *text  `json:"end-value"`
}

type transformationRule struct {
	header
	Target  string  `json:"rule-target"`
	Locator locator `json:"object-locator"`
	Action  string  `json:"rule-action"`
	Value   *string `json:"value"`
	// Expression and DataType are only for rule-action add-column.
	Expression *string       `json:"expression"`
	DataType   *dataTypeRule `json:"data-type"`
}

type settingsRule struct {
	header
	Locator  locator           `json:"object-locator"`
	Parallel *parallelLoadRule `json:"parallel-load"`
	LOB      *lobRule          `json:"lob-settings"`
}

type parallelLoadRule struct {
	Type       string   `json:"type"`
	Partitions []string `json:"partitions"`
	Columns    []string `json:"columns"`
	Boundaries [][]text `json:"boundaries"`
}

type lobRule struct {
	Mode        string `json:"mode"`
	BulkMaxSize text   `json:"bulk-max-size"`
}

// text is a string that a document may also write as a JSON number.
type text string

func (t *text) UnmarshalJSON(b []byte) error {
	var s string
	if json.Unmarshal(b, &s) == nil {
		*t = text(s)
		return nil
	}
	var n json.Number
	if err := json.Unmarshal(b, &n); err != nil {
		return fmt.Errorf("%s: want a string or a number", b)
	}
	*t = text(n)
	return nil
}

// number parses t as a whole number of 0 or more. It returns def when t is empty. what names the attribute in errors.
func (t text) number(what string, def int) (int, error) {
	if t == "" {
		return def, nil
	}
	n, err := strconv.Atoi(string(t))
	if err != nil || n < 0 {
		return 0, fmt.Errorf("%s is %q: want a whole number of 0 or more", what, string(t))
	}
	return n, nil
}

// decodeStrict decodes one JSON value into a struct. Unknown members and text after the value are errors.
func decodeStrict(b []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("there is text after the end of the JSON document")
	}
	return nil
}
