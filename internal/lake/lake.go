// Package lake reads a table back out of the lake: it rebuilds the rows that the table had at its source from the
// Parquet files of its folder, both of the full load and of the changes since. docs/changed-tables.md shows the same as a query for
// Athena, which is the way to read large tables: here a table and its changes are held in memory.
//
// The rules. A file of a full load is named LOAD..., all others hold changes. Changes apply in the order of ORALAKE_SEQ
// and replace what was loaded. A change is a whole row, as it became or, when it was deleted, as it was. Rows of one key
// with the same ORALAKE_SCN are one change: after a failure DMS goes back to its checkpoint and writes again what came
// after it. Such a change stands where its first copy stands, since a copy has a higher ORALAKE_SEQ. Its last row
// counts, since Oracle can give two updates of a row in one transaction the same SCN.
//
// An update of a key cannot be told from one of another column: if DMS writes it as one row, the row with the old key
// stays.
package lake

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/oralake/oralake/internal/department"
)

// Objects are the calls to S3 that a reader makes.
type Objects interface {
	ListObjectsV2(context.Context, *s3.ListObjectsV2Input, ...func(*s3.Options)) (*s3.ListObjectsV2Output, error)
	GetObject(context.Context, *s3.GetObjectInput, ...func(*s3.Options)) (*s3.GetObjectOutput, error)
}

// Reader reads the tables of one bucket.
type Reader struct {
	Objects Objects
	Bucket  string
	// Timestamp is the column with the time of the commit, or of the full load: TimestampColumnName of the endpoint. Empty
	// means that there is none.
	Timestamp string
}

// Table is a table as its source had it.
type Table struct {
	// Columns are the source's, in the order in which the files brought them up, the full load first.
	Columns []string
	// Rows have a value for each column, null when the row's file has no such column: nil, bool, int64, float64, Decimal,
	// string, []byte, or a time.Time in UTC. They are sorted by key; without one they lie as in the files.
	Rows [][]any
	// Met is what the rows were rebuilt from.
	Met Met
}

// Met counts what a reader met.
type Met struct {
	Files    int // that were read
	LoadRows int // rows of full loads
	// LoadedTwice are rows of full loads whose key had been loaded before; the later ones count. There are some if an older
	// load was left in the folder.
	LoadedTwice int
	Changes     int // inserts, updates and deletes, each once
	Duplicates  int // rows of a change that was there already
}

// Read rebuilds the table in a folder such as "cdc/SALES/CUSTOMER". keys are the columns of its key; a folder that has
// only full loads can be read without. A folder that is empty or absent is a table without columns and rows. Errors name
// the file that cannot be read; a file that goes away during the reading, as when the table is reloaded, is one.
func (r Reader) Read(ctx context.Context, folder string, keys ...string) (*Table, error) {
	names, err := r.list(ctx, folder)
	if err != nil {
		return nil, err
	}
	m := newMerge(keys)
	for _, name := range names {
		if err := r.readFile(ctx, name, m); err != nil {
			return nil, fmt.Errorf("read s3://%s/%s: %w", r.Bucket, name, err)
		}
	}
	return m.table(), nil
}

// loadName is how DMS names the files of a full load; those of a part of a table have the part before it.
var loadName = regexp.MustCompile(`^(SEGMENT\d+_)?LOAD[0-9A-F]+\.parquet$`)

// list names the files of a folder, those of full loads first, and changes in the order in which they were written.
func (r Reader) list(ctx context.Context, folder string) ([]string, error) {
	prefix := strings.TrimSuffix(folder, "/") + "/"
	var loads, changes []string
	pages := s3.NewListObjectsV2Paginator(r.Objects, &s3.ListObjectsV2Input{Bucket: &r.Bucket, Prefix: &prefix})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("list s3://%s/%s: %w", r.Bucket, prefix, err)
		}
		for _, object := range page.Contents {
			switch name := aws.ToString(object.Key); {
			case strings.HasSuffix(name, "/"): // A folder that a person made in the console.
			case loadName.MatchString(path.Base(name)):
				loads = append(loads, name)
			case strings.HasSuffix(name, ".parquet"):
				changes = append(changes, name)
			default:
				return nil, fmt.Errorf("read s3://%s/%s: it is not a Parquet file, and no other can be read", r.Bucket, name)
			}
		}
	}
	return append(loads, changes...), nil
}

func (r Reader) readFile(ctx context.Context, name string, m *merge) error {
	object, err := r.Objects.GetObject(ctx, &s3.GetObjectInput{Bucket: &r.Bucket, Key: &name})
	if err != nil {
		return err
	}
	body, err := io.ReadAll(object.Body)
	if err := errors.Join(err, object.Body.Close()); err != nil {
		return err
	}
	f, err := openFile(body, map[string]header{
		department.ColumnOp: headerOp, department.ColumnSequence: headerSequence, department.ColumnSCN: headerSCN,
		r.Timestamp: headerTime,
	})
	if err != nil {
		return err
	}
	load := loadName.MatchString(path.Base(name))
	if err := m.begin(f.columns); err != nil {
		return err
	}
	return f.each(func(row record) error {
		if load {
			return m.load(row)
		}
		return m.change(row)
	})
}
