package records

// Gate is a condition on a load that it does not fulfill, so that readers do not get it.
type Gate struct {
	Name GateName `dynamodbav:"name"`
	Why  string   `dynamodbav:"why"` // for people
}

// GateName names a gate as the department's file does.
type GateName string

// The gates.
const (
	GateMinRows        GateName = "minRows"
	GateMaxDropPercent GateName = "maxDropPercent"
	GateMaxHours       GateName = "maxHours"
	GateOnSchemaChange GateName = "onSchemaChange"
)
