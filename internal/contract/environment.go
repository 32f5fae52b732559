package contract

import (
	"errors"
	"fmt"
	"strconv"
	"time"
)

// Environment variables of every function except the check function.
const (
	EnvDepartment = "ORALAKE_DEPARTMENT"
	EnvStack      = "ORALAKE_STACK"
	EnvTable      = "ORALAKE_TABLE"
	EnvRecordDays = "ORALAKE_RECORD_DAYS"
	// EnvPace is set only where the functions run in an embedded AWS; see Environment.Pace.
	EnvPace = "ORALAKE_PACE"
)

// Environment variables of single functions. The stack gives each only to the functions that read it.
const (
	EnvManifestBucket    = "ORALAKE_MANIFEST_BUCKET"
	EnvManifestKey       = "ORALAKE_MANIFEST_KEY"
	EnvInstanceARN       = "ORALAKE_INSTANCE_ARN"
	EnvInstanceName      = "ORALAKE_INSTANCE_NAME"
	EnvSourceEndpointARN = "ORALAKE_SOURCE_ENDPOINT_ARN"
	EnvFullEndpointARN   = "ORALAKE_FULL_ENDPOINT_ARN"
	EnvCDCEndpointARN    = "ORALAKE_CDC_ENDPOINT_ARN"
	EnvLoadEndpointARN   = "ORALAKE_LOAD_ENDPOINT_ARN"
	EnvLakeBucket        = "ORALAKE_LAKE_BUCKET"
	EnvKeepSnapshots     = "ORALAKE_KEEP_SNAPSHOTS"
	EnvReadersMinutes    = "ORALAKE_READERS_MINUTES"
	EnvTopicARN          = "ORALAKE_TOPIC_ARN"
	EnvTaskLogGroup      = "ORALAKE_TASK_LOG_GROUP"
	EnvSecretID          = "ORALAKE_SECRET_ID"
	EnvDatabase          = "ORALAKE_DATABASE"
	EnvCertificateARN    = "ORALAKE_CERTIFICATE_ARN" // empty without sslMode: verify-ca
	// EnvCatalogDatabase is the database in the Data Catalog. It is not set in a department with catalog: off.
	EnvCatalogDatabase = "ORALAKE_CATALOG_DATABASE"
)

// Environment is what the stack gives to every function.
type Environment struct {
	Department string
	Stack      string // the stack's name: a tag of its tasks, and the first part of their identifiers
	Table      string // the DynamoDB table of the records
	RecordDays int    // how many days DynamoDB keeps a record
	// Pace says how many times faster than on AWS time passes: 1 on AWS, more in an embedded AWS with a faster clock.
	Pace float64
}

// Real returns how long something takes here if it takes onAWS on AWS.
func (e Environment) Real(onAWS time.Duration) time.Duration {
	if e.Pace <= 1 {
		return onAWS
	}
	return time.Duration(float64(onAWS) / e.Pace)
}

// Reader reads the environment of a function. It collects all problems, so that one error names them all.
type Reader struct {
	getenv   func(string) string
	problems []error
}

// NewReader reads variables with getenv.
func NewReader(getenv func(string) string) *Reader { return &Reader{getenv: getenv} }

// Common reads the variables that every function has.
func (r *Reader) Common() Environment {
	e := Environment{
		Department: r.Need(EnvDepartment), Stack: r.Need(EnvStack), Table: r.Need(EnvTable), Pace: 1,
	}
	e.RecordDays = r.NeedNumber(EnvRecordDays)
	if pace := r.getenv(EnvPace); pace != "" {
		var err error
		if e.Pace, err = strconv.ParseFloat(pace, 64); err != nil || !(e.Pace >= 1) {
			r.problems = append(r.problems, fmt.Errorf("environment variable %s is %q: it must be a number from 1 up; set it where the function starts", EnvPace, pace))
		}
	}
	return e
}

// Need reads a variable. It is a problem if the variable is not set.
func (r *Reader) Need(name string) string {
	value := r.getenv(name)
	if value == "" {
		r.problems = append(r.problems, fmt.Errorf("environment variable %s is not set; deploy the stack again", name))
	}
	return value
}

// NeedNumber reads a variable that is a whole number. It is a problem if the variable is not set or no number.
func (r *Reader) NeedNumber(name string) (n int) {
	text := r.Need(name)
	if text == "" {
		return 0
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		r.problems = append(r.problems, fmt.Errorf("environment variable %s is %q: it must be a whole number; deploy the stack again", name, text))
	}
	return n
}

// Err returns all problems as one error; nil if there is none.
func (r *Reader) Err() error { return errors.Join(r.problems...) }
