package demo

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/test/duckdb"
)

// QueriedTable is a table as a reader finds it that knows only the Data Catalog.
type QueriedTable struct {
	Table      string `json:"table"`      // at the source
	Query      string `json:"query"`      // what DuckDB ran
	Rows       int64  `json:"rows"`       // its result
	SourceRows int64  `json:"sourceRows"` // at the source, before the load
}

// query counts the rows of each loaded table by SQL, in DuckDB. It finds the columns, the types and the files of a table in the Data
// Catalog, and nowhere else.
func (s *show) query(ctx context.Context) error {
	database := s.outputs["CatalogDatabase"]
	if database == "" {
		return nil // catalog: off
	}
	sourceRows := map[string]int64{}
	for _, run := range s.report.Runs {
		for _, t := range run.Tables {
			sourceRows[t.Table] = t.SourceRows
		}
	}
	var names, statements []string
	for _, job := range s.department.Jobs {
		if job.Type != department.FullLoad {
			continue
		}
		for _, t := range job.Tables {
			_, target := t.Target()
			name := department.CatalogName(target)
			q := QueriedTable{Table: t.String(), Query: fmt.Sprintf("select count(*) from %q", name), SourceRows: sourceRows[t.String()]}
			s.report.Queried = append(s.report.Queried, q)
			names, statements = append(names, name), append(statements, q.Query)
		}
	}
	catalog := duckdb.Catalog{Root: s.Root, Database: database, Glue: s.catalog, Files: s.files}
	results, err := catalog.Run(ctx, names, statements...)
	if err != nil {
		return err
	}
	for i := range results {
		text, err := results[i].Text()
		if err != nil {
			return fmt.Errorf("%s: %w", statements[i], err)
		}
		if s.report.Queried[i].Rows, err = strconv.ParseInt(text, 10, 64); err != nil {
			return fmt.Errorf("%s: %w", statements[i], err)
		}
	}
	s.printQueried(database)
	return nil
}

// files returns the files at a location of the lake, which lie in a folder on this machine.
func (s *show) files(_ context.Context, location string) (paths []string, err error) {
	folder := filepath.Join(s.world.LakeDir(), filepath.FromSlash(strings.TrimPrefix(location, "s3://")))
	err = filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			paths = append(paths, path)
		}
		return err
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) { // An empty table has no folder.
		return nil, fmt.Errorf("list %s: %w", location, err)
	}
	return paths, nil
}

func (s *show) printQueried(database string) {
	fmt.Fprintf(s.Out, "\nThe loaded tables in SQL: DuckDB reads them as the database %s of the Data Catalog describes them:\n", database)
	w := tabwriter.NewWriter(s.Out, 0, 0, 3, ' ', 0)
	for _, q := range s.report.Queried {
		fmt.Fprintf(w, "  %s\t%d\n", q.Query, q.Rows)
	}
	w.Flush()
}

// queriedProblem returns the first table whose rows through the catalog are not those of the source.
func (r *Report) queriedProblem() error {
	for _, q := range r.Queried {
		if q.Rows != q.SourceRows {
			return fmt.Errorf("%s: %d rows through the catalog, %d at the source", q.Query, q.Rows, q.SourceRows)
		}
	}
	return nil
}
