package dms

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	_ "embed"
)

// defaultSettings are the default task settings of DMS. They also define which settings exist.
//
//go:embed default_settings.json
var defaultSettings string

// taskSettings are the task settings that this DMS uses.
type taskSettings struct {
	TargetMetadata struct {
		SupportLobs        bool
		FullLobMode        bool
		LimitedSizeLobMode bool
		LobMaxSize         int // KB
		InlineLobMaxSize   int
	}
	FullLoadSettings struct {
		TargetTablePrepMode             string
		StopTaskCachedChangesApplied    bool
		StopTaskCachedChangesNotApplied bool
		MaxFullLoadSubTasks             int
		TransactionConsistencyTimeout   int // seconds
		CommitRate                      int
	}
	ChangeProcessingDdlHandlingPolicy struct {
		HandleSourceTableDropped   bool
		HandleSourceTableTruncated bool
		HandleSourceTableAltered   bool
	}
	Logging       struct{ EnableLogging bool }
	ErrorBehavior errorBehavior
}

// errorBehavior has the policies for errors of rows and tables.
type errorBehavior struct {
	DataErrorPolicy            string
	DataTruncationErrorPolicy  string
	DataErrorEscalationPolicy  string
	DataErrorEscalationCount   int // 0 never escalates
	TableErrorPolicy           string
	TableErrorEscalationPolicy string
	TableErrorEscalationCount  int // 0 never escalates
	FailOnNoTablesCaptured     bool
	// FailOnTransactionConsistencyBreached fails a task whose full load would begin while a transaction is still open.
	FailOnTransactionConsistencyBreached bool
}

// The values of the error policies.
const (
	ignoreRecord = "IGNORE_RECORD"
	logError     = "LOG_ERROR"
	suspendTable = "SUSPEND_TABLE"
	stopTask     = "STOP_TASK"
)

const (
	maxSubTasks   = 49
	maxCommitRate = 50_000
)

// mergeSettings replaces settings in complete with the settings in given, as DMS does. It returns the complete result as
// JSON and decoded. It fails for an unknown setting and for a value that is not implemented.
func mergeSettings(complete, given string) (string, taskSettings, error) {
	var base map[string]any
	var s taskSettings
	if err := json.Unmarshal([]byte(complete), &base); err != nil {
		return "", s, err
	}
	if strings.TrimSpace(given) != "" {
		var over map[string]any
		if err := json.Unmarshal([]byte(given), &over); err != nil {
			return "", s, invalidValue("Invalid task settings JSON: %v", err)
		}
		if err := overlay(base, over, ""); err != nil {
			return "", s, err
		}
	}
	b, err := json.Marshal(base)
	if err != nil {
		return "", s, err
	}
	if err := json.Unmarshal(b, &s); err != nil {
		return "", s, invalidValue("Invalid task settings JSON: %v", err)
	}
	return string(b), s, s.check()
}

// freeForm are the settings that may have any content: log levels and the location of the log.
var freeForm = []string{
	"Logging.LogComponents", "Logging.CloudWatchLogGroup", "Logging.CloudWatchLogStream",
}

// settable are the settings and sections that may differ from the default of DMS. Each is implemented, or is checked, or
// only affects AWS itself.
var settable = []string{
	"TargetMetadata.SupportLobs", "TargetMetadata.FullLobMode", "TargetMetadata.LimitedSizeLobMode",
	"TargetMetadata.LobMaxSize", "TargetMetadata.InlineLobMaxSize", "TargetMetadata.LobChunkSize",
	"FullLoadSettings.TargetTablePrepMode", "FullLoadSettings.StopTaskCachedChangesApplied",
	"FullLoadSettings.StopTaskCachedChangesNotApplied", "FullLoadSettings.MaxFullLoadSubTasks",
	"FullLoadSettings.TransactionConsistencyTimeout", "FullLoadSettings.CommitRate",
	"Logging.EnableLogging",
	"StreamBufferSettings", "ChangeProcessingDdlHandlingPolicy", "ChangeProcessingTuning",
	"ErrorBehavior.DataErrorPolicy", "ErrorBehavior.DataTruncationErrorPolicy", "ErrorBehavior.DataErrorEscalationPolicy",
	"ErrorBehavior.DataErrorEscalationCount", "ErrorBehavior.TableErrorPolicy", "ErrorBehavior.TableErrorEscalationPolicy",
	"ErrorBehavior.TableErrorEscalationCount", "ErrorBehavior.FailOnNoTablesCaptured",
	"ErrorBehavior.ApplyErrorDeletePolicy", "ErrorBehavior.ApplyErrorInsertPolicy", "ErrorBehavior.ApplyErrorUpdatePolicy",
	"ErrorBehavior.ApplyErrorEscalationPolicy", "ErrorBehavior.ApplyErrorEscalationCount",
	"ErrorBehavior.ApplyErrorFailOnTruncationDdl", "ErrorBehavior.FullLoadIgnoreConflicts",
	"ErrorBehavior.FailOnTransactionConsistencyBreached",
	"FailTaskWhenCleanTaskResourceFailed",
}

func isSettable(at string) bool {
	section, _, _ := strings.Cut(at, ".")
	return slices.Contains(settable, at) || slices.Contains(settable, section)
}

func overlay(base, over map[string]any, path string) error {
	for name, value := range over {
		at := strings.TrimPrefix(path+"."+name, ".")
		old, known := base[name]
		if !known {
			return invalidValue("Invalid task settings JSON: there is no setting %s", at)
		}
		if slices.Contains(freeForm, at) {
			base[name] = value
			continue
		}
		section, isSection := old.(map[string]any)
		inside, givesSection := value.(map[string]any)
		switch {
		case isSection && givesSection:
			if err := overlay(section, inside, at); err != nil {
				return err
			}
		case isSection && value != nil:
			return invalidValue("Invalid task settings JSON: %s is not an object", at)
		case isSection:
			// A null section changes nothing.
		case old == nil && value != nil:
			return invalidValue("the embedded AWS does not implement the task setting %s", at)
		case old != nil && fmt.Sprintf("%T", old) != fmt.Sprintf("%T", value):
			return invalidValue("Invalid task settings JSON: %s is %v: want a value such as %v", at, value, old)
		case old != value && !isSettable(at):
			return invalidValue("the embedded AWS does not implement the task setting %s with %#v, only with DMS's default %#v",
				at, value, old)
		default:
			base[name] = value
		}
	}
	return nil
}

func (s *taskSettings) check() error {
	m, l := s.TargetMetadata, s.FullLoadSettings
	switch {
	case m.SupportLobs && m.FullLobMode:
		return invalidCombination("FullLobMode is not supported with an S3 target: use LimitedSizeLobMode")
	case m.InlineLobMaxSize > 0:
		return invalidCombination("InlineLobMaxSize is not supported with an S3 target: use LimitedSizeLobMode")
	case m.LobMaxSize < 0:
		return invalidValue("LobMaxSize is %d: want 0 KB or more", m.LobMaxSize)
	case !slices.Contains([]string{"DO_NOTHING", "DROP_AND_CREATE", "TRUNCATE_BEFORE_LOAD"}, l.TargetTablePrepMode):
		return invalidValue("TargetTablePrepMode is %q: want DO_NOTHING, DROP_AND_CREATE or TRUNCATE_BEFORE_LOAD",
			l.TargetTablePrepMode)
	case l.MaxFullLoadSubTasks < 1 || l.MaxFullLoadSubTasks > maxSubTasks:
		return invalidValue("MaxFullLoadSubTasks is %d: want 1 to %d", l.MaxFullLoadSubTasks, maxSubTasks)
	case l.TransactionConsistencyTimeout < 0:
		return invalidValue("TransactionConsistencyTimeout is %d: want 0 seconds or more", l.TransactionConsistencyTimeout)
	case l.CommitRate < 1 || l.CommitRate > maxCommitRate:
		return invalidValue("CommitRate is %d: want 1 to %d", l.CommitRate, maxCommitRate)
	}
	return s.ErrorBehavior.check()
}

func (e *errorBehavior) check() error {
	for _, policy := range []struct {
		name, value string
		choices     []string
	}{
		{"DataErrorPolicy", e.DataErrorPolicy, []string{ignoreRecord, logError, suspendTable, stopTask}},
		{"DataTruncationErrorPolicy", e.DataTruncationErrorPolicy, []string{ignoreRecord, logError, suspendTable, stopTask}},
		{"DataErrorEscalationPolicy", e.DataErrorEscalationPolicy, []string{suspendTable, stopTask}},
		{"TableErrorPolicy", e.TableErrorPolicy, []string{suspendTable, stopTask}},
		{"TableErrorEscalationPolicy", e.TableErrorEscalationPolicy, []string{stopTask}},
	} {
		if !slices.Contains(policy.choices, policy.value) {
			return invalidValue("%s is %q: want one of %s", policy.name, policy.value, strings.Join(policy.choices, ", "))
		}
	}
	if e.DataErrorEscalationCount < 0 || e.TableErrorEscalationCount < 0 {
		return invalidValue("DataErrorEscalationCount is %d and TableErrorEscalationCount %d: want 0 or more",
			e.DataErrorEscalationCount, e.TableErrorEscalationCount)
	}
	return nil
}

// lobMax returns the size at which the task truncates LOBs, in bytes. It is 0 when the task leaves LOBs out.
func (s *taskSettings) lobMax() int {
	if !s.TargetMetadata.SupportLobs || !s.TargetMetadata.LimitedSizeLobMode {
		return 0
	}
	return s.TargetMetadata.LobMaxSize << 10
}
