package lake

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/parquet-go/parquet-go"
)

// Inventory is what the files in a folder say about themselves.
type Inventory struct {
	Files int
	Bytes int64
	// Rows is the number of rows by the footers of the Parquet files. It is 0 if Uncounted is set.
	Rows int64
	// Columns are the columns of the files, those that DMS adds included. There are none without a file, or if Uncounted is set.
	Columns []Column
	// Uncounted is the name of a file that is not Parquet; empty if all files are. Only Parquet files have the number of their rows.
	Uncounted string
}

// Column is a column of a table in the lake.
type Column struct {
	Name string `json:"name"`
	Type string `json:"type"` // of Glue and Athena, such as decimal(10,2)
}

// footersAtOnce is how many footers of a folder are read at the same time, and footerBytes how much is read of the end of each file: the
// footer of a table with hundreds of columns.
const (
	footersAtOnce = 8
	footerBytes   = 64 << 10
)

// Inventory counts the files, bytes and rows in a folder such as "full/SALES/ORDERS", with the folders of partitions below it. It reads
// only the footers of the Parquet files. It fails if files have different columns. The error names the file.
func (r Reader) Inventory(ctx context.Context, folder string) (Inventory, error) {
	objects, err := r.objects(ctx, folder)
	if err != nil {
		return Inventory{}, err
	}
	return r.inventory(ctx, objects)
}

// Listing has the files of folders, by the folder with its last slash.
type Listing map[string][]storedObject

// List lists folders, those of the same parent together: a call of S3 lists a thousand files, and most tables have a few. A folder
// without files is not in the listing. Other folders of a parent are listed too.
func (r Reader) List(ctx context.Context, folders []string) (Listing, error) {
	var parents []string
	for _, folder := range folders {
		parents = append(parents, path.Dir(strings.TrimSuffix(folder, "/"))+"/")
	}
	slices.Sort(parents)
	all := Listing{}
	for _, parent := range slices.Compact(parents) {
		objects, err := r.objects(ctx, parent)
		if err != nil {
			return nil, err
		}
		for _, o := range objects {
			name, _, inFolder := strings.Cut(strings.TrimPrefix(o.name, parent), "/")
			if folder := parent + name + "/"; inFolder {
				all[folder] = append(all[folder], o)
			}
		}
	}
	return all, nil
}

// InventoryOf does the same as Inventory for a folder that was listed.
func (r Reader) InventoryOf(ctx context.Context, listed Listing, folder string) (Inventory, error) {
	return r.inventory(ctx, listed[strings.TrimSuffix(folder, "/")+"/"])
}

// inventory counts files.
func (r Reader) inventory(ctx context.Context, objects []storedObject) (Inventory, error) {
	all := Inventory{Files: len(objects)}
	for _, o := range objects {
		all.Bytes += o.size
		if path.Ext(o.name) != ".parquet" && all.Uncounted == "" {
			all.Uncounted = o.name
		}
	}
	if all.Uncounted != "" {
		return all, nil
	}
	footers, err := r.footers(ctx, objects)
	if err != nil {
		return Inventory{}, err
	}
	for i, f := range footers {
		switch {
		case i == 0:
			all.Columns = f.columns
		case !slices.Equal(all.Columns, f.columns):
			return Inventory{}, fmt.Errorf("read s3://%s/%s: its columns are not those of %s, which the same load has written: "+
				"load the table again", r.Bucket, objects[i].name, objects[0].name)
		}
		all.Rows += f.rows
	}
	return all, nil
}

// storedObject is an object of the lake.
type storedObject struct {
	name string
	size int64
}

// objects lists the files in a folder.
func (r Reader) objects(ctx context.Context, folder string) (all []storedObject, err error) {
	prefix := strings.TrimSuffix(folder, "/") + "/"
	pages := s3.NewListObjectsV2Paginator(r.Objects, &s3.ListObjectsV2Input{Bucket: &r.Bucket, Prefix: &prefix})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("list s3://%s/%s: %w", r.Bucket, prefix, err)
		}
		for _, object := range page.Contents {
			if name := aws.ToString(object.Key); !strings.HasSuffix(name, "/") { // Otherwise a person created it in the console.
				all = append(all, storedObject{name, aws.ToInt64(object.Size)})
			}
		}
	}
	return all, nil
}

// footer is what the footer of a file says.
type footer struct {
	rows    int64
	columns []Column
}

// footers reads the footers of objects, in their order. It returns the first error.
func (r Reader) footers(ctx context.Context, objects []storedObject) ([]footer, error) {
	all, errs := make([]footer, len(objects)), make([]error, len(objects))
	next := make(chan int)
	var readers sync.WaitGroup
	for range min(footersAtOnce, len(objects)) {
		readers.Go(func() {
			for i := range next {
				all[i], errs[i] = r.footer(ctx, objects[i])
			}
		})
	}
	for i := range objects {
		next <- i
	}
	close(next)
	readers.Wait()
	for i, err := range errs {
		if err != nil {
			return nil, fmt.Errorf("read s3://%s/%s: %w", r.Bucket, objects[i].name, err)
		}
	}
	return all, nil
}

func (r Reader) footer(ctx context.Context, o storedObject) (footer, error) {
	object := &Object{Context: ctx, API: r.Objects, Bucket: r.Bucket, Key: o.name}
	file, err := parquet.OpenFile(object, o.size, parquet.SkipMagicBytes(true), parquet.SkipPageIndex(true),
		parquet.SkipBloomFilters(true), parquet.OptimisticRead(true), parquet.ReadBufferSize(footerBytes))
	if err != nil {
		return footer{}, err
	}
	f := footer{rows: file.NumRows()}
	for _, c := range file.Root().Columns() {
		kind, err := hiveType(c)
		if err != nil {
			return footer{}, fmt.Errorf("column %s: %w", c.Name(), err)
		}
		f.columns = append(f.columns, Column{Name: c.Name(), Type: kind})
	}
	return f, nil
}
