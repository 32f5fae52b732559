package mapping

import (
	"errors"
	"fmt"
	"slices"

	"github.com/oralake/oralake/test/oracledb"
)

// Header is metadata of a change, named as in the expression of a rule.
type Header string

// The headers that an added column may have for its expression (DMS User Guide, "Replicating source table headers using
// expressions").
const (
	StreamPosition  Header = "$AR_H_STREAM_POSITION"
	ChangeSequence  Header = "$AR_H_CHANGE_SEQ"
	CommitTimestamp Header = "$AR_H_COMMIT_TIMESTAMP"
	Operation       Header = "$AR_H_OPERATION"
)

var headers = []Header{StreamPosition, ChangeSequence, CommitTimestamp, Operation}

// AddedColumn is a column that a task adds to the target table. The source table does not have it.
type AddedColumn struct {
	As     string
	Header Header
	Length int // of the string, in characters; 0 when the rule does not state it
}

// addition is a rule with rule-action add-column.
type addition struct {
	schema, table pattern
	column        AddedColumn
}

type dataTypeRule struct {
	Type   string `json:"type"`
	Length text   `json:"length"`
}

func (m *Mapping) addAddition(r transformationRule) error {
	switch {
	case r.Target != "column":
		return errors.New("add-column needs rule-target column")
	case r.Locator.Schema == "" || r.Locator.Table == "" || r.Locator.Column != "" || r.Locator.Type != "":
		return errors.New("object-locator of add-column takes schema-name and table-name only")
	case r.Value == nil || *r.Value == "":
		return errors.New("add-column needs the name of the column as its value")
	case r.Expression == nil:
		return errors.New("add-column needs an expression")
	case r.DataType == nil || r.DataType.Type != "string":
		return errors.New("add-column: only data-type string is implemented")
	}
	a := addition{column: AddedColumn{As: *r.Value, Header: Header(*r.Expression)}}
	if !slices.Contains(headers, a.column.Header) {
		return fmt.Errorf("add-column: the expression %s is not implemented, only %v", *r.Expression, headers)
	}
	var err error
	if a.column.Length, err = r.DataType.Length.number("length", 0); err != nil {
		return err
	}
	if a.schema, err = wildcards(r.Locator.Schema); err != nil {
		return err
	}
	if a.table, err = wildcards(r.Locator.Table); err != nil {
		return err
	}
	m.adding.add(len(m.additions), a.schema, a.table)
	m.additions = append(m.additions, a)
	return nil
}

// added returns the columns that the rules add to a table, in the order of the document.
func (m *Mapping) added(t oracledb.Table) []AddedColumn {
	var all []AddedColumn
	for _, i := range m.adding.of(t) {
		a := &m.additions[i]
		if a.schema.matches(t.Schema) && a.table.matches(t.Name) {
			all = append(all, a.column)
		}
	}
	return all
}
