package run

import (
	"errors"
	"fmt"
	"strconv"
	"time"
)

// Environment is what the stack tells its functions.
type Environment struct {
	Department string
	Stack      string // the stack's name: the tasks' tag and the beginning of their identifiers
	Table      string // the statistics table
	RecordDays int    // how long records are kept
	// Pace is how many times faster than on AWS things take their time. It is 1 but for an embedded AWS whose clock is
	// faster, which says so with ORALAKE_PACE.
	Pace float64

	// Of Record only: who is told of a failed run, the replication instance by its identifier, and where its tasks' logs are.
	TopicARN, InstanceName, TaskLogGroup string
	// Also of Record: where the full loads lie in the lake.
	LakeFolder string
	// Of Record, and of Create in a department that asks the database: the lake. What a run has to say at length lies there.
	LakeBucket string

	// Of Create only: the deployed manifest, and what tasks connect.
	Manifest     ManifestAddress
	Instance     string
	Source       string
	FullEndpoint string
	CDCEndpoint  string
}

// ReadEnvironment reads the environment of any function with getenv, and complains of all that is missing at once.
func ReadEnvironment(getenv func(string) string) (Environment, error) {
	r := reader{getenv: getenv}
	e := Environment{
		Department: r.need("ORALAKE_DEPARTMENT"),
		Stack:      r.need("ORALAKE_STACK"),
		Table:      r.need("ORALAKE_TABLE"),
	}
	days, err := strconv.Atoi(r.need("ORALAKE_RECORD_DAYS"))
	if err != nil {
		r.problems = append(r.problems, fmt.Errorf("ORALAKE_RECORD_DAYS is not a number: %w", err))
	}
	e.RecordDays, e.Pace = days, 1
	if pace := getenv("ORALAKE_PACE"); pace != "" {
		if e.Pace, err = strconv.ParseFloat(pace, 64); err != nil || !(e.Pace >= 1) {
			r.problems = append(r.problems, fmt.Errorf("ORALAKE_PACE is %q, not a number from 1 up", pace))
		}
	}
	return e, r.err()
}

// Real is how long really lasts what takes a time on AWS.
func (e Environment) Real(onAWS time.Duration) time.Duration {
	if e.Pace <= 1 {
		return onAWS
	}
	return time.Duration(float64(onAWS) / e.Pace)
}

// ReadCreateEnvironment reads the environment of Create, which is told more than the others.
func ReadCreateEnvironment(getenv func(string) string) (Environment, error) {
	e, err := ReadEnvironment(getenv)
	r := reader{getenv: getenv}
	e.Manifest = ManifestAddress{Bucket: r.need("ORALAKE_MANIFEST_BUCKET"), Key: r.need("ORALAKE_MANIFEST_KEY")}
	e.Instance = r.need("ORALAKE_INSTANCE_ARN")
	e.Source = r.need("ORALAKE_SOURCE_ENDPOINT_ARN")
	e.FullEndpoint = r.need("ORALAKE_FULL_ENDPOINT_ARN")
	e.CDCEndpoint = r.need("ORALAKE_CDC_ENDPOINT_ARN")
	e.LakeBucket = getenv("ORALAKE_LAKE_BUCKET")
	return e, errors.Join(err, r.err())
}

// ReadRecordEnvironment reads the environment of Record, which tells people where to look.
func ReadRecordEnvironment(getenv func(string) string) (Environment, error) {
	e, err := ReadEnvironment(getenv)
	r := reader{getenv: getenv}
	e.TopicARN = r.need("ORALAKE_TOPIC_ARN")
	e.InstanceName = r.need("ORALAKE_INSTANCE_NAME")
	e.TaskLogGroup = r.need("ORALAKE_TASK_LOG_GROUP")
	e.LakeBucket, e.LakeFolder = r.need("ORALAKE_LAKE_BUCKET"), r.need("ORALAKE_LAKE_FOLDER")
	return e, errors.Join(err, r.err())
}

type reader struct {
	getenv   func(string) string
	problems []error
}

func (r *reader) need(name string) string {
	value := r.getenv(name)
	if value == "" {
		r.problems = append(r.problems, fmt.Errorf("environment variable %s is not set: deploy the stack again", name))
	}
	return value
}

func (r *reader) err() error { return errors.Join(r.problems...) }
