package oracledb

import "context"

// PartitionDDL is the kind of a change by DDL on a partition: DROP, EXCHANGE or TRUNCATE PARTITION. ADD PARTITION changes no row.
const PartitionDDL Op = "PARTITION"

// TruncatePartition deletes the rows of a partition, which are those that a condition selects. The redo log holds this as one
// change, without the rows.
func (d *Database) TruncatePartition(ctx context.Context, t Table, condition string) error {
	return d.define(ctx, t, PartitionDDL, "DELETE FROM "+t.quoted()+" WHERE "+condition)
}
