package contract

// What the stacks build and the bill depends on.
const (
	// FunctionMemoryMB is more memory than the functions need, because Lambda gives CPU in proportion to memory: with less, a function
	// would start more slowly. CheckMemoryMB is that of the check function.
	FunctionMemoryMB = 256
	CheckMemoryMB    = 512
	// OrphansMinutes is the time between two searches for orphans. The search passes over jobs that are running, and both a rate and a
	// deploy begin a schedule: with an hour, it would always come with the run of a job that runs every hour.
	OrphansMinutes = 25
	// Subnets is the number of subnets of a network that a stack creates, each in an availability zone of its own.
	Subnets = 2
)

// InterfaceEndpoints is how many interface endpoints a stack has: one of Secrets Manager in a network that it creates, and there one of
// DMS if the check function reads a certificate.
func InterfaceEndpoints(ownNetwork, readsCertificate bool) int {
	switch {
	case !ownNetwork:
		return 0
	case readsCertificate:
		return 2
	}
	return 1
}
