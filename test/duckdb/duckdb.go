// Package duckdb runs SQL in DuckDB, a reader of Parquet files that shares no code with this repository. DuckDB is the npm
// package @duckdb/node-api, which package.json pins.
package duckdb

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/oralake/oralake/internal/lake"
)

// Result is the result of a statement.
type Result struct {
	Columns []string    `json:"columns"`
	Types   []string    `json:"types"` // as DuckDB writes them, such as DECIMAL(15,2)
	Rows    [][]*string `json:"rows"`  // each value as DuckDB writes it; nil for null
}

// Run runs statements one after the other, in a database in memory. root is the root of the repository.
func Run(ctx context.Context, root string, statements ...string) ([]Result, error) {
	root, err := filepath.Abs(root)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(filepath.Join(root, "node_modules", "@duckdb", "node-api")); err != nil {
		return nil, fmt.Errorf("DuckDB is not installed: %w; run `make node_modules`", err)
	}
	in, err := json.Marshal(statements)
	if err != nil {
		return nil, err
	}
	node := exec.CommandContext(ctx, filepath.Join(root, "node_modules", ".bin", "node"), filepath.Join(root, "test", "duckdb", "query.mjs"))
	var out, failure bytes.Buffer
	node.Stdin, node.Stdout, node.Stderr = bytes.NewReader(in), &out, &failure
	if err := node.Run(); err != nil {
		return nil, fmt.Errorf("run DuckDB: %w\n%s", err, &failure)
	}
	var results []Result
	if err := json.Unmarshal(out.Bytes(), &results); err != nil {
		return nil, fmt.Errorf("read the results of DuckDB: %w", err)
	}
	return results, nil
}

// Table returns the result with values of the types that a reader of package lake gives to them. Names are in capital letters.
func (r Result) Table() (*lake.Table, error) {
	t := &lake.Table{}
	for _, name := range r.Columns {
		t.Columns = append(t.Columns, strings.ToUpper(name))
	}
	for _, row := range r.Rows {
		values := make([]any, len(row))
		for i, text := range row {
			if text == nil {
				continue
			}
			var err error
			if values[i], err = valueOf(r.Types[i], *text); err != nil {
				return nil, fmt.Errorf("column %s: %w", r.Columns[i], err)
			}
		}
		t.Rows = append(t.Rows, values)
	}
	return t, nil
}

func valueOf(kind, text string) (any, error) {
	switch name, _, _ := strings.Cut(kind, "("); name {
	case "DECIMAL", "TINYINT", "SMALLINT", "INTEGER", "BIGINT":
		return lake.Decimal(text), nil
	case "VARCHAR":
		return text, nil
	case "TIMESTAMP", "TIMESTAMP WITH TIME ZONE":
		return time.Parse("2006-01-02 15:04:05.999999999", strings.TrimSuffix(text, "+00"))
	default:
		return nil, fmt.Errorf("a value of type %s is not known to this test", kind)
	}
}
