package contract

// Tags of everything that belongs to a department. A run gives them to the replication tasks that it makes: IAM policies
// and the clean-up recognize a task by TagStack, because nobody knows a task's ARN before DMS makes it.
const (
	TagDepartment = "oralake:department" // the department's name
	TagStack      = "oralake:stack"      // the stack's name
)

// Tags of a replication task alone.
const (
	TagJob         = "oralake:job"         // the job's name
	TagFingerprint = "oralake:fingerprint" // see dms.Spec.Fingerprint
)
