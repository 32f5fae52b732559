package contract

import (
	"errors"
	"fmt"
	"strconv"
	"time"
)

// Environment variables of every function but the check.
const (
	EnvDepartment = "ORALAKE_DEPARTMENT"
	EnvStack      = "ORALAKE_STACK"
	EnvTable      = "ORALAKE_TABLE"
	EnvRecordDays = "ORALAKE_RECORD_DAYS"
	// EnvPace is set by an embedded AWS alone; see Environment.Pace.
	EnvPace = "ORALAKE_PACE"
)

// Environment variables of single functions; the stack sets each where a function reads it.
const (
	EnvManifestBucket    = "ORALAKE_MANIFEST_BUCKET"
	EnvManifestKey       = "ORALAKE_MANIFEST_KEY"
	EnvInstanceARN       = "ORALAKE_INSTANCE_ARN"
	EnvInstanceName      = "ORALAKE_INSTANCE_NAME"
	EnvSourceEndpointARN = "ORALAKE_SOURCE_ENDPOINT_ARN"
	EnvFullEndpointARN   = "ORALAKE_FULL_ENDPOINT_ARN"
	EnvCDCEndpointARN    = "ORALAKE_CDC_ENDPOINT_ARN"
	EnvLakeBucket        = "ORALAKE_LAKE_BUCKET"
	EnvTopicARN          = "ORALAKE_TOPIC_ARN"
	EnvTaskLogGroup      = "ORALAKE_TASK_LOG_GROUP"
	EnvSecretID          = "ORALAKE_SECRET_ID"
	EnvDatabase          = "ORALAKE_DATABASE"
)

// Environment is what the stack tells every function.
type Environment struct {
	Department string
	Stack      string // the stack's name: the tag of its tasks, and the beginning of their identifiers
	Table      string // the DynamoDB table of the records
	RecordDays int    // how many days records are kept
	// Pace is how many times faster than on AWS things happen: 1 on AWS, more where the clock of an embedded AWS is faster.
	Pace float64
}

// Real is how long something takes here that takes onAWS on AWS.
func (e Environment) Real(onAWS time.Duration) time.Duration {
	if e.Pace <= 1 {
		return onAWS
	}
	return time.Duration(float64(onAWS) / e.Pace)
}

// Reader reads the environment of a function. It collects what is wrong, so that one error names all of it.
type Reader struct {
	getenv   func(string) string
	problems []error
}

// NewReader reads variables with getenv.
func NewReader(getenv func(string) string) *Reader { return &Reader{getenv: getenv} }

// Common reads what every function is told.
func (r *Reader) Common() Environment {
	e := Environment{
		Department: r.Need(EnvDepartment), Stack: r.Need(EnvStack), Table: r.Need(EnvTable), Pace: 1,
	}
	if days := r.Need(EnvRecordDays); days != "" {
		var err error
		if e.RecordDays, err = strconv.Atoi(days); err != nil {
			r.problems = append(r.problems, fmt.Errorf("environment variable %s is %q, not a number: deploy the stack again", EnvRecordDays, days))
		}
	}
	if pace := r.getenv(EnvPace); pace != "" {
		var err error
		if e.Pace, err = strconv.ParseFloat(pace, 64); err != nil || !(e.Pace >= 1) {
			r.problems = append(r.problems, fmt.Errorf("environment variable %s is %q, not a number from 1 up", EnvPace, pace))
		}
	}
	return e
}

// Need reads a variable that the function cannot do without.
func (r *Reader) Need(name string) string {
	value := r.getenv(name)
	if value == "" {
		r.problems = append(r.problems, fmt.Errorf("environment variable %s is not set: deploy the stack again", name))
	}
	return value
}

// Err is everything that was wrong; nil if nothing was.
func (r *Reader) Err() error { return errors.Join(r.problems...) }
