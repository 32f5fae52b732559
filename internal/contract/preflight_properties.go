package contract

import (
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/oralake/oralake/internal/department"
)

// PreflightProperties are the properties of the preflight resource: a department as far as its replication tasks depend on
// it. Preflight compares the deployed ones with the new ones. CloudFormation keeps properties as texts, so all members are
// texts. The resource has more properties, sentences for people who read `cdk diff`; preflight never reads those.
type PreflightProperties struct {
	// Location is the VPC of the replication instance: its ID, or its CIDR block if the stack makes the VPC. DMS moves no
	// instance to another VPC.
	Location string
	// Database and Secret identify the source: a place in the redo log of one database means nothing in another.
	Database, Secret string
	Endpoints        EndpointDefinitions
	Jobs             map[string]PreflightJob // all jobs by name
}

// EndpointDefinitions are fingerprints, each of the definition of a DMS endpoint.
type EndpointDefinitions struct {
	Source string
	Full   string // the lake, for full loads
	CDC    string // the lake, for jobs that follow changes
}

// PreflightJob is a job. All members but Type are empty for a full load, whose tasks are deleted with its run.
type PreflightJob struct {
	Type      department.Type
	OnReplace string `json:",omitempty"`
	Backfill  string `json:",omitempty"` // "true" or "false"; empty when the file does not say
	StartFrom string `json:",omitempty"`
	// Tables maps SCHEMA.TABLE at the source to SCHEMA.TABLE in the lake.
	Tables map[string]string `json:",omitempty"`
}

// maxPreflightBytes is how large the properties may be: Lambda takes requests of 256 KB, and one holds the old and the new.
const maxPreflightBytes = 100_000

// NewPreflightProperties describes a department. It fails when the department follows changes of more tables than a request
// of CloudFormation can name.
func NewPreflightProperties(d *department.Department, location string, e EndpointDefinitions) (PreflightProperties, error) {
	s := PreflightProperties{
		Location: location, Database: d.Source.Database, Secret: d.Source.SecretARN + d.Source.SecretName, Endpoints: e,
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
		return PreflightProperties{}, fmt.Errorf("write the preflight properties of department %s: %w", d.Name, err)
	}
	if len(content) > maxPreflightBytes {
		return PreflightProperties{}, fmt.Errorf("department %s follows changes of %d tables, more than a deploy can compare: "+
			"move some of them to another department", d.Name, tables)
	}
	return s, nil
}
