package glue

import (
	"strconv"
	"time"

	"github.com/oralake/oralake/test/aws/gateway"
)

// TableInput is the definition of a table or a view. A list that was not given differs from an empty one: Athena needs
// PartitionKeys, even if it is empty.
type TableInput struct {
	Name              string
	Description       string             `json:",omitempty"`
	Owner             string             `json:",omitempty"`
	Retention         int                // seconds
	StorageDescriptor *StorageDescriptor `json:",omitempty"`
	PartitionKeys     []Column           `json:",omitzero"`
	ViewOriginalText  string             `json:",omitempty"`
	ViewExpandedText  string             `json:",omitempty"`
	TableType         string             `json:",omitempty"`
	Parameters        map[string]string  `json:",omitempty"`
}

// Column is a column of a table. Type is a type of Hive, such as decimal(10,2).
type Column struct {
	Name       string
	Type       string            `json:",omitempty"`
	Comment    string            `json:",omitempty"`
	Parameters map[string]string `json:",omitempty"`
}

// StorageDescriptor says where the files of a table are and how they are read.
type StorageDescriptor struct {
	Columns                []Column `json:",omitzero"`
	Location               string   `json:",omitempty"`
	InputFormat            string   `json:",omitempty"`
	OutputFormat           string   `json:",omitempty"`
	Compressed             bool
	NumberOfBuckets        int
	SerdeInfo              *SerDeInfo        `json:",omitempty"`
	BucketColumns          []string          `json:",omitzero"`
	SortColumns            []sortColumn      `json:",omitzero"`
	Parameters             map[string]string `json:",omitempty"`
	StoredAsSubDirectories bool
}

// SerDeInfo names the Hive class that reads the files.
type SerDeInfo struct {
	Name                 string            `json:",omitempty"`
	SerializationLibrary string            `json:",omitempty"`
	Parameters           map[string]string `json:",omitempty"`
}

type sortColumn struct {
	Column    string
	SortOrder int
}

// The longest type and comment of a column, in bytes (Column structure).
const (
	maxType    = 131072
	maxComment = 255
)

// check checks what Glue checks of a definition. Two columns with the same name are not an error, also if only their case
// differed before Glue folded it.
func (in *TableInput) check() error {
	if err := checkName("tableInput.name", in.Name); err != nil {
		return err
	}
	all := in.PartitionKeys
	if in.StorageDescriptor != nil {
		all = append(all[:len(all):len(all)], in.StorageDescriptor.Columns...)
	}
	for _, c := range all {
		if err := checkName("column.name", c.Name); err != nil {
			return err
		}
		if len(c.Type) > maxType || len(c.Comment) > maxComment {
			return invalid("column %s: its type has %d bytes and its comment %d; Glue allows %d and %d",
				c.Name, len(c.Type), len(c.Comment), maxType, maxComment)
		}
	}
	return nil
}

// fold writes the names of a table and of its columns in lower case, as Glue stores them.
func (in TableInput) fold() TableInput {
	in.Name = fold(in.Name)
	in.PartitionKeys = foldColumns(in.PartitionKeys)
	if in.StorageDescriptor != nil {
		d := *in.StorageDescriptor
		d.Columns = foldColumns(d.Columns)
		in.StorageDescriptor = &d
	}
	return in
}

func foldColumns(columns []Column) []Column {
	if columns == nil {
		return nil
	}
	folded := make([]Column, len(columns))
	for i, c := range columns {
		c.Name = fold(c.Name)
		folded[i] = c
	}
	return folded
}

// table is a table with its archived versions.
type table struct {
	version
	created  time.Time
	by       string
	archived []version // oldest first
}

// version is one version of a table's definition. The first one has the number 0, and each update adds 1, also one that does
// not archive the version before it.
type version struct {
	in      TableInput
	number  int
	updated time.Time
}

func (v version) id() string { return strconv.Itoa(v.number) }

// shownTable is a table as GetTable shows it.
type shownTable struct {
	TableInput
	CatalogID                     string `json:"CatalogId"`
	DatabaseName                  string
	CreateTime                    *gateway.Time
	UpdateTime                    *gateway.Time
	CreatedBy                     string `json:",omitempty"`
	IsRegisteredWithLakeFormation bool
	VersionID                     string `json:"VersionId"`
}

func (s *Service) showTable(d *database, t *table, v version) shownTable {
	return shownTable{
		TableInput: v.in, CatalogID: s.acct.ID, DatabaseName: d.in.Name,
		CreateTime: gateway.At(t.created), UpdateTime: gateway.At(v.updated), CreatedBy: t.by, VersionID: v.id(),
	}
}
