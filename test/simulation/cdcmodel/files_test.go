package cdcmodel_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/parquet-go/parquet-go"

	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/lake"
)

// folder has the files of a table's folder in the lake, independent of the reader.
type folder struct {
	names   []string
	loaded  time.Time     // when the last file of a full load was written; zero when there is none
	changes map[int64]int // number of rows of each change, by its SCN
}

// folderOf reads the files of a table.
func folderOf(ctx context.Context, objects lake.Objects, bucket, table string) (folder, error) {
	f := folder{changes: map[int64]int{}}
	out, err := objects.ListObjectsV2(ctx, &s3.ListObjectsV2Input{
		Bucket: &bucket, Prefix: aws.String("cdc/" + schema + "/" + table + "/"),
	})
	if err != nil {
		return f, err
	}
	for _, object := range out.Contents {
		name := aws.ToString(object.Key)
		f.names = append(f.names, name)
		if strings.HasPrefix(path.Base(name), "LOAD") {
			if at := aws.ToTime(object.LastModified); at.After(f.loaded) {
				f.loaded = at
			}
			continue
		}
		content, err := read(ctx, objects, bucket, name)
		if err != nil {
			return f, err
		}
		if err := eachSCN(content, func(scn string) (string, error) {
			n, err := strconv.ParseInt(scn, 10, 64)
			f.changes[n]++
			return scn, err
		}, nil); err != nil {
			return f, fmt.Errorf("%s: %w", name, err)
		}
	}
	return f, nil
}

func read(ctx context.Context, objects lake.Objects, bucket, name string) ([]byte, error) {
	out, err := objects.GetObject(ctx, &s3.GetObjectInput{Bucket: &bucket, Key: &name})
	if err != nil {
		return nil, err
	}
	defer out.Body.Close()
	return io.ReadAll(out.Body)
}

// eachSCN calls f with the SCN of each row of a Parquet file. If rewritten is not nil, it writes the file there, with the
// SCNs that f returns.
func eachSCN(content []byte, f func(scn string) (string, error), rewritten io.Writer) error {
	file, err := parquet.OpenFile(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		return err
	}
	column := slices.IndexFunc(file.Schema().Columns(), func(c []string) bool { return c[0] == department.ColumnSCN })
	if column < 0 {
		return fmt.Errorf("no column %s in the Parquet file", department.ColumnSCN)
	}
	var all []parquet.Row
	for _, group := range file.RowGroups() {
		reader := group.Rows()
		buffer := make([]parquet.Row, 64)
		for {
			n, err := reader.ReadRows(buffer)
			for _, row := range buffer[:n] {
				row = row.Clone()
				for i, v := range row {
					if v.Column() != column {
						continue
					}
					scn, err := f(v.String())
					if err != nil {
						return err
					}
					row[i] = parquet.ByteArrayValue([]byte(scn)).Level(v.RepetitionLevel(), v.DefinitionLevel(), column)
				}
				all = append(all, row)
			}
			if err == io.EOF {
				break
			}
			if err != nil {
				return err
			}
		}
		if err := reader.Close(); err != nil {
			return err
		}
	}
	if rewritten == nil {
		return nil
	}
	w := parquet.NewWriter(rewritten, file.Schema())
	if _, err := w.WriteRows(all); err != nil {
		return err
	}
	return w.Close()
}
