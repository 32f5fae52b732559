package contract

// StackPrefix is the beginning of the name of every department's stack.
const StackPrefix = "oralake-"

// StackName returns the name of a department's stack.
func StackName(department string) string { return StackPrefix + department }

// Outputs of a department's stack. The command line finds by them what the stack has.
const (
	OutputStateMachine    = "StateMachineArn"
	OutputScheduleGroup   = "ScheduleGroup"
	OutputLakeBucket      = "LakeBucket"
	OutputCatalogDatabase = "CatalogDatabase"
	OutputRecords         = "StatsTable"
	OutputAlertTopic      = "AlertTopicArn"
	OutputConnections     = "Connections"
	OutputInstance        = "ReplicationInstanceArn"
	OutputSecurityGroups  = "SecurityGroupIds"
	OutputVPC             = "VpcId"
	OutputManifest        = "ManifestLocation"
	OutputDeadLetters     = "DeadLetterQueueUrl"
	OutputWorkflowLog     = "WorkflowLogGroup"
	OutputFunctionLogs    = "FunctionLogGroups"
	OutputTaskLog         = "TaskLogGroup"
)
