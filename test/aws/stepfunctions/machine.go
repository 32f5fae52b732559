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

// machine is a state machine. Its revision is replaced as a whole by an update, so that an execution keeps the one it
// started with. Service.mu guards it.
type machine struct {
	arn, name string
	number    int64 // counts the service's machines, to list them in order
	created   time.Time
	deleting  bool
	revision  revision
}

// revision is what can be updated of a state machine.
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
			"Invalid Logging Configuration: level %s is none of OFF, FATAL, ERROR, ALL", c.Level)
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
			"Invalid Logging Configuration: %q is not the ARN of a log group; it ends with :*", arn)
	}
	return nil
}

// groupName is the log group that c writes to, empty when there is none.
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

// find is StateMachineDoesNotExist for an unknown machine and for one that is being deleted; s.mu is held.
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

// create makes a state machine. Also one that exists with the very same settings is an error, unlike at
// CreateStateMachine: two stacks would own it.
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
	s.made++
	m := &machine{arn: arn, name: name, number: s.made, created: time.Now(), revision: r}
	s.machines[arn] = m
	return m, nil
}

// update gives a state machine a new revision and returns its id; running executions keep theirs.
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

// remove deletes a state machine: nothing starts any more, running executions are aborted at their next transition,
// and the machine is gone when the last one has ended. It returns those executions.
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
