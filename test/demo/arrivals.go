package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/parquet-go/parquet-go"

	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/lake"
)

// changeFile is a CDC file in the lake.
type changeFile struct {
	Key     string
	Ops     map[string]int  // number of rows by operation: I, U, D
	Changes map[string]bool // the SCNs of its rows
	Took    []time.Duration // from the commit of each row to the file
}

// arrivals reads CDC files, each file once.
type arrivals struct {
	objects   *s3.Client
	bucket    string
	timestamp string // the column with the time of the commit
	files     map[string]*changeFile
}

// readNew reads the files of folders that are new since the last call, ordered by name.
func (a *arrivals) readNew(ctx context.Context, folders ...string) ([]*changeFile, error) {
	var found []*changeFile
	for _, folder := range folders {
		pages := s3.NewListObjectsV2Paginator(a.objects, &s3.ListObjectsV2Input{Bucket: &a.bucket, Prefix: aws.String(folder + "/")})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return nil, fmt.Errorf("list s3://%s/%s/: %w", a.bucket, folder, err)
			}
			for _, object := range page.Contents {
				key := aws.ToString(object.Key)
				if a.files[key] != nil || strings.Contains(path.Base(key), "LOAD") {
					continue
				}
				f, err := a.read(ctx, key, aws.ToInt64(object.Size))
				if err != nil {
					return nil, fmt.Errorf("read s3://%s/%s: %w", a.bucket, key, err)
				}
				a.files[key] = f
				found = append(found, f)
			}
		}
	}
	return found, nil
}

// landed counts the changes in a folder that were read so far, each change once.
func (a *arrivals) landed(folder string) int {
	all := map[string]bool{}
	for key, f := range a.files {
		if strings.HasPrefix(key, folder+"/") {
			for scn := range f.Changes {
				all[scn] = true
			}
		}
	}
	return len(all)
}

func (a *arrivals) read(ctx context.Context, key string, size int64) (*changeFile, error) {
	written, err := time.Parse("20060102-150405.000", dotted(strings.TrimSuffix(path.Base(key), ".parquet")))
	if err != nil {
		return nil, fmt.Errorf("its name is not the name of a CDC file: %w", err)
	}
	written = written.Add(time.Millisecond) // the name has only whole milliseconds
	file, err := parquet.OpenFile(&lake.Object{Context: ctx, API: a.objects, Bucket: a.bucket, Key: key}, size)
	if err != nil {
		return nil, err
	}
	f := &changeFile{Key: key, Ops: map[string]int{}, Changes: map[string]bool{}}
	if err := eachText(file, department.ColumnOp, func(op string) error { f.Ops[op]++; return nil }); err != nil {
		return nil, err
	}
	if err := eachText(file, department.ColumnSCN, func(scn string) error { f.Changes[scn] = true; return nil }); err != nil {
		return nil, err
	}
	err = eachText(file, a.timestamp, func(text string) error {
		commit, err := time.Parse("2006-01-02 15:04:05.000000", text)
		f.Took = append(f.Took, written.Sub(commit))
		return err
	})
	if err != nil {
		return nil, err
	}
	if len(f.Took) == 0 {
		return nil, errors.New("it has no rows")
	}
	return f, nil
}

// dotted inserts the point before the milliseconds, which file names do not have.
func dotted(name string) string {
	const seconds = len("20060102-150405")
	if len(name) < seconds {
		return name
	}
	return name[:seconds] + "." + name[seconds:]
}

// eachText calls f with every value of a text column.
func eachText(file *parquet.File, column string, f func(string) error) error {
	leaf, ok := file.Schema().Lookup(column)
	if !ok {
		return fmt.Errorf("no column %s in the file", column)
	}
	for _, group := range file.RowGroups() {
		if err := eachValue(group.ColumnChunks()[leaf.ColumnIndex], f); err != nil {
			return fmt.Errorf("column %s: %w", column, err)
		}
	}
	return nil
}

func eachValue(column parquet.ColumnChunk, f func(string) error) error {
	pages := column.Pages()
	defer pages.Close()
	for {
		page, err := pages.ReadPage()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		values := make([]parquet.Value, page.NumValues())
		n, err := page.Values().ReadValues(values)
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		for _, v := range values[:n] {
			if err := f(v.String()); err != nil {
				return err
			}
		}
		parquet.Release(page)
	}
}
