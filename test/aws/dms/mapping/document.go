package mapping

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// document is a table-mapping document as it is written.
type document struct {
	Rules []json.RawMessage `json:"rules"`
}

// header is what every rule has.
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
	// The following are only for add-column.
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

// text is a string that DMS also takes as a bare number.
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

// number is t as a whole number that is not negative, or def when t is empty.
func (t text) number(what string, def int) (int, error) {
	if t == "" {
		return def, nil
	}
	n, err := strconv.Atoi(string(t))
	if err != nil || n < 0 {
		return 0, fmt.Errorf("%s is %q: want a whole number", what, string(t))
	}
	return n, nil
}

func strictly(b []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("more follows after the end")
	}
	return nil
}
