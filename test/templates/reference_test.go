package templates

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/oralake/oralake/test/aws/iam/policy"
	"github.com/oralake/oralake/test/aws/iam/reference"
)

// unlike are the statements that the Service Authorization Reference does not support as they are, with the reason. A key is an action
// and what is wrong with it.
var unlike = map[string]string{
	"kms:DescribeKey on * has no condition key kms:EncryptionContext:aws:logs:arn": "the guide of CloudWatch Logs has this statement " +
		"(encrypt-log-data-kms.html); the action has no encryption context, so it may have no effect",
}

// Every statement of every policy names actions that exist, on resources and with condition keys that they support.
func TestStatementsAgreeWithReference(t *testing.T) {
	r, err := reference.Open(root)
	if err != nil {
		t.Fatal(err)
	}
	checked, seen := 0, map[string]bool{}
	for stack, one := range world(t) {
		for id, statements := range one.statements(t) {
			for _, s := range statements {
				for _, action := range s.Action {
					if strings.Contains(action, "*") {
						continue // of policies of resources: there is no action to look for
					}
					for _, resource := range s.Resource {
						checked++
						err := r.CheckStatement(action, one.text(t, resource), s.keys())
						if err == nil {
							continue
						}
						if unlike[err.Error()] == "" {
							t.Errorf("%s: %s, statement %s: %v", stack, id, s.Sid, err)
						}
						seen[err.Error()] = true
					}
				}
			}
		}
	}
	for what := range unlike {
		if !seen[what] {
			t.Errorf("%s is in the list and in no policy", what)
		}
	}
	if checked < 500 {
		t.Errorf("%d actions on resources compared: the policies were not found", checked)
	}
	t.Logf("%d actions on resources compared, %d kinds of exceptions", checked, len(seen))
}

// policyStatement is a statement of any policy of a template.
type policyStatement struct {
	Sid       string
	Effect    string
	Action    list[string]
	Resource  list[any]
	Condition map[string]map[string]any
}

func (s policyStatement) keys() (all []string) {
	for _, keys := range s.Condition {
		all = append(all, slices.Collect(maps.Keys(keys))...)
	}
	return all
}

// list is a value or a list of values.
type list[T any] []T

func (l *list[T]) UnmarshalJSON(content []byte) error {
	if json.Unmarshal(content, (*[]T)(l)) == nil {
		return nil
	}
	*l = make([]T, 1)
	return json.Unmarshal(content, &(*l)[0])
}

// statements returns the statements of all policies of roles and of resources, by the logical ID of the resource that has them.
func (one template) statements(t *testing.T) map[string][]policyStatement {
	t.Helper()
	all := map[string][]policyStatement{}
	var find func(id string, value any)
	find = func(id string, value any) {
		switch value := value.(type) {
		case []any:
			for _, element := range value {
				find(id, element)
			}
		case map[string]any:
			for name, member := range value {
				switch name {
				case "PolicyDocument", "KeyPolicy":
					content, err := json.Marshal(member)
					if err != nil {
						t.Fatal(err)
					}
					var document struct{ Statement list[policyStatement] }
					if err := json.Unmarshal(content, &document); err != nil {
						t.Fatalf("policy of %s: %v", id, err)
					}
					all[id] = append(all[id], document.Statement...)
				default:
					find(id, member)
				}
			}
		}
	}
	for id, r := range one.Resources {
		find(id, r.Properties)
	}
	return all
}

// arnForms has the ARNs that Ref and Fn::GetAtt give, by type and attribute. ID stands for the logical ID.
var arnForms = map[string]string{
	"AWS::DMS::Endpoint Ref":                "arn:aws:dms:r:111122223333:endpoint:ID",
	"AWS::DMS::ReplicationInstance Ref":     "arn:aws:dms:r:111122223333:rep:ID",
	"AWS::DynamoDB::Table Arn":              "arn:aws:dynamodb:r:111122223333:table/ID",
	"AWS::Glue::Database Ref":               "ID",
	"AWS::KMS::Key Arn":                     "arn:aws:kms:r:111122223333:key/ID",
	"AWS::Lambda::Function Ref":             "ID",
	"AWS::Logs::LogGroup Ref":               "ID",
	"AWS::SQS::Queue QueueName":             "ID",
	"AWS::Scheduler::ScheduleGroup Ref":     "ID",
	"AWS::Logs::LogGroup Arn":               "arn:aws:logs:r:111122223333:log-group:ID:*",
	"AWS::S3::Bucket Arn":                   "arn:aws:s3:::ID",
	"AWS::S3::Bucket Ref":                   "ID",
	"AWS::SNS::Topic Ref":                   "arn:aws:sns:r:111122223333:ID",
	"AWS::SQS::Queue Arn":                   "arn:aws:sqs:r:111122223333:ID",
	"AWS::StepFunctions::StateMachine Ref":  "arn:aws:states:r:111122223333:stateMachine:ID",
	"AWS::StepFunctions::StateMachine Name": "ID",
}

var pseudoParameters = map[string]string{
	"AWS::Partition": "aws", "AWS::Region": "r", "AWS::AccountId": "111122223333",
	"AWS::StackId": "arn:aws:cloudformation:r:111122223333:stack/oralake/6ba7b810",
}

// text returns what a value of a template is when it is deployed, with names of its own choice.
func (one template) text(t *testing.T, value any) string {
	t.Helper()
	if text, ok := value.(string); ok {
		return text
	}
	function, ok := value.(map[string]any)
	if !ok || len(function) != 1 {
		t.Fatalf("%v is neither a text nor a function", value)
	}
	named := func(id, attribute string) string {
		form, known := arnForms[one.Resources[id].Type+" "+attribute]
		if !known {
			t.Fatalf("%s %s of %s has no form in arnForms", one.Resources[id].Type, attribute, id)
		}
		return strings.ReplaceAll(form, "ID", id)
	}
	for name, argument := range function {
		switch name {
		case "Ref":
			if text, ok := pseudoParameters[argument.(string)]; ok {
				return text
			}
			return named(argument.(string), "Ref")
		case "Fn::GetAtt":
			parts := argument.([]any)
			return named(parts[0].(string), parts[1].(string))
		case "Fn::Join":
			var parts []string
			for _, part := range at(t, argument, 1).([]any) {
				parts = append(parts, one.text(t, part))
			}
			return strings.Join(parts, at(t, argument, 0).(string))
		case "Fn::Sub":
			text := argument.(string)
			for parameter, value := range pseudoParameters {
				text = strings.ReplaceAll(text, "${"+parameter+"}", value)
			}
			return text
		case "Fn::Select":
			return "selected"
		}
	}
	t.Fatalf("the function %v is not known", function)
	return ""
}

// All policies of roles can be decided by the embedded AWS: it implements all of their conditions.
func TestPoliciesCanBeDecided(t *testing.T) {
	for stack, one := range departmentStacks(t) {
		for id, r := range one.Resources {
			documents, _ := r.Properties["Policies"].([]any)
			for _, document := range documents {
				content, err := json.Marshal(at(t, document, "PolicyDocument"))
				if err != nil {
					t.Fatal(err)
				}
				// The functions of the template are no texts yet.
				var plain map[string]any
				if err := json.Unmarshal(content, &plain); err != nil {
					t.Fatal(err)
				}
				content, err = json.Marshal(one.resolved(t, plain))
				if err != nil {
					t.Fatal(err)
				}
				if _, err := policy.Parse(content); err != nil {
					t.Errorf("%s: %s: %v", stack, id, err)
				}
			}
		}
	}
}

// resolved replaces the functions in a document by texts.
func (one template) resolved(t *testing.T, value any) any {
	t.Helper()
	switch value := value.(type) {
	case []any:
		all := make([]any, len(value))
		for i, element := range value {
			all[i] = one.resolved(t, element)
		}
		return all
	case map[string]any:
		for name := range value {
			if len(value) == 1 && (name == "Ref" || strings.HasPrefix(name, "Fn::")) {
				return one.text(t, value)
			}
		}
		all := map[string]any{}
		for name, member := range value {
			all[name] = one.resolved(t, member)
		}
		return all
	}
	return value
}
