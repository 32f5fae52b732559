//go:build !unix

package cputime

import "time"

// Used returns no time, because this system does not report processor time.
func Used() time.Duration { return 0 }
