package manifest

import "github.com/oralake/oralake/internal/department"

// Gates are the conditions under which readers get a load of a table.
type Gates struct {
	MinRows int64 `json:"minRows,omitempty"` // the fewest rows
	// MaxDropPercent is by how many percent the load may have fewer rows than the one that readers see. It counts if readers see at
	// least DropFrom rows. A load without rows has dropped by 100 percent, however many they see.
	MaxDropPercent int   `json:"maxDropPercent"`
	DropFrom       int64 `json:"dropFrom"`
	MaxHours       int   `json:"maxHours,omitempty"` // since the start of the load; 0 for no limit
	// OnSchemaChange is department.HoldOnChange, PublishOnChange or FailOnChange.
	OnSchemaChange string `json:"onSchemaChange"`
}

// gatesOf compiles the gates of a table of a full-load job.
func gatesOf(j department.Job, t department.Table) *Gates {
	g := j.GatesOf(t)
	compiled := Gates{
		MinRows: int64(g.MinRows), MaxDropPercent: department.DefaultMaxDropPercent, DropFrom: department.SmallTable,
		MaxHours: g.MaxHours, OnSchemaChange: g.OnSchemaChange,
	}
	if g.MaxDropPercent != nil {
		compiled.MaxDropPercent, compiled.DropFrom = *g.MaxDropPercent, 1
	}
	return &compiled
}
