package department

import (
	"fmt"
	"slices"
	"strings"

	"github.com/oralake/oralake/internal/yamlschema"
)

func alertsKeys() yamlschema.Mapping[Alerts] {
	return yamlschema.Mapping[Alerts]{
		Example: "{emails: [data-team@example.com]}",
		Fields: []yamlschema.Field[Alerts]{
			yamlschema.Optional("emails", "E-mail addresses. AWS first asks each one to confirm.",
				yamlschema.List[string]{
					Of:      yamlschema.Text{Pattern: `^[^@\s]+@[^@\s]+\.[^@\s]+$`, Form: "an e-mail address", Example: "data-team@example.com"},
					AtLeast: 1, Noun: "an address", Distinct: itself,
				}, func(a *Alerts) *[]string { return &a.Emails }),
			yamlschema.Optional("topicArn", "An SNS topic in the region of the stack that gets the messages, in place of a topic of the stack's own.",
				yamlschema.Text{
					Pattern: `^arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,256}$`, Form: "the ARN of a standard SNS topic",
					Example: "arn:aws:sns:eu-central-1:111122223333:data-alerts",
				}, func(a *Alerts) *string { return &a.TopicARN }),
			yamlschema.Optional("quiet", "Alarms that send nothing: a kind of alarm such as cpu, or KIND/JOB such as late/daily-orders.",
				yamlschema.List[string]{
					Of: yamlschema.Text{
						Pattern: `^[a-z][a-z0-9-]*(/[a-z][a-z0-9-]*)?$`, Form: "a kind of alarm, or KIND/JOB", Example: "cpu", Check: checkQuiet,
					},
					AtLeast: 1, Noun: "an alarm", Distinct: itself,
				}, func(a *Alerts) *[]string { return &a.Quiet }),
		},
		Check: checkAlerts,
	}
}

// checkQuiet refuses a kind of alarm that does not exist, and a job where a kind has no alarm for each job.
func checkQuiet(entry string) *yamlschema.Fault {
	name, job, single := strings.Cut(entry, "/")
	var names []string
	for _, kind := range AlarmKinds() {
		names = append(names, string(kind))
	}
	if !slices.Contains(names, name) {
		fix := "write one of these"
		if near := yamlschema.Nearest(name, names); near != "" {
			fix = "write " + near
		}
		return yamlschema.Faultf(fix, "%s is not a kind of alarm: the kinds are %s", yamlschema.Quoted(name), yamlschema.Listed(names, "and"))
	}
	if single && !slices.Contains(ofJobs, AlarmKind(name)) {
		return yamlschema.Faultf("write "+name, "%s names the job %s, but a department has one alarm %s", yamlschema.Quoted(entry), job, name)
	}
	return nil
}

func checkAlerts(d *yamlschema.Decoder, n *yamlschema.Node, _ *Alerts) {
	if len(n.Entries) == 0 {
		d.Refuse(n, yamlschema.Faultf("write emails, topicArn or quiet, or remove alerts", "alerts is empty"))
	}
	if topic, emails := n.Get("topicArn"), n.Get("emails"); topic != nil && emails != nil {
		d.Refuse(topic, yamlschema.Faultf("remove emails and subscribe the addresses to that topic, or remove topicArn",
			"alerts.topicArn and alerts.emails (line %d) exclude each other: the addresses subscribe to a topic of the stack's own", emails.Line))
	}
}

// checkQuietJobs refuses quiet alarms of jobs that the file does not have.
func checkQuietJobs(d *yamlschema.Decoder, n *yamlschema.Node, dep *Department) {
	alerts := n.Get("alerts")
	if alerts == nil || alerts.Refused() || alerts.Get("quiet") == nil {
		return
	}
	var names []string
	for _, job := range dep.Jobs {
		names = append(names, job.Name)
	}
	for i, entry := range dep.Alerts.Quiet {
		item := alerts.Get("quiet").Item(i)
		_, job, single := strings.Cut(entry, "/")
		if !single || item == nil || item.Refused() || slices.Contains(names, job) {
			continue
		}
		fix := "write the name of a job, or remove it"
		if near := yamlschema.Nearest(job, names); near != "" {
			fix = "write " + strings.TrimSuffix(entry, job) + near
		}
		d.Report(item.Pos, fmt.Sprintf("%s names the job %s, which the file does not have", item.Label(), yamlschema.Quoted(job)), fix)
	}
}
