package contract

// Folders of the lake's bucket.
const (
	FullFolder    = "full"    // full loads: full/SCHEMA__RUN/TABLE/
	CurrentFolder = "current" // which full load of each table readers read: current/SCHEMA/TABLE.json
	CDCFolder     = "cdc"     // jobs that follow changes: cdc/SCHEMA/TABLE/
	RunsFolder    = "runs"    // documents of runs, such as requests to the check function and its answers: runs/JOB/START-EXECUTION/
)

// CurrentKey is the key of the document that says which full load of a table readers read. schema and table are the names in the lake.
func CurrentKey(schema, table string) string {
	return CurrentFolder + "/" + schema + "/" + table + ".json"
}
