package dms

import (
	"fmt"
	"strings"
)

// The two ways in which DMS reads the redo log of an Oracle source.
const (
	logMiner     = "LogMiner"
	binaryReader = "Binary Reader"
)

// logReader returns how DMS reads the redo log of a source endpoint.
func (e *endpoint) logReader() string {
	set := map[string]string{}
	if e.oracle != nil {
		set["usebfile"], set["uselogminerreader"] = fmt.Sprint(e.oracle.UseBFile), fmt.Sprint(e.oracle.UseLogminerReader)
	}
	for attribute := range strings.SplitSeq(e.ExtraConnectionAttributes, ";") {
		if name, value, ok := strings.Cut(strings.TrimSpace(attribute), "="); ok {
			set[strings.ToLower(name)] = value
		}
	}
	yes := func(name string) bool {
		return strings.EqualFold(set[name], "true") || strings.EqualFold(set[name], "y")
	}
	if yes("usebfile") && !yes("uselogminerreader") {
		return binaryReader
	}
	return logMiner
}

// checkLogReader refuses to resume a task whose source was read in the other way before. The guide says to restart a CDC task
// after such a change (CHAP_Source.Oracle, "Using Oracle LogMiner or AWS DMS Binary Reader for CDC"); that a resume fails is an
// assumption. The caller holds the lock.
func (t *task) checkLogReader(source *endpoint, kind string) error {
	reader := source.logReader()
	if kind == resumeProcessing && t.migrationType != fullLoad && t.logReader != "" && t.logReader != reader {
		return verbatim(fmt.Sprintf("The task was started with %s and its source endpoint uses %s now: restart the task",
			t.logReader, reader))
	}
	t.logReader = reader
	return nil
}
