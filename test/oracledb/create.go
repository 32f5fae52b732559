package oracledb

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
)

// Create makes a schema in dir from an SQL script of CREATE TABLE statements, with Oracle's types, CREATE VIEWs and INSERTs. Put a
// type that SQLite's grammar does not have in double quotes: "TIMESTAMP(3) WITH TIME ZONE". Create fails if the schema
// exists.
func Create(dir, schema, script string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("create schema %s: %w", schema, err)
	}
	path := filepath.Join(dir, schema+extension)
	if _, err := os.Stat(path); err == nil {
		return fmt.Errorf("create schema %s: %s exists: delete the file or choose another schema", schema, path)
	}
	c, err := open("file:" + path + "?mode=rwc")
	if err != nil {
		return fmt.Errorf("create schema %s: %w", schema, err)
	}
	defer c.Close()
	if _, err := c.ExecContext(context.Background(), "BEGIN;"+script+";COMMIT", nil); err != nil {
		return fmt.Errorf("create schema %s: run its script: %w", schema, err)
	}
	return nil
}
