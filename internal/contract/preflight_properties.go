package contract

import (
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/oralake/oralake/internal/department"
)

// PreflightProperties is a department as far as its tasks depend on it. It is written as properties of a custom resource, so it holds
// only texts, which CloudFormation keeps as they are.
type PreflightProperties struct {
	// Location is where the replication instance lives, in words. DMS moves no instance to another place.
	Location string
	// Database and Secret tell the source apart from any other: a place in the redo log means nothing elsewhere.
	Database, Secret string
	// Endpoints stand for the definitions of the DMS endpoints.
	Endpoints EndpointDefinitions
	// Jobs are all jobs by name.
	Jobs map[string]PreflightJob
}

// EndpointDefinitions are words that change when the definition of an endpoint does.
type EndpointDefinitions struct {
	Source string
	Full   string // the lake, for full loads
	CDC    string // the lake, for tasks that follow changes
}

// PreflightJob is a job. All but Type is empty for a full load, whose tasks live no longer than a run.
type PreflightJob struct {
	Type      department.Type
	OnReplace string `json:",omitempty"`
	Backfill  string `json:",omitempty"` // "true" or "false"; empty when the file does not say
	StartFrom string `json:",omitempty"`
	// Tables are SCHEMA.TABLE at the source, with the same in the lake.
	Tables map[string]string `json:",omitempty"`
}

// longest is how large a State may be, in bytes. Lambda takes requests of 256 KB, which hold the old one and the new one.
const longest = 100_000

// NewPreflightProperties is the state of a department. It fails when the department has more tables that follow changes than a request
// of CloudFormation can name.
func NewPreflightProperties(d *department.Department, place string, e EndpointDefinitions) (PreflightProperties, error) {
	s := PreflightProperties{
		Location: place, Database: d.Source.Database, Secret: d.Source.SecretARN + d.Source.SecretName, Endpoints: e,
		Jobs: map[string]PreflightJob{},
	}
	tables := 0
	for _, j := range d.Jobs {
		job := PreflightJob{Type: j.Type}
		if j.Type.Continuous() {
			job.OnReplace, job.StartFrom, job.Tables = j.OnReplace, j.StartFrom, map[string]string{}
			if j.Backfill != nil {
				job.Backfill = strconv.FormatBool(*j.Backfill)
			}
			for _, t := range j.Tables {
				schema, name := t.Target()
				job.Tables[t.String()] = schema + "." + name
			}
			tables += len(j.Tables)
		}
		s.Jobs[j.Name] = job
	}
	content, err := json.Marshal(s)
	if err != nil {
		return PreflightProperties{}, fmt.Errorf("write the state of department %s: %w", d.Name, err)
	}
	if len(content) > longest {
		return PreflightProperties{}, fmt.Errorf("department %s follows changes of %d tables, more than a deploy can compare: "+
			"move some of them to another department", d.Name, tables)
	}
	return s, nil
}
