package run

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	"github.com/oralake/oralake/internal/verdict"
)

// concludeRun combines the verdicts of the run's tasks. If the result is not a success, the run fails with it. judgeErr is why
// the tasks could not be judged; nil if they were.
func concludeRun(log *slog.Logger, doc *Document, judged []taskVerdict, judgeErr error) verdict.Verdict {
	if doc.Paused && doc.Error == nil {
		return verdict.Verdict{Outcome: verdict.Succeeded, Reason: "paused: the department's file says paused: true"}
	}
	if doc.Request.loadsNothing() && doc.Error == nil {
		reason := "it loads nothing: it puts back the previous snapshots of tables, see their records"
		if len(doc.Request.Publish) > 0 {
			reason = "it loads nothing: it publishes held snapshots of tables, see their records"
		}
		return verdict.Verdict{Outcome: verdict.Succeeded, Reason: reason}
	}
	verdicts := make([]verdict.Verdict, len(judged))
	for i, j := range judged {
		verdicts[i] = j.verdict
		log.Info("judged the task", "task", j.task.ID, "outcome", j.verdict.Outcome, "reason", j.verdict.Reason)
	}
	all := verdict.Combine(verdicts...)
	switch {
	case doc.Error != nil:
		doc.Error.Cause = errorMessage(doc.Error.Cause)
		return addRunError(all, *doc.Error, judgeErr)
	case all.Outcome != verdict.Succeeded:
		doc.Fail(string(all.Outcome), all.Reason, time.Now())
	}
	return all
}

// errorMessage returns the message in the cause of a function's error. Step Functions writes the cause as JSON, with the message
// in errorMessage. Any other cause is returned as it is.
func errorMessage(cause string) string {
	var answer struct {
		Message string `json:"errorMessage"`
	}
	if err := json.Unmarshal([]byte(cause), &answer); err != nil || answer.Message == "" {
		return cause
	}
	return answer.Message
}

// addRunError puts the error of the run before the reasons of its tables, because it caused most of them.
func addRunError(v verdict.Verdict, runErr Error, judgeErr error) verdict.Verdict {
	reason := runErr.Cause
	if runErr.Error != failureName {
		reason = runErr.Error + ": " + reason
	}
	if v.Outcome == verdict.Succeeded {
		v.Outcome = verdict.Partial // All tables are good, but the run has an error.
	}
	if judgeErr != nil {
		reason += fmt.Sprintf("; the tasks could not be judged: %v", judgeErr)
	}
	if v.Reason != "" {
		reason += "; " + v.Reason
	}
	v.Reason = verdict.Shorten(reason)
	return v
}
