package oracledb

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Clone copies the database into a directory, so that a test can write to the copy, and opens the copy. The copy's redo
// log is empty; its supplemental logging is that of d.
func (d *Database) Clone(dir string) (*Database, error) {
	d.writer.mu.Lock()
	defer d.writer.mu.Unlock()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("clone source database: %w", err)
	}
	for _, schema := range d.schemas {
		for _, name := range []string{schema + extension, schema + extension + "-wal"} {
			err := copyFile(filepath.Join(d.dir, name), filepath.Join(dir, name))
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				return nil, fmt.Errorf("clone source database: %w", err)
			}
		}
	}
	clone, err := Open(dir)
	if err != nil {
		return nil, err
	}
	d.supplemental.copyTo(&clone.supplemental)
	return clone, nil
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}
