package stacks

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/oralake/oralake/internal/department"
)

// metric is a metric of CloudWatch.
type metric struct {
	Namespace, Name string
	Dimensions      map[string]string
}

// alarm is a metric alarm of a department. It fires when Bad of the last Periods periods are beyond the threshold.
type alarm struct {
	metric
	Kind department.AlarmKind
	Of   string // the job or the function; empty for an alarm of the department
	Says string // what it means and what to do, for people

	Statistic  string
	Comparison string
	Threshold  float64
	Seconds    int // the length of a period
	Periods    int
	Bad        int
	Missing    string
	WarmUp     int // minutes after its creation in which it waits for values; 0 for none
}

const (
	atLeast = "GreaterThanOrEqualToThreshold"
	above   = "GreaterThanThreshold"
	below   = "LessThanThreshold"
)

// How an alarm takes a period without values.
const (
	missingIsGood    = "notBreaching" // of counts of failures, which are published only when there are some
	missingIsBad     = "breaching"    // of what must be published always
	missingIsUnknown = "missing"      // of an instance whose storage alarm tells that it publishes nothing
)

// name returns the name of an alarm. Names begin with the name of the stack: the policies of the topic and of its key say so.
func (a alarm) name(stackName string) string {
	parts := []string{stackName, string(a.Kind)}
	if a.Of != "" {
		parts = append(parts, a.Of)
	}
	return strings.Join(parts, "-")
}

// maxOfRule is how many alarms the rule of a composite alarm names: CloudWatch takes 100, and 10,240 characters
// (API_PutCompositeAlarm).
const maxOfRule = 95

// alarms are the alarms of a department by name, and the composite alarm of all that are not quiet.
type alarms struct {
	Names     []string
	Composite string
}

// newAlarms adds alarms, and a composite alarm that fires when one of them does. A quiet alarm shows its state, sends nothing, and
// does not count for the composite alarm. Only the composite alarm tells when all is well again: a message of each alarm would come at
// every first deploy, too, because a new alarm becomes OK.
func newAlarms(parent constructs.Construct, d *department.Department, stackName string, to topic, all []alarm) alarms {
	scope := constructs.NewConstruct(parent, new("Alarms"))
	made := alarms{Composite: alarm{Kind: department.AlarmDepartment}.name(stackName)}
	var loud []constructs.IDependable
	var rule []string
	for _, a := range all {
		name, quiet := a.name(stackName), d.Alerts.IsQuiet(a.Kind, a.Of)
		resource := newAlarm(scope, a, name, to, quiet)
		made.Names = append(made.Names, name)
		if !quiet {
			loud, rule = append(loud, resource), append(rule, name)
		}
	}
	if len(rule) == 0 {
		made.Composite = ""
		return made
	}
	if len(rule) > maxOfRule {
		parts := rule
		rule, loud = nil, slices.Clone(loud)
		for part := range slices.Chunk(parts, maxOfRule) {
			number := len(rule) + 1
			name := fmt.Sprintf("%s-part-%d", made.Composite, number)
			group := newComposite(scope, fmt.Sprintf("Part%d", number), part, loud, &awscloudwatch.CfnCompositeAlarmProps{
				AlarmName: &name, AlarmDescription: new("Some of the alarms of department " + d.Name + "; it sends nothing itself."),
				ActionsEnabled: false, AlarmActions: &[]any{to.ARN},
			})
			loud, rule = append(loud, group), append(rule, name)
		}
	}
	newComposite(scope, "Department", rule, loud, &awscloudwatch.CfnCompositeAlarmProps{
		AlarmName: &made.Composite, AlarmDescription: new("An alarm of department " + d.Name + " fires: its name says which. OK: none does any more."),
		ActionsEnabled: !d.Alerts.IsQuiet(department.AlarmDepartment, ""), AlarmActions: &[]any{to.ARN}, OkActions: &[]any{to.ARN},
	})
	return made
}

func newAlarm(scope constructs.Construct, a alarm, name string, to topic, quiet bool) awscloudwatch.CfnAlarm {
	props := &awscloudwatch.CfnAlarmProps{
		AlarmName: &name, AlarmDescription: &a.Says, ActionsEnabled: !quiet, AlarmActions: &[]any{to.ARN},
		Namespace: &a.Namespace, MetricName: &a.metric.Name, Statistic: &a.Statistic, ComparisonOperator: &a.Comparison, Threshold: &a.Threshold,
		Period: jsii.Number(a.Seconds), EvaluationPeriods: jsii.Number(a.Periods), DatapointsToAlarm: jsii.Number(a.Bad),
		TreatMissingData: &a.Missing,
	}
	var dimensions []any
	for _, dimension := range slices.Sorted(maps.Keys(a.Dimensions)) {
		dimensions = append(dimensions, &awscloudwatch.CfnAlarm_DimensionProperty{Name: &dimension, Value: new(a.Dimensions[dimension])})
	}
	props.Dimensions = &dimensions
	if a.WarmUp > 0 {
		props.WarmUpConfiguration = &awscloudwatch.CfnAlarm_WarmUpConfigurationProperty{WarmUpPeriodDurationInMinutes: jsii.Number(a.WarmUp)}
	}
	id := string(a.Kind)
	if a.Of != "" {
		id += "-" + a.Of
	}
	return awscloudwatch.NewCfnAlarm(scope, &id, props)
}

// newComposite adds a composite alarm that fires when one of the named alarms does. CloudFormation must make those before.
func newComposite(
	scope constructs.Construct, id string, names []string, after []constructs.IDependable, props *awscloudwatch.CfnCompositeAlarmProps,
) awscloudwatch.CfnCompositeAlarm {
	terms := make([]string, len(names))
	for i, name := range names {
		terms[i] = fmt.Sprintf("ALARM(%q)", name)
	}
	props.AlarmRule = new(strings.Join(terms, " OR "))
	made := awscloudwatch.NewCfnCompositeAlarm(scope, &id, props)
	made.Node().AddDependency(after...)
	return made
}
