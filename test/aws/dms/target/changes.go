package target

import (
	"context"
	"database/sql/driver"
	"errors"
	"slices"
	"strings"
	"time"
)

// Change is the change of a row, as the target stores it.
type Change struct {
	Op     string // I, U or D
	Commit time.Time
	// Values has a value for each column of the table: the values after the change, or before a deletion.
	Values []driver.Value
	// Partial says that values may be null because the redo log lacks them, also those of NOT NULL columns.
	Partial bool
}

// ChangeFiles has the parameters of WriteChanges.
type ChangeFiles struct {
	// Name returns the time in the name of the next file. It never returns the same time twice.
	Name func() time.Time
	// Bad has the meaning of Files.Bad.
	Bad func(error) error
}

// Written is the result of WriteChanges.
type Written struct {
	// Rows counts the rows that were written, by Op.
	Rows map[string]int64
	// Cut counts the truncated values, by column.
	Cut map[string]int
	// Files is the number of files that were created.
	Files int
}

// The defaults of DMS for files of changes.
const (
	defaultBatchInterval = 60    // seconds
	defaultMinFileSize   = 32000 // KB
)

// BatchInterval is the longest time that a change waits for other changes before its file is written.
func (b *Bucket) BatchInterval() time.Duration {
	return time.Duration(or(b.settings.CdcMaxBatchInterval, defaultBatchInterval)) * time.Second
}

// MinFileSize is the number of bytes of changes at which a file is written before BatchInterval ends.
func (b *Bucket) MinFileSize() int64 {
	return int64(or(b.settings.CdcMinFileSize, defaultMinFileSize)) << 10
}

// TakesChange reports whether the endpoint writes changes with an Op of I, U or D.
func (b *Bucket) TakesChange(op string) bool {
	switch {
	case bool(b.settings.CdcInsertsOnly):
		return op == opInsert
	case bool(b.settings.CdcInsertsAndUpdates):
		return op != "D"
	default:
		return true
	}
}

// Size is about the number of bytes that the change adds to a file.
func (c *Change) Size() int64 { return chunkBytes(c.Values) }

// WriteChanges writes changes of a table, in their order, into new files. Each date partition, which is the folder of a
// commit time, gets its own file. A file that would become larger than MaxFileSize is split.
func (b *Bucket) WriteChanges(ctx context.Context, table Table, changes []Change, options ChangeFiles) (Written, error) {
	out := Written{Rows: map[string]int64{}, Cut: map[string]int{}}
	op := !bool(b.settings.CdcInsertsOnly) || bool(b.settings.IncludeOpForFullLoad)
	stamp := b.settings.TimestampColumnName
	var columns []Column
	if op {
		columns = append(columns, Column{Name: opColumn, Kind: String})
	}
	if stamp != "" {
		columns = append(columns, Column{Name: stamp, Kind: String})
	}
	table.Columns = append(columns, table.Columns...)
	if slices.ContainsFunc(changes, func(c Change) bool { return c.Partial }) {
		for i := range table.Columns { // the guide does not say how DMS writes such a null; it does not refuse the row
			table.Columns[i].Nullable = true
		}
	}
	for len(changes) > 0 {
		folder, n := b.partition(changes[0].Commit), 1
		for n < len(changes) && b.partition(changes[n].Commit) == folder {
			n++
		}
		files := b.files(ctx, table, func(int) string {
			out.Files++
			return folder + fileName(options.Name())
		})
		files.Bad, files.Cut = options.Bad, out.Cut
		for _, c := range changes[:n] {
			var row []driver.Value
			if op {
				row = append(row, c.Op)
			}
			if stamp != "" {
				row = append(row, c.Commit.UTC().Format(timestampLayout))
			}
			written, err := files.Write(append(row, c.Values...))
			if err != nil {
				return out, errors.Join(err, files.Abort())
			}
			out.Rows[c.Op] += int64(written)
		}
		if err := files.Close(); err != nil {
			return out, err
		}
		changes = changes[n:]
	}
	return out, nil
}

// fileName formats a time as yyyymmdd-hhmmssfff, in UTC.
func fileName(at time.Time) string {
	return strings.Replace(at.UTC().Format("20060102-150405.000"), ".", "", 1)
}

// partition is the folder of a commit time, relative to the table's folder. It ends with a slash, or is empty.
func (b *Bucket) partition(commit time.Time) string {
	s := &b.settings
	if !s.DatePartitionEnabled {
		return ""
	}
	if zone, err := time.LoadLocation(s.DatePartitionTimezone); err == nil { // check refuses an unknown time zone
		commit = commit.In(zone)
	}
	parts := map[string][]string{
		"yyyymmdd": {"2006", "01", "02"}, "yyyymmddhh": {"2006", "01", "02", "15"}, "yyyymm": {"2006", "01"},
		"mmyyyydd": {"01", "2006", "02"}, "ddmmyyyy": {"02", "01", "2006"},
	}[s.DatePartitionSequence]
	between := map[string]string{"slash": "/", "underscore": "_", "dash": "-", "none": ""}[s.DatePartitionDelimiter]
	return commit.Format(strings.Join(parts, between)) + "/"
}
