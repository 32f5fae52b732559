package contract

import (
	"crypto/sha256"
	"encoding/hex"
)

// Tags of every resource of a department. IAM policies and the clean-up recognize a replication task by TagStack.
const (
	TagDepartment = "oralake:department" // the department's name
	TagStack      = "oralake:stack"      // the stack's name
	TagVersion    = "oralake:version"    // the version of oralake that deployed the stack
)

// Tags of replication tasks only.
const (
	TagJob         = "oralake:job"         // the job's name
	TagFingerprint = "oralake:fingerprint" // see dms.Spec.Fingerprint
)

// TaskPrefix is the beginning of the last part of the ARN of every replication task that a stack creates. The permission to tag new
// tasks is limited to it: a new task has no tags yet, and neither may have a task of somebody else.
func TaskPrefix(stack string) string {
	sum := sha256.Sum256([]byte(stack))
	return "oralake-" + hex.EncodeToString(sum[:4]) + "-"
}
