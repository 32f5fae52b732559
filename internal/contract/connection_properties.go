package contract

// ConnectionProperties are the properties of the custom resource that tests connections. They change if an endpoint or the replication
// instance is made or changes: then CloudFormation calls the function, and otherwise not.
type ConnectionProperties struct {
	Stack       string
	InstanceArn string
	// Instance is the definition of the instance, and Network are the subnets and security groups in which it is.
	Instance InstanceDefinition
	Network  []string
	Ends     []ConnectionEnd
	// Require is "true" if the deploy fails unless every connection works; otherwise empty.
	Require string `json:",omitempty"`
}

// ConnectionEnd is an endpoint.
type ConnectionEnd struct {
	Name       string // for people
	Arn        string
	Definition string // a fingerprint of its properties
}

// ConnectionsFound is the attribute of the resource that says what the tests found.
const ConnectionsFound = "Found"
