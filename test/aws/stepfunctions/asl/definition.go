// Package asl reads Amazon States Language definitions (JSONPath) and evaluates their paths, payload templates and
// Choice rules. ParseMachine checks the whole definition. It rejects every feature that the embedded AWS does not
// implement, and the error names the feature. Package stepfunctions runs the definitions.
package asl

import "time"

// Machine is a definition that passed all checks.
type Machine struct {
	StartAt string
	// Timeout limits a whole execution; 0 means no limit.
	Timeout time.Duration
	States  map[string]*State
}

// State is one state of a definition. Its Type decides which fields it uses.
type State struct {
	Type string
	// Next names the state that follows. It is empty when the execution ends here, and in Choice, Succeed and Fail.
	Next string

	InputPath, OutputPath OptionalPath
	ResultPath            OptionalPath
	Parameters            *Template
	ResultSelector        *Template

	// HasResult reports whether the definition has a Result (Pass states). The Result may be null.
	HasResult bool
	Result    any

	// Choices and Default belong to Choice.
	Choices []Rule
	Default string

	// Duration, Timestamp and their paths belong to Wait. A Wait state has exactly one of them. Duration is the field
	// Seconds.
	Duration                   *time.Duration
	Timestamp                  time.Time
	SecondsPath, TimestampPath *Path

	// Error and Cause belong to Fail. Each is empty when the definition does not have it or has its path instead.
	Error, Cause         string
	ErrorPath, CausePath *Expression

	// Function, Timeout, Retry and Catch belong to Task. Function is the ARN in the field Resource.
	Function string
	// Timeout limits one attempt; 0 means no limit.
	Timeout     time.Duration
	TimeoutPath *Path
	Retry       []Retrier
	Catch       []Catcher
}

// Retrier is one entry of Retry, with the defaults for absent fields.
type Retrier struct {
	ErrorEquals []string
	Interval    time.Duration
	MaxAttempts int
	BackoffRate float64
	// MaxDelay limits the delay before jitter; 0 means no limit.
	MaxDelay   time.Duration
	FullJitter bool
}

// Catcher is one entry of Catch.
type Catcher struct {
	ErrorEquals []string
	Next        string
	ResultPath  OptionalPath
}
