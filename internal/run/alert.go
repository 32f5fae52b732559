package run

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"github.com/oralake/oralake/internal/contract"
	"github.com/oralake/oralake/internal/records"
	"github.com/oralake/oralake/internal/verdict"
)

// Topic sends messages to the subscribers of an SNS topic.
type Topic interface {
	Publish(context.Context, *sns.PublishInput, ...func(*sns.Options)) (*sns.PublishOutput, error)
}

// Alerts sends alerts about failed runs to the topic of the department.
type Alerts struct {
	Department string
	Table      string // the DynamoDB table of the records
	TopicARN   string
	Topic      Topic
}

// newAlerts makes Alerts from the environment variables that the stack sets.
func newAlerts(cfg aws.Config, env contract.Environment, reader *contract.Reader) Alerts {
	return Alerts{
		Department: env.Department, Table: env.Table, TopicARN: reader.Need(contract.EnvTopicARN), Topic: sns.NewFromConfig(cfg),
	}
}

// SNS takes messages of 256 KB (API_Publish). So an alert names at most this many failed tables, and the logs of at most this many
// failed tasks.
const (
	maxAlertTables = 20
	maxAlertTasks  = 20
)

// alertKey identifies why a run failed. Two runs with the same key failed for the same reason, whatever their sentences say. A
// job that follows changes runs every hour and may fail for days for the same reason: people get one alert.
func alertKey(doc *Document, judged []taskVerdict) string {
	type problem struct {
		Name    string // of the task or the table
		Problem verdict.Problem
		State   string             // task status, or table state, of DMS
		Held    []records.GateName `json:",omitempty"`
		Codes   []string           // error codes in the message of DMS
	}
	reason := struct {
		Error    string   // the name of the run's error
		Codes    []string // error codes in its message
		Problems []problem
	}{}
	if doc.Error != nil {
		reason.Error, reason.Codes = doc.Error.Error, errorCodes(doc.Error.Cause)
	}
	for _, j := range judged {
		if d := j.observation.Task; j.verdict.Problem != "" {
			state := d.Status + " " + d.StopCode()
			reason.Problems = append(reason.Problems, problem{Name: j.task.ID, Problem: j.verdict.Problem, State: state, Codes: errorCodes(d.FailureMessage)})
		}
		for _, t := range j.verdict.Tables {
			if !t.Good {
				reason.Problems = append(reason.Problems, problem{Name: t.String(), Problem: t.Problem, State: t.Statistics.State})
			}
			if len(t.Held) > 0 {
				held := problem{Name: t.String()}
				for _, gate := range t.Held {
					held.Held = append(held.Held, gate.Name)
				}
				reason.Problems = append(reason.Problems, held)
			}
		}
	}
	content, err := json.Marshal(reason)
	if err != nil {
		panic(err) // strings always have a JSON form
	}
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:8])
}

// errorCode matches the codes of Oracle's errors and the names of AWS's.
var errorCode = regexp.MustCompile(`\b(?:(?:ORA|DPI|TNS|PLS)-\d{3,5}|[A-Z][A-Za-z]+(?:Fault|Exception|Denied|NotFound|Exceeded))\b`)

// errorCodes returns the error codes in a message, sorted, each once. The sentences around them do not matter.
func errorCodes(message string) []string {
	return slices.Compact(slices.Sorted(slices.Values(errorCode.FindAllString(message, -1))))
}

// send sends an alert about a failed run.
func (a Alerts) send(ctx context.Context, run records.Run, tables []records.Table, tasks []records.Task) error {
	_, err := a.Topic.Publish(ctx, &sns.PublishInput{
		TopicArn: aws.String(a.TopicARN), Message: aws.String(a.text(run, tables, tasks)),
		// A subject has at most 100 ASCII characters (API_Publish). The names of departments and jobs are short and ASCII.
		Subject: aws.String(fmt.Sprintf("oralake %s: %s %s", a.Department, run.Job, run.Outcome)),
	})
	if err != nil {
		return fmt.Errorf("send the alert about the failed run: %w", err)
	}
	return nil
}

// text is the message of an alert.
func (a Alerts) text(run records.Run, tables []records.Table, tasks []records.Task) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Job %s of department %s: %s\n\n%s\n", run.Job, a.Department, run.Outcome, run.Reason)
	if d := run.RedoDeadline; d != nil && d.Hours != nil {
		fmt.Fprintf(&b, "\nRedo log: %s.\n", d.Text)
	}
	bad := 0
	var held []string
	for _, table := range tables {
		if table.Good && len(table.Held) == 0 {
			continue
		}
		if len(table.Held) > 0 {
			held = append(held, table.Table)
		}
		if bad++; bad <= maxAlertTables {
			fmt.Fprintf(&b, "\n  %s: %s", table.Table, table.Reason)
		}
	}
	if more := bad - maxAlertTables; more > 0 {
		fmt.Fprintf(&b, "\n  and %d more tables", more)
	}
	if len(held) > 0 {
		fmt.Fprintf(&b, "\n\nTables that are held: %d. If their loads are as they should be, accept them by an execution with this input:\n%s",
			len(held), publishInput(run.Job, held))
	}
	switch good := len(tables) - bad; {
	case good > 0 && run.Proof == string(verdict.Counted):
		fmt.Fprintf(&b, "\n\nTables that are good: %d. DMS reports them, and their rows were counted at the source.", good)
	case good > 0 && run.Proof == string(verdict.Footers):
		fmt.Fprintf(&b, "\n\nTables that are good: %d. DMS reports them, and as many rows are in their files.", good)
	case good > 0:
		fmt.Fprintf(&b, "\n\nTables that are good, as DMS reports: %d", good)
	}
	logs := 0
	for _, task := range tasks {
		if task.LogStream == "" || task.Outcome == string(verdict.Succeeded) {
			continue
		}
		if logs++; logs <= maxAlertTasks {
			fmt.Fprintf(&b, "\n\nLog of task %s: %s, stream %s", task.ID, task.LogGroup, task.LogStream)
		}
	}
	if more := logs - maxAlertTasks; more > 0 {
		fmt.Fprintf(&b, "\n\nand the logs of %d more tasks: the record of each task names its log", more)
	}
	fmt.Fprintf(&b, "\n\nStarted: %s\nExecution: %s\nRecords: table %s, %s\n",
		run.StartedAt.Format("2006-01-02 15:04:05 MST"), consoleLink(run.Execution), a.Table, run.PK)
	return b.String()
}

// publishInput is the input of an execution that accepts held tables. It names at most maxAlertTables.
func publishInput(job string, held []string) string {
	input, err := json.Marshal(map[string]any{"job": job, "publish": held[:min(len(held), maxAlertTables)]})
	if err != nil {
		panic(err) // strings always have a JSON form
	}
	return string(input)
}

// consoleLink is the address at which the AWS console shows an execution, given by its ARN.
func consoleLink(execution string) string {
	region := ""
	if parts := strings.Split(execution, ":"); len(parts) > 3 {
		region = parts[3]
	}
	return fmt.Sprintf("https://%s.console.aws.amazon.com/states/home?region=%[1]s#/v2/executions/details/%s", region, execution)
}
