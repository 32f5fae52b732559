package oracle

import (
	"context"
	"database/sql"
	"strings"
)

// readPartitions reads the partitions of tables of which the file names some, and of partitioned tables that Binary Reader
// follows: their compression is that of their partitions.
func (c *checker) readPartitions(ctx context.Context, found dictionary) {
	var tables []Table
	for _, t := range c.tables {
		d := found[t.key()]
		if d != nil && (len(t.Partitions) > 0 || d.partitioned && c.needs.CDC && c.needs.Capture == BinaryReader) {
			tables = append(tables, t)
		}
	}
	if len(tables) == 0 {
		return
	}
	err := c.ofTables(ctx, queryPartitions, tables, func(r *sql.Rows) error {
		var schema, name, partition, compressed text
		err := r.Scan(&schema, &name, &partition, &compressed)
		d := found[tableKey{schema.String, name.String}]
		if err != nil || d == nil {
			return err
		}
		d.partitions = append(d.partitions, partition.String)
		if strings.HasPrefix(compressed.String, "QUERY LOW") {
			d.compressed = compressed.String
		}
		return nil
	})
	if err != nil {
		c.unknown(failure{queryPartitions, err})
	}
}
