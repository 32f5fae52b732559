package run

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// Request is the input of an execution. It names a job to run, or an abandoned execution to recover.
type Request struct {
	Job string `json:"job,omitempty"`
	// Tables lists the tables of a full-load job that the run loads, SCHEMA.TABLE. An empty list means all.
	Tables []string `json:"tables,omitempty"`
	// Rollback lists tables of a full-load job, SCHEMA.TABLE, of which readers get the snapshot before the present one. The run loads
	// nothing.
	Rollback []string `json:"rollback,omitempty"`
	// Publish lists tables of a full-load job, SCHEMA.TABLE, whose held snapshots a person accepts: readers get them. The run loads
	// nothing.
	Publish []string `json:"publish,omitempty"`
	// Reload lists tables of a job that follows changes that the run loads again, SCHEMA.TABLE.
	Reload []string `json:"reload,omitempty"`
	// Accept lists tables of a job that follows changes, SCHEMA.TABLE, on which DDL ran that left their rows as they are. By says
	// who accepts the DDL.
	Accept []string `json:"accept,omitempty"`
	By     string   `json:"by,omitempty"`
	// Resume resumes the task of a job that follows changes, also if earlier runs have stopped resuming it.
	Resume bool `json:"resume,omitempty"`
	// Recover is the ARN of an abandoned execution: one that was stopped, timed out or failed.
	Recover string `json:"recover,omitempty"`
	// FindOrphans makes the execution look for tasks and leases without an owner: see Orphans. A schedule asks for it.
	FindOrphans bool `json:"findOrphans,omitempty"`
	// Orphans are identifiers of tasks of Job without an owner. The run takes the lease of the job, deletes them and does nothing else.
	Orphans []string `json:"orphans,omitempty"`
	// InvalidInput says what is wrong with the input, for people; the run fails with it. It is empty for a valid input.
	InvalidInput string `json:"invalidInput,omitempty"`
}

// UnmarshalJSON reads an input that a person may have written. It never fails, so that a run with an invalid input is recorded
// like any other. For an invalid input it sets InvalidInput, and Job if it can read that.
func (r *Request) UnmarshalJSON(input []byte) error {
	type request Request
	strict := json.NewDecoder(bytes.NewReader(input))
	strict.DisallowUnknownFields()
	var read request
	err := strict.Decode(&read)
	*r = Request(read)
	switch {
	case err != nil:
		*r = Request{InvalidInput: invalidInput(err)}
		var named struct{ Job string }
		if json.Unmarshal(input, &named) == nil {
			r.Job = named.Job
		}
	case r.Tables != nil && len(r.Tables) == 0:
		r.Tables, r.InvalidInput = nil, `"tables" is empty: name some of the job's tables, or leave it out to load all of them`
	case r.Rollback != nil && len(r.Rollback) == 0:
		r.Rollback, r.InvalidInput = nil, `"rollback" is empty: name the tables whose previous snapshot readers get back, or leave it out`
	case r.Publish != nil && len(r.Publish) == 0:
		r.Publish, r.InvalidInput = nil, `"publish" is empty: name the tables whose held snapshots readers get, or leave it out`
	case len(r.Rollback) > 0 && len(r.Tables) > 0:
		r.InvalidInput = `"rollback" loads nothing, and "tables" says what to load: start two runs, one with each`
	case len(r.Publish) > 0 && len(r.Tables)+len(r.Rollback) > 0:
		r.InvalidInput = `"publish" only publishes what is held: start another run for "tables" or "rollback"`
	case r.Reload != nil && len(r.Reload) == 0:
		r.Reload, r.InvalidInput = nil, `"reload" is empty: name the tables to load again, or leave it out`
	case r.Accept != nil && len(r.Accept) == 0:
		r.Accept, r.InvalidInput = nil, `"accept" is empty: name the tables on which DDL is accepted, or leave it out`
	case r.By != "" && len(r.Accept) == 0:
		r.InvalidInput = `"by" says who accepts DDL: name the tables in "accept", or leave "by" out`
	}
	return nil
}

// ByPerson says that a person wrote the input: schedules and deploys only name the job.
func (r Request) ByPerson() bool {
	return len(r.Tables)+len(r.Rollback)+len(r.Publish)+len(r.Reload)+len(r.Accept) > 0 || r.Resume
}

// invalidInput explains an error of encoding/json to the person who wrote the input.
func invalidInput(err error) string {
	var kind *json.UnmarshalTypeError
	if !errors.As(err, &kind) {
		what := strings.TrimPrefix(err.Error(), "json: ")
		return "the execution's input is not valid: " + what + `; it takes "job", "tables", "rollback", "publish", "reload", "accept", "by" and "resume"`
	}
	switch kind.Field {
	case "":
		return `the execution's input is of type ` + kind.Value + `: start the state machine with {"job": "NAME"}`
	case "job", "by", "recover":
		return fmt.Sprintf("%q is of type %s: it must be a string", kind.Field, kind.Value)
	case "resume":
		return fmt.Sprintf("%q is of type %s: it must be true or false", kind.Field, kind.Value)
	default:
		return fmt.Sprintf(`%q is of type %s: it must be a list of tables, such as ["SALES.ORDERS"]`, kind.Field, kind.Value)
	}
}

// loadsNothing says that the run only changes which snapshots readers see.
func (r Request) loadsNothing() bool { return len(r.Rollback)+len(r.Publish) > 0 }

// WholeJob returns a request for all tables of the same job.
func (r Request) WholeJob() Request { return Request{Job: r.Job} }
