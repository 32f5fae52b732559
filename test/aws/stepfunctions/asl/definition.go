// Package asl reads Amazon States Language definitions (JSONPath) and evaluates what stands in them: paths, payload
// templates and Choice rules. It checks everything when a definition is read and refuses by name
// what the embedded AWS does not run. Running a definition is the business of package stepfunctions.
package asl

import "time"

// Machine is a definition that passed all checks.
type Machine struct {
	StartAt string
	// Timeout bounds a whole execution; 0 means none.
	Timeout time.Duration
	States  map[string]*State
}

// State is one state. Which fields have a meaning depends on its Type.
type State struct {
	Type string
	// Next is where the state leads; empty when the execution ends with it, and in Choice, Succeed and Fail.
	Next string

	InputPath, OutputPath OptionalPath
	ResultPath            OptionalPath
	Parameters            *Template
	ResultSelector        *Template

	// HasResult tells whether Result (Pass) was given; it may be null.
	HasResult bool
	Result    any

	// Choices and Default belong to Choice.
	Choices []Rule
	Default string

	// Duration, Timestamp and their paths belong to Wait, which has exactly one of them. Duration is the field Seconds.
	Duration                   *time.Duration
	Timestamp                  time.Time
	SecondsPath, TimestampPath *Path

	// Error and Cause belong to Fail; a field is empty when it is absent or given by its path.
	Error, Cause         string
	ErrorPath, CausePath *Expression

	// Function, Timeout, Retry and Catch belong to Task. Function is the ARN that Resource names.
	Function string
	// Timeout bounds one attempt; 0 means none.
	Timeout     time.Duration
	TimeoutPath *Path
	Retry       []Retrier
	Catch       []Catcher
}

// Retrier is one entry of Retry, its defaults filled in.
type Retrier struct {
	ErrorEquals []string
	Interval    time.Duration
	MaxAttempts int
	BackoffRate float64
	// MaxDelay bounds the delay before jitter; 0 means no bound.
	MaxDelay   time.Duration
	FullJitter bool
}

// Catcher is one entry of Catch.
type Catcher struct {
	ErrorEquals []string
	Next        string
	ResultPath  OptionalPath
}
