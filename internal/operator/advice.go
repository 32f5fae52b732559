package operator

import (
	"regexp"
	"slices"
	"strings"

	"github.com/oralake/oralake/internal/dms"
	"github.com/oralake/oralake/internal/manifest"
	"github.com/oralake/oralake/internal/run"
)

// Advice is something to do about a run. Because is the code that calls for it: the name of an error, a stop code or a table state of
// DMS, or a code of Oracle. It is empty for advice that follows from the tables.
type Advice struct {
	Because string `json:"because,omitempty"`
	Do      string `json:"do"`
}

// advices say what to do about a code. JOB stands for the job.
var advices = map[string]string{
	run.ErrorNotReady:   "list what the database lacks: oralake check --job JOB",
	run.ErrorTimedOut:   "raise timeLimitHours of the job, or split its large tables (parallel: auto)",
	run.ErrorHeldUp:     "look at the replication instance in the DMS console: it was not available for two hours",
	run.ErrorGivenUp:    "fix what the log says, then resume the task: oralake resume JOB",
	run.ErrorLeaseHeld:  "nothing was changed: start the request again when the holder of the lease has ended",
	run.ErrorLeaseLost:  "somebody deleted or took the job's lease: run the job again",
	run.ErrorNotAlerted: "allow the functions to publish to the topic in the output AlertTopicArn",
	"ABORTED":           "somebody stopped the run: a recovery has deleted what it left",
	"TIMED_OUT":         "the execution took longer than the state machine allows: look at the logs of the functions (output FunctionLogGroups)",
	"States.Timeout":    "a function did not answer in time: look at the logs of the functions (output FunctionLogGroups)",

	"STOPPED_DUE_TO_LOW_DISK":   "raise replication.storageGB in the file, and deploy",
	"STOPPED_DUE_TO_LOW_MEMORY": "choose a larger replication.class, or load fewer tables at once (parallelLoads)",

	dms.TableAbsent:    "the source has no such table, or the user may not read it: oralake check --job JOB",
	dms.TableCancelled: "DMS cancelled the table: the log says why; reload or run the job again",

	"ORA-00942": "the source has no such table, or the user may not read it: oralake check --job JOB",
	"ORA-00604": "the source fails in a statement of its own: ask its DBA",
	"ORA-01013": "somebody cancelled the query at the source: run the job again",
	"ORA-01017": "correct the user and the password in the department's secret",
	"ORA-01031": "the user lacks a privilege: oralake check --job JOB has the statements for a DBA",
	"ORA-01291": "the source has lost redo log that the task must read: docs/operations.md says how to go on",
	"ORA-01555": "the source forgot rows while they were read: raise UNDO_RETENTION there, or split the table's load (parallel: auto)",
	"ORA-01652": "the source has too little temporary space: ask its DBA",
	"ORA-12154": "correct the host, the port and source.database",
	"ORA-12170": "the instance does not reach the database: let its security groups in (output SecurityGroupIds)",
	"ORA-12505": "correct source.database: the listener does not know the SID",
	"ORA-12514": "correct source.database: the listener does not know the service",
	"ORA-12541": "nothing listens at the host and port of the secret: correct them, or start the listener",
	"ORA-28000": "the user is locked: have a DBA unlock it",
	"ORA-28001": "the user's password has expired: change it, also in the department's secret",
}

// oracleCode matches the codes of Oracle's errors.
var oracleCode = regexp.MustCompile(`\bORA-\d{5}\b`)

// codes are the codes in what is known of the run, in the order in which they matter, each once.
func (e Explanation) codes() []string {
	all := []string{e.Error}
	for _, t := range e.Tasks {
		all = append(all, dms.Description{StopReason: t.StopReason}.StopCode())
		all = append(all, oracleCode.FindAllString(t.FailureMessage+" "+t.StopReason, -1)...)
		for _, line := range t.Lines {
			all = append(all, oracleCode.FindAllString(line.Text, -1)...)
		}
	}
	for _, t := range e.Bad {
		all = append(all, t.State)
	}
	all = append(all, oracleCode.FindAllString(e.Run.Reason, -1)...)
	var once []string
	for _, code := range all {
		if code != "" && !slices.Contains(once, code) {
			once = append(once, code)
		}
	}
	return once
}

// mostTables is how many tables the advice names one by one.
const mostTables = 5

// advise says what to do about the run.
func (e Explanation) advise(job manifest.Job) (all []Advice) {
	switch e.Run.Outcome {
	case Running:
		return []Advice{{Do: "wait, or stop it: oralake stop " + job.Name}}
	case Skipped:
		return nil // The holder of the lease does the same.
	}
	if e.Run.Succeeded() && len(e.Bad) == 0 {
		return nil
	}
	for _, code := range e.codes() {
		if do, known := advices[code]; known {
			all = append(all, Advice{Because: code, Do: strings.ReplaceAll(do, "JOB", job.Name)})
		}
	}
	for _, t := range e.Bad[:min(len(e.Bad), mostTables)] {
		if do := t.decision(job.Name); do != "" {
			all = append(all, Advice{Do: do})
		}
	}
	if len(all) == 0 {
		all = append(all, Advice{Do: "read the reasons above, and the whole log of the task"})
	}
	if !job.Type.Continuous() && slices.ContainsFunc(e.Bad, func(t BadTable) bool { return len(t.Held) == 0 }) || e.Error != "" && len(e.Bad) == 0 {
		all = append(all, Advice{Do: "then run the job again: oralake run " + job.Name})
	}
	return all
}
