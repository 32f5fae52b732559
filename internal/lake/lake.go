// Package lake reads a table from the lake. From the Parquet files of the table's folder, those of the full load and those of
// the later changes, it computes the rows that the table has at its source. It holds the table and its changes in memory. For
// large tables use Athena: docs/changed-tables.md has a query with the same result.
//
// The rules:
//
//   - The names of full-load files begin with LOAD. All other files hold changes.
//   - Changes apply in the order of ORALAKE_SEQ, and replace loaded rows. A change is a complete row: the row after an insert
//     or update, or the row before a delete.
//   - Rows with the same key and the same ORALAKE_SCN are one change. There can be several: after a failure DMS returns to
//     its checkpoint and writes later changes again. The copies have a higher ORALAKE_SEQ, so the first copy decides the
//     change's place in the order. The last copy decides the values, because Oracle can give two updates of a row in one
//     transaction the same SCN.
//   - A change of a key cannot be distinguished from other updates. If DMS writes it as one row, the row with the old key
//     remains in the result.
//   - An update is a complete row only if the redo log has all columns (supplemental logging of all columns). The files do not
//     say whether it has. A null in an update is what the source has, or a value that the redo log lacks. Table.Unproven lists
//     the nulls for which the files allow both.
//   - Files have timestamps of milliseconds. Table.SharedKeys lists keys with a timestamp that two rows of the source seem to
//     have in the lake.
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
	// Timestamp is the column with the time of the commit or of the full load (TimestampColumnName of the endpoint). It is
	// empty if there is no such column.
	Timestamp string
}

// Table holds the rows that a table has at its source.
type Table struct {
	// Columns are the columns of the source, in the order in which they first appear in the files. The full load comes first.
	Columns []string
	// Rows have a value for each column: nil, bool, int64, float64, Decimal, string, []byte, or a time.Time in UTC. The value
	// is nil if the row's file does not have the column. Rows are sorted by key, or in the order of the files without a key.
	Rows [][]any
	// Unproven lists the nulls that may stand for a value of the source, in the order of Rows. With supplemental logging of
	// all columns since the oldest update of a row, its nulls are those of the source, except in LOBs.
	Unproven []Unproven
	// SharedKeys lists the keys of which the changes or the rows of a load do not fit one row: two rows of the source have
	// this key in the lake, the key of a row was updated, or a change is missing. Each has a value for each column of the
	// key. Only keys with a timestamp are listed, and only those for which the files show it.
	SharedKeys [][]any
	// Met describes the files from which the rows were computed.
	Met Met
}

// Met counts the files, rows and changes that a reader read.
type Met struct {
	Files    int // the number of files
	LoadRows int // rows of full loads
	// LoadedTwice counts rows of full loads whose key was already loaded. Of each key the row of the later load is used. There
	// are such rows if the folder still has files of an older load.
	LoadedTwice int
	Changes     int // inserts, updates and deletes, without copies
	Duplicates  int // copies of changes that were already read
}

// Read reads the table in a folder such as "cdc/SALES/CUSTOMER". keys are the columns of its key; they are not needed if the
// folder has only full loads. An empty or missing folder gives a table without columns and rows. The error names the file
// that cannot be read. It may be a file that DMS deleted in the meantime, because the table is reloaded.
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

// loadName matches DMS's names of full-load files. If a load is split, the names begin with the segment.
var loadName = regexp.MustCompile(`^(SEGMENT\d+_)?LOAD[0-9A-F]+\.parquet$`)

// list returns the names of the files in a folder: full loads first, and then changes in the order in which DMS wrote them.
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
			case strings.HasSuffix(name, "/"): // a folder that a person created in the console
			case loadName.MatchString(path.Base(name)):
				loads = append(loads, name)
			case strings.HasSuffix(name, ".parquet"):
				changes = append(changes, name)
			default:
				return nil, fmt.Errorf("read s3://%s/%s: it is not a Parquet file, and only Parquet files can be read", r.Bucket, name)
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
	if err := m.begin(f); err != nil {
		return err
	}
	return f.each(func(row record) error {
		if load {
			return m.load(row)
		}
		return m.change(row)
	})
}
