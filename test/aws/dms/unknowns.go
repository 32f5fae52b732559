package dms

// Unknowns are answers to questions that AWS's documentation leaves open. The zero value has the answers that
// docs/assumptions.md assumes.
type Unknowns struct {
	// CDCTableState is the state of the tables of a cdc task. Empty means "Table completed", which the guide documents for
	// full loads only.
	CDCTableState string
	// KeepsLoadTimes says that ReloadTables does not renew the full-load times of a table.
	KeepsLoadTimes bool
	// AfterStart says that a task misses a transaction that began exactly at its start position. The guide says that DMS
	// captures transactions that started after the start point, and does not say what that means for the point itself.
	AfterStart bool
	// TagsCheckedOnParts says that CreateReplicationTask with tags needs dms:AddTagsToResource on the instance and the endpoints, and
	// not on the new task.
	TagsCheckedOnParts bool
}
