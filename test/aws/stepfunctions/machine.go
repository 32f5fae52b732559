package stepfunctions

import (
	"crypto/rand"
	"fmt"
	"maps"
	"regexp"
	"strings"
	"time"

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
	tags      map[string]string
}

// revision is what can be updated of a state machine.
type revision struct {
	id         string // empty until the first update
	updated    time.Time
	definition string
	parsed     *asl.Machine
	roleARN    string
	logging    loggingConfiguration
	tracing    tracingConfiguration
	encryption *encryptionConfiguration
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

// encryptionConfiguration is kept and described; encryption at rest shows nowhere else in the API.
type encryptionConfiguration struct {
	Type         string `json:"type"`
	KMSKeyID     string `json:"kmsKeyId,omitempty"`
	ReuseSeconds int64  `json:"kmsDataKeyReusePeriodSeconds,omitempty"`
}

// settings are what creation and updates take; nil means: as it is (update), or the default (creation).
type settings struct {
	Definition *string                  `json:"definition"`
	RoleARN    *string                  `json:"roleArn"`
	Logging    *loggingConfiguration    `json:"loggingConfiguration"`
	Tracing    *tracingConfiguration    `json:"tracingConfiguration"`
	Encryption *encryptionConfiguration `json:"encryptionConfiguration"`
}

var (
	rolePattern  = regexp.MustCompile(`^arn:[a-z-]+:iam::\d{12}:role/.+$`)
	groupPattern = regexp.MustCompile(`^arn:[a-z-]+:logs:[a-z0-9-]+:\d{12}:log-group:([^:*]+):\*$`)
)

// apply checks the settings and returns r changed by them. The error is a *gateway.Error.
func (r revision) apply(set settings) (revision, error) {
	if set.Definition != nil {
		parsed, err := asl.ParseMachine(*set.Definition)
		if err != nil {
			return r, gateway.Errorf("InvalidDefinition", "%s", err.Error())
		}
		r.definition, r.parsed = *set.Definition, parsed
	}
	if set.RoleARN != nil {
		if !rolePattern.MatchString(*set.RoleARN) {
			return r, gateway.Errorf("InvalidArn", "Invalid Role Arn: '%s'", *set.RoleARN)
		}
		r.roleARN = *set.RoleARN
	}
	if set.Logging != nil {
		r.logging = *set.Logging
		if r.logging.Level == "" {
			r.logging.Level = "OFF"
		}
		if err := r.logging.check(); err != nil {
			return r, err
		}
	}
	if set.Tracing != nil {
		r.tracing = *set.Tracing
	}
	if set.Encryption != nil {
		r.encryption = set.Encryption
	}
	return r, nil
}

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

// create makes a state machine. One that exists with the very same settings is returned; with others it is
// StateMachineAlreadyExists.
func (s *Service) create(name string, set settings, tags map[string]string) (*machine, error) {
	if err := checkName(name); err != nil {
		return nil, err
	}
	if set.Definition == nil || set.RoleARN == nil {
		return nil, gateway.Errorf("ValidationException", "definition and roleArn are required")
	}
	r, err := revision{logging: loggingConfiguration{Level: "OFF"}}.apply(set)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	arn := s.machineARN(name)
	if m := s.machines[arn]; m != nil {
		if m.deleting {
			return nil, gateway.Errorf("StateMachineDeleting", "State Machine is being deleted: '%s'", arn)
		}
		if !m.revision.same(r) {
			return nil, gateway.Errorf("StateMachineAlreadyExists", "State Machine Already Exists: '%s'", arn)
		}
		return m, nil
	}
	s.made++
	m := &machine{arn: arn, name: name, number: s.made, created: time.Now(), revision: r, tags: maps.Clone(tags)}
	s.machines[arn] = m
	return m, nil
}

func (r revision) same(other revision) bool {
	return r.definition == other.definition && r.roleARN == other.roleARN && r.tracing == other.tracing &&
		fmt.Sprint(r.logging) == fmt.Sprint(other.logging)
}

// update gives a state machine a new revision; running executions keep theirs.
func (s *Service) update(arn string, set settings) (revision, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m, err := s.find(arn)
	if err != nil {
		return revision{}, err
	}
	r, err := m.revision.apply(set)
	if err != nil {
		return revision{}, err
	}
	r.id, r.updated = newID(), time.Now()
	m.revision = r
	return r, nil
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

// newID is a random identifier in the form of a UUID.
func newID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
