package contract

// Tags of every resource of a department. IAM policies and the clean-up recognize a replication task by TagStack, because its ARN
// is unknown before DMS creates it.
const (
	TagDepartment = "oralake:department" // the department's name
	TagStack      = "oralake:stack"      // the stack's name
)

// Tags of replication tasks only.
const (
	TagJob         = "oralake:job"         // the job's name
	TagFingerprint = "oralake:fingerprint" // see dms.Spec.Fingerprint
)
