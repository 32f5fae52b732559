package dms

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// defaultSettings are the task settings of a task that gives none. They also say which settings there are.
//
//go:embed default_settings.json
var defaultSettings string

// taskSettings are what this DMS reads of the settings of a task.
type taskSettings struct {
	TargetMetadata struct {
		TargetSchema       string
		SupportLobs        bool
		FullLobMode        bool
		LimitedSizeLobMode bool
		LobMaxSize         int // KB
		InlineLobMaxSize   int
		BatchApplyEnabled  bool
	}
	FullLoadSettings struct {
		TargetTablePrepMode             string
		StopTaskCachedChangesApplied    bool
		StopTaskCachedChangesNotApplied bool
		MaxFullLoadSubTasks             int
		CommitRate                      int
	}
	ErrorBehavior struct {
		TableErrorPolicy       string
		FailOnNoTablesCaptured bool
	}
	ControlTablesSettings struct {
		HistoryTableEnabled, SuspendedTablesTableEnabled, StatusTableEnabled, FullLoadExceptionTableEnabled bool
	}
	ValidationSettings struct{ EnableValidation bool }
	TTSettings         struct{ EnableTT bool }
}

const (
	maxSubTasks   = 49
	maxCommitRate = 50_000
)

// mergeSettings puts given settings over others, which are complete, as DMS does, and returns them complete with what
// they mean. A setting that DMS does not have is an error, and so is one that asks for what is not implemented.
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

// free are the settings whose inside is the caller's own.
var free = []string{
	"Logging.LogComponents", "Logging.CloudWatchLogGroup", "Logging.CloudWatchLogStream",
}

func overlay(base, over map[string]any, path string) error {
	for name, value := range over {
		at := strings.TrimPrefix(path+"."+name, ".")
		old, known := base[name]
		if !known {
			return invalidValue("Invalid task settings JSON: there is no setting %s", at)
		}
		if slices.Contains(free, at) {
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
			// A null section keeps what there is.
		case old == nil && value != nil:
			return invalidValue("the embedded AWS does not implement the task setting %s", at)
		case old != nil && fmt.Sprintf("%T", old) != fmt.Sprintf("%T", value):
			return invalidValue("Invalid task settings JSON: %s is %v: want a value such as %v", at, value, old)
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
		return invalidValue("LobMaxSize is %d: want KB", m.LobMaxSize)
	case m.TargetSchema != "":
		return invalidValue("the embedded AWS does not implement the task setting TargetMetadata.TargetSchema")
	case s.ValidationSettings.EnableValidation:
		return invalidValue("the embedded AWS does not implement the task setting ValidationSettings.EnableValidation")
	case s.TTSettings.EnableTT:
		return invalidValue("the embedded AWS does not implement the task setting TTSettings.EnableTT")
	case s.ControlTablesSettings.HistoryTableEnabled || s.ControlTablesSettings.StatusTableEnabled ||
		s.ControlTablesSettings.SuspendedTablesTableEnabled || s.ControlTablesSettings.FullLoadExceptionTableEnabled:
		return invalidValue("the embedded AWS does not implement the task settings ControlTablesSettings")
	case !slices.Contains([]string{"DO_NOTHING", "DROP_AND_CREATE", "TRUNCATE_BEFORE_LOAD"}, l.TargetTablePrepMode):
		return invalidValue("TargetTablePrepMode is %q: want DO_NOTHING, DROP_AND_CREATE or TRUNCATE_BEFORE_LOAD",
			l.TargetTablePrepMode)
	case l.MaxFullLoadSubTasks < 1 || l.MaxFullLoadSubTasks > maxSubTasks:
		return invalidValue("MaxFullLoadSubTasks is %d: want 1 to %d", l.MaxFullLoadSubTasks, maxSubTasks)
	case l.CommitRate < 1 || l.CommitRate > maxCommitRate:
		return invalidValue("CommitRate is %d: want 1 to %d", l.CommitRate, maxCommitRate)
	case !slices.Contains([]string{"SUSPEND_TABLE", "STOP_TASK"}, s.ErrorBehavior.TableErrorPolicy):
		return invalidValue("TableErrorPolicy is %q: want SUSPEND_TABLE or STOP_TASK", s.ErrorBehavior.TableErrorPolicy)
	}
	return nil
}

// lobMax is where the task cuts LOBs off, in bytes; 0 when it leaves them out.
func (s *taskSettings) lobMax() int {
	if !s.TargetMetadata.SupportLobs || !s.TargetMetadata.LimitedSizeLobMode {
		return 0
	}
	return s.TargetMetadata.LobMaxSize << 10
}
