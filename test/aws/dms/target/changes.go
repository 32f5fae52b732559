package target

import (
	"context"
	"database/sql/driver"
	"errors"
	"strings"
	"time"
)

// Change is a change of a row as it arrives.
type Change struct {
	Op     string // I, U or D
	Commit time.Time
	// Values are those of the table's columns: as they became or, of a deletion, as they were.
	Values []driver.Value
}

// ChangeFiles say how the files of changes are written.
type ChangeFiles struct {
	// Name gives the time that a file is named by; it never gives one twice.
	Name func() time.Time
	// Bad is that of Files.
	Bad func(error) error
}

// Written is what came of writing changes.
type Written struct {
	// Rows are how many were written, by their Op.
	Rows map[string]int64
	// Cut counts the values that were cut, by column.
	Cut map[string]int
	// Files is how many files there are more.
	Files int
}

// The defaults of DMS for files of changes.
const (
	defaultBatchInterval = 60    // seconds
	defaultMinFileSize   = 32000 // KB
)

// BatchInterval is how long a change waits for others before its file is written.
func (b *Bucket) BatchInterval() time.Duration {
	return time.Duration(or(b.settings.CdcMaxBatchInterval, defaultBatchInterval)) * time.Second
}

// MinFileSize is how many bytes of changes make a file that is not waited for.
func (b *Bucket) MinFileSize() int64 {
	return int64(or(b.settings.CdcMinFileSize, defaultMinFileSize)) << 10
}

// TakesChange is whether changes of an Op, which is I, U or D, are written at all.
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

// Size is about how much a change adds to a file.
func (c *Change) Size() int64 { return chunkBytes(c.Values) }

// WriteChanges writes changes of a table, in their order, into new files: one for each folder of the date partitions,
// which go by the commit, and more when one would be larger than MaxFileSize.
func (b *Bucket) WriteChanges(ctx context.Context, table Table, changes []Change, how ChangeFiles) (Written, error) {
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
	for len(changes) > 0 {
		folder, n := b.partition(changes[0].Commit), 1
		for n < len(changes) && b.partition(changes[n].Commit) == folder {
			n++
		}
		files := b.files(ctx, table, func(int) string {
			out.Files++
			return folder + fileName(how.Name())
		})
		files.Bad, files.Cut = how.Bad, out.Cut
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

// fileName is yyyymmdd-hhmmssfff.
func fileName(at time.Time) string {
	return strings.Replace(at.UTC().Format("20060102-150405.000"), ".", "", 1)
}

// partition is the folder, below the table's, of changes with a commit, with a slash at its end.
func (b *Bucket) partition(commit time.Time) string {
	s := &b.settings
	if !s.DatePartitionEnabled {
		return ""
	}
	if zone, err := time.LoadLocation(s.DatePartitionTimezone); err == nil { // as it was checked
		commit = commit.In(zone)
	}
	parts := map[string][]string{
		"yyyymmdd": {"2006", "01", "02"}, "yyyymmddhh": {"2006", "01", "02", "15"}, "yyyymm": {"2006", "01"},
		"mmyyyydd": {"01", "2006", "02"}, "ddmmyyyy": {"02", "01", "2006"},
	}[s.DatePartitionSequence]
	between := map[string]string{"slash": "/", "underscore": "_", "dash": "-", "none": ""}[s.DatePartitionDelimiter]
	return commit.Format(strings.Join(parts, between)) + "/"
}
