package contract

// Folders of the lake's bucket.
const (
	FullFolder = "full" // full loads: full/SCHEMA/TABLE/
	CDCFolder  = "cdc"  // jobs that follow changes: cdc/SCHEMA/TABLE/
	RunsFolder = "runs" // documents of runs, such as requests to the check function and its answers: runs/JOB/START-EXECUTION/
)
