package bench_test

import (
	_ "embed"
	"encoding/json"
	"testing"
)

//go:embed testdata/original.asl.json
var originalDefinition string

// originalFunctions are the functions of the original's shape.
var originalFunctions = []string{"GetSplits", "CreateTask", "StartTask", "DescribeTask", "DeleteTask"}

type object = map[string]any

// originalTemplate is a stack with the state machine of the original's shape and its functions, which may do everything in DMS, as in
// the original.
func originalTemplate(t *testing.T) string {
	resources, substitutions := object{}, object{}
	machine := object{"Fn::GetAtt": []string{"MachineRole", "Arn"}}
	resources["MachineRole"] = role("states.amazonaws.com", "lambda:InvokeFunction")
	for _, name := range originalFunctions {
		logical := "Functions" + name
		resources[logical+"Role"] = role("lambda.amazonaws.com", "dms:*", "logs:*", "iam:PassRole")
		resources[logical+"Function"] = object{"Type": "AWS::Lambda::Function", "Properties": object{
			"Code":    object{"S3Bucket": object{"Fn::Sub": "cdk-hnb659fds-assets-${AWS::AccountId}-${AWS::Region}"}, "S3Key": "original.zip"},
			"Handler": "bootstrap", "Runtime": "provided.al2023", "Role": object{"Fn::GetAtt": []string{logical + "Role", "Arn"}},
			"MemorySize": 256, "Timeout": 300,
		}}
		substitutions[name] = object{"Fn::GetAtt": []string{logical + "Function", "Arn"}}
	}
	resources["Machine"] = object{"Type": "AWS::StepFunctions::StateMachine", "Properties": object{
		"DefinitionString": originalDefinition, "DefinitionSubstitutions": substitutions, "RoleArn": machine,
	}}
	content, err := json.Marshal(object{"Resources": resources, "Outputs": object{"Machine": object{"Value": object{"Ref": "Machine"}}}})
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// role is a role of a service that may do actions everywhere.
func role(service string, actions ...string) object {
	return object{"Type": "AWS::IAM::Role", "Properties": object{
		"AssumeRolePolicyDocument": object{"Version": "2012-10-17", "Statement": []object{
			{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": object{"Service": service}},
		}},
		"Policies": []object{{"PolicyName": "Permissions", "PolicyDocument": object{"Version": "2012-10-17", "Statement": []object{
			{"Effect": "Allow", "Action": actions, "Resource": "*"},
		}}}},
	}}
}
