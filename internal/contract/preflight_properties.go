package contract

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"github.com/oralake/oralake/internal/department"
)

// PreflightProperties are the properties of the preflight resource: those parts of a department on which its replication tasks
// depend. Preflight compares the deployed properties with the new ones. CloudFormation keeps properties as strings, so all
// members are strings. The resource has more properties: sentences for people who read `cdk diff`. Preflight never reads those.
type PreflightProperties struct {
	// Location is the VPC of the replication instance: its ID, or its CIDR block if the stack creates the VPC. DMS does not move
	// an instance to another VPC.
	Location string
	// Instance is the definition of the replication instance. DMS restarts the tasks of an instance that it modifies.
	Instance InstanceDefinition
	// Database and Secret identify the source. A checkpoint is a place in the redo log of this database and of no other.
	Database, Secret string
	// Capture is how DMS reads the redo log: logminer or binary-reader. It is empty in the properties of versions that have neither
	// Capture nor Transformations.
	Capture   string
	Endpoints EndpointDefinitions
	Jobs      map[string]PreflightJob // all jobs of the department, by name
}

// EndpointDefinitions has a fingerprint for the definition of each DMS endpoint.
type EndpointDefinitions struct {
	Source string
	Full   string // the lake's endpoint for full loads
	CDC    string // the lake's endpoint for cdc tasks
	// CDCLoad is the lake's endpoint for tasks that load tables into the folder of their changes. Older versions have no such
	// endpoint: their tasks use that of CDC.
	CDCLoad string
}

// InstanceDefinition has those properties of the replication instance whose change interrupts its tasks. All are empty in the
// properties of a stack that an earlier version of oralake deployed.
type InstanceDefinition struct {
	Class         string
	StorageGB     string
	EngineVersion string
	MultiAZ       string // "true" or "false"
}

// InstanceOf returns the definition of a replication instance.
func InstanceOf(r department.Replication) InstanceDefinition {
	return InstanceDefinition{
		Class: r.Class, StorageGB: strconv.Itoa(r.StorageGB), EngineVersion: r.EngineVersion, MultiAZ: strconv.FormatBool(r.MultiAZ),
	}
}

// PreflightJob is what preflight compares of a job. All members except Type are empty for a full load: its tasks end with its
// run.
type PreflightJob struct {
	Type      department.Type
	OnReplace string `json:",omitempty"`
	Backfill  string `json:",omitempty"` // "true" or "false"; empty if the file does not say
	StartFrom string `json:",omitempty"`
	Paused    string `json:",omitempty"` // "true" or empty
	// Definition is a fingerprint of the mappings and settings of the job's task, which stops when they change. It is empty in the
	// properties of older versions.
	Definition string `json:",omitempty"`
	// Tables maps SCHEMA.TABLE at the source to SCHEMA.TABLE in the lake.
	Tables map[string]string `json:",omitempty"`
	// Transformations maps SCHEMA.TABLE at the source to a fingerprint of the table's filters and excluded columns. It has only
	// tables that have some.
	Transformations map[string]string `json:",omitempty"`
}

// maxPreflightBytes limits the properties as JSON. Lambda takes asynchronous requests of 256 KB (Lambda quotas), and a request
// has the old properties and the new ones.
const maxPreflightBytes = 100_000

// NewPreflightProperties returns the properties of a department. definitions has the Definition of each job that follows changes. It
// fails if the department follows changes of so many tables that the properties exceed maxPreflightBytes.
func NewPreflightProperties(
	d *department.Department, location string, e EndpointDefinitions, definitions map[string]string,
) (PreflightProperties, error) {
	s := PreflightProperties{
		Location: location, Database: d.Source.Database, Secret: d.Source.SecretARN + d.Source.SecretName, Capture: d.Source.Capture,
		Endpoints: e,
		Instance:  InstanceOf(d.Replication),
		Jobs:      map[string]PreflightJob{},
	}
	tables := 0
	for _, j := range d.Jobs {
		job := PreflightJob{Type: j.Type}
		if j.Type.Continuous() {
			job.OnReplace, job.StartFrom, job.Definition = j.OnReplace, j.StartFrom, definitions[j.Name]
			if j.Paused {
				job.Paused = "true"
			}
			job.Tables, job.Transformations = map[string]string{}, map[string]string{}
			if j.Backfill != nil {
				job.Backfill = strconv.FormatBool(*j.Backfill)
			}
			for _, t := range j.Tables {
				schema, name := t.Target()
				job.Tables[t.String()] = schema + "." + name
				if len(t.Filters)+len(t.Exclude) > 0 {
					job.Transformations[t.String()] = transformations(t)
				}
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
		return PreflightProperties{}, fmt.Errorf("department %s follows changes of %d tables: a deploy cannot compare so many; "+
			"move some of them to another department", d.Name, tables)
	}
	return s, nil
}

// transformations returns a fingerprint of what decides which rows and columns of a table come to the lake. The order of excluded
// columns does not change it.
func transformations(t department.Table) string {
	content, err := json.Marshal([]any{t.Filters, slices.Sorted(slices.Values(t.Exclude))})
	if err != nil {
		panic(err) // strings always have a JSON form
	}
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:6])
}
