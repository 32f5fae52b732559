//go:build !race

// Package cdkprocess ends the Node process in which the CDK of a test runs.
package cdkprocess

import "github.com/aws/jsii-runtime-go"

// Close ends the process, and returns when it has ended.
func Close() { jsii.Close() }
