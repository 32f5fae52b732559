package stepfunctions

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/oralake/oralake/test/aws/gateway"
	"github.com/oralake/oralake/test/aws/stepfunctions/asl"
)

// machine is a state machine. An update replaces the whole revision, so an execution keeps the revision of its start.
// Service.mu guards all fields.
type machine struct {
	arn, name string
	number    int64 // the position in the order of creation; lists are sorted by it
	created   time.Time
	deleting  bool
	revision  revision
}

// revision has the settings of a state machine that an update can change.
type revision struct {
	id         string // empty until the first update
	definition string
	parsed     *asl.Machine
	roleARN    string
	logging    loggingConfiguration
	tracing    tracingConfiguration
}

type loggingConfiguration struct {
	Level                string           `json:"level,omitempty"` // OFF, FATAL, ERROR or ALL
	IncludeExecutionData bool             `json:"includeExecutionData"`
	Destinations         []logDestination `json:"destinations,omitempty"`
}

type logDestination struct {
	LogGroup logGroup `json:"cloudWatchLogsLogGroup"`
}

type logGroup struct {
	ARN string `json:"logGroupArn"`
}

type tracingConfiguration struct {
	Enabled bool `json:"enabled"`
}

var (
	rolePattern  = regexp.MustCompile(`^arn:[a-z-]+:iam::\d{12}:role/.+$`)
	groupPattern = regexp.MustCompile(`^arn:[a-z-]+:logs:[a-z0-9-]+:\d{12}:log-group:([^:*]+):\*$`)
)

func (c loggingConfiguration) check() error {
	if _, known := logLevels[c.Level]; !known {
		return gateway.Errorf("InvalidLoggingConfiguration",
			"Invalid Logging Configuration: level is %s, want OFF, FATAL, ERROR or ALL", c.Level)
	}
	if c.Level == "OFF" && len(c.Destinations) == 0 {
		return nil
	}
	if len(c.Destinations) != 1 {
		return gateway.Errorf("InvalidLoggingConfiguration",
			"Invalid Logging Configuration: Must specify exactly one Log Destination.")
	}
	if arn := c.Destinations[0].LogGroup.ARN; !groupPattern.MatchString(arn) {
		return gateway.Errorf("InvalidLoggingConfiguration",
			"Invalid Logging Configuration: %q is not the ARN of a log group: the ARN must end with :*", arn)
	}
	return nil
}

// groupName is the name of the log group, or empty without a log group.
func (c loggingConfiguration) groupName() string {
	if len(c.Destinations) == 0 {
		return ""
	}
	if m := groupPattern.FindStringSubmatch(c.Destinations[0].LogGroup.ARN); m != nil {
		return m[1]
	}
	return ""
}

func (s *Service) machineARN(name string) string {
	return s.account.ARN("states", "stateMachine:"+name)
}

// find returns a state machine. The error is StateMachineDoesNotExist when it is unknown or DELETING. The caller holds
// s.mu.
func (s *Service) find(arn string) (*machine, error) {
	if !strings.HasPrefix(arn, "arn:") {
		return nil, gateway.Errorf("InvalidArn", "Invalid Arn: '%s'", arn)
	}
	m := s.machines[arn]
	if m == nil || m.deleting {
		return nil, gateway.Errorf("StateMachineDoesNotExist", "State Machine Does Not Exist: '%s'", arn)
	}
	return m, nil
}

// create creates a state machine. An existing name is an error even with equal settings, unlike in CreateStateMachine:
// otherwise two stacks would own the state machine.
func (s *Service) create(name string, r revision) (*machine, error) {
	if err := checkName(name); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	arn := s.machineARN(name)
	if m := s.machines[arn]; m != nil {
		return nil, fmt.Errorf("create state machine %s: it already exists", name)
	}
	s.created++
	m := &machine{arn: arn, name: name, number: s.created, created: time.Now(), revision: r}
	s.machines[arn] = m
	return m, nil
}

// update gives a state machine a new revision and returns the id of the revision. Running executions keep their
// revision.
func (s *Service) update(arn string, r revision) (id string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m, err := s.find(arn)
	if err != nil {
		return "", err
	}
	r.id = uuid.NewString()
	m.revision = r
	return r.id, nil
}

// remove deletes a state machine and returns its running executions. No new execution can start. A running execution is
// aborted at its next transition. The state machine exists as DELETING until its last execution has ended.
func (s *Service) remove(arn string) []*execution {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.machines[arn]
	if m == nil {
		return nil
	}
	m.deleting = true
	var running []*execution
	for _, e := range s.executions {
		if e.machine == m && e.running() {
			running = append(running, e)
		}
	}
	if len(running) == 0 {
		delete(s.machines, arn)
	}
	return running
}
