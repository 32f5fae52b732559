package run

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"github.com/oralake/oralake/internal/records"
	"github.com/oralake/oralake/internal/verdict"
)

// Topic tells people.
type Topic interface {
	Publish(context.Context, *sns.PublishInput, ...func(*sns.Options)) (*sns.PublishOutput, error)
}

// alertedTables is how many bad tables a message names.
const alertedTables = 20

// alertKey identifies why a run failed. A job that follows changes runs every hour and may fail for days for the same reason,
// of which people are told once. Two runs with the same key failed for the same reason: sentences are not compared.
func alertKey(doc *Document, judged []taskVerdict) string {
	type problem struct {
		Name    string          // of the task or the table
		Problem verdict.Problem //
		State   string          // as DMS says it
	}
	reason := struct {
		Error    string // its name
		Problems []problem
	}{}
	if doc.Error != nil {
		reason.Error = doc.Error.Error
	}
	for _, j := range judged {
		d := j.observation.Task
		reason.Problems = append(reason.Problems, problem{j.task.ID, j.verdict.Problem, d.Status + " " + verdict.StopCode(d.StopReason)})
		for _, t := range j.verdict.Tables {
			if !t.Good {
				reason.Problems = append(reason.Problems, problem{t.String(), t.Problem, t.Statistics.State})
			}
		}
	}
	content, err := json.Marshal(reason)
	if err != nil {
		panic(err) // texts always have a JSON form
	}
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:8])
}

// alert tells the department's topic of a run that failed.
func (r Record) alert(ctx context.Context, run records.Run, tables []records.Table) error {
	_, err := r.Topic.Publish(ctx, &sns.PublishInput{
		TopicArn: aws.String(r.TopicARN), Message: aws.String(r.message(run, tables)),
		// At most 100 characters of ASCII (API_Publish); the names are short and plain.
		Subject: aws.String(fmt.Sprintf("oralake %s: %s %s", r.Department, run.Job, run.Outcome)),
	})
	if err != nil {
		return fmt.Errorf("publish the alert of a failed run: %w", err)
	}
	return nil
}

func (r Record) message(run records.Run, tables []records.Table) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Job %s of department %s: %s\n\n%s\n", run.Job, r.Department, run.Outcome, run.Reason)
	bad := 0
	for _, table := range tables {
		if table.Good {
			continue
		}
		if bad++; bad <= alertedTables {
			fmt.Fprintf(&b, "\n  %s: %s", table.Table, table.Reason)
		}
	}
	if more := bad - alertedTables; more > 0 {
		fmt.Fprintf(&b, "\n  and %d more tables", more)
	}
	for _, task := range run.Tasks {
		if task.LogStream != "" && task.Outcome != string(verdict.Succeeded) {
			fmt.Fprintf(&b, "\n\nLog of task %s: %s, stream %s", task.ID, task.LogGroup, task.LogStream)
		}
	}
	fmt.Fprintf(&b, "\n\nStarted: %s\nExecution: %s\nRecords: table %s, %s\n",
		run.StartedAt.Format("2006-01-02 15:04:05 MST"), consoleLink(run.Execution), r.Table, run.PK)
	return b.String()
}

// consoleLink is where the AWS console shows an execution.
func consoleLink(execution string) string {
	region := ""
	if parts := strings.Split(execution, ":"); len(parts) > 3 {
		region = parts[3]
	}
	return fmt.Sprintf("https://%s.console.aws.amazon.com/states/home?region=%[1]s#/v2/executions/details/%s", region, execution)
}
