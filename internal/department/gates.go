package department

import "github.com/oralake/oralake/internal/yamlschema"

// Expect is what a person expects of a loaded table. Readers do not get a load that is otherwise: it is held.
type Expect struct {
	MinRows int // the fewest rows; 0 if the file does not say
	// MaxDropPercent is by how many percent the table may have fewer rows than the load that readers see; nil if the file does not say.
	// Then it is DefaultMaxDropPercent, and does not count for small tables: see SmallTable.
	MaxDropPercent *int
	// MaxHours is the age of a load, in hours since its start, at which readers do not get it any more; 0 if the file does not say.
	MaxHours int
}

// DefaultMaxDropPercent is the default of expect.maxDropPercent.
const DefaultMaxDropPercent = 50

// SmallTable is the number of rows below which the default of expect.maxDropPercent only holds a load without rows: half of a
// few rows is nothing unusual.
const SmallTable = 100

// The values of onSchemaChange: what becomes of a load whose columns do not have all that readers use.
const (
	HoldOnChange    = "hold"    // the default: the load is good, readers keep what they have, and a person may accept it
	PublishOnChange = "publish" // readers get it
	FailOnChange    = "fail"    // the table is not good
)

// Gates are the conditions under which readers get a load of a table.
type Gates struct {
	Expect
	OnSchemaChange string
}

// GatesOf returns the gates of a table of a full-load job: what the table says, else what the job says, else the defaults. Only
// MaxDropPercent may be without a value.
func (j Job) GatesOf(t Table) Gates {
	g := Gates{Expect: t.Expect, OnSchemaChange: t.OnSchemaChange}
	if g.MinRows == 0 {
		g.MinRows = j.Expect.MinRows
	}
	if g.MaxDropPercent == nil {
		g.MaxDropPercent = j.Expect.MaxDropPercent
	}
	if g.MaxHours == 0 {
		g.MaxHours = j.Expect.MaxHours
	}
	if g.OnSchemaChange == "" {
		g.OnSchemaChange = j.OnSchemaChange
	}
	if g.OnSchemaChange == "" {
		g.OnSchemaChange = HoldOnChange
	}
	return g
}

func expectKeys() yamlschema.Mapping[Expect] {
	return yamlschema.Mapping[Expect]{
		Example: "{minRows: 1000}",
		Fields: []yamlschema.Field[Expect]{
			yamlschema.Optional("minRows", "The fewest rows that a load has.",
				yamlschema.Integer{From: 1, To: 1_000_000_000_000, Unit: "rows"}, func(e *Expect) *int { return &e.MinRows }),
			yamlschema.Optional("maxDropPercent",
				"By how many percent a load may have fewer rows than the one that readers see. 0: none is missing. 100: all may be missing. "+
					"Default: 50, and for a table of fewer than 100 rows only that not all are missing.",
				yamlschema.Pointer[int]{Of: yamlschema.Integer{From: 0, To: 100, Unit: "percent"}},
				func(e *Expect) **int { return &e.MaxDropPercent }),
			yamlschema.Optional("maxHours",
				"How many hours after the start of its load a table may be published at the latest: readers get no rows that are older.",
				yamlschema.Integer{From: 1, To: 336, Unit: "hours"}, func(e *Expect) *int { return &e.MaxHours }),
		},
		Check: func(d *yamlschema.Decoder, n *yamlschema.Node, _ *Expect) {
			if len(n.Entries) == 0 {
				d.Report(n.Pos, n.Label()+" expects nothing", "add minRows, maxDropPercent or maxHours, or remove it")
			}
		},
	}
}

// onSchemaChange is the values of the key of that name.
var onSchemaChange = yamlschema.Choice[string]{HoldOnChange, PublishOnChange, FailOnChange}

// checkGates refuses gates that a job cannot have: only full loads are published as a whole.
func checkGates(d *yamlschema.Decoder, n *yamlschema.Node, j *Job) {
	if !j.Type.Continuous() {
		return
	}
	refuse := func(in *yamlschema.Node) {
		for _, key := range []string{"expect", "onSchemaChange"} {
			if v := in.Get(key); v != nil {
				d.Refuse(v, yamlschema.Faultf("remove it", "%s has no effect in a %s: it is about the loads of full-load jobs",
					v.Label(), jobOfType(n, j)))
			}
		}
	}
	refuse(n)
	tables := n.Get("tables")
	for i := range j.Tables {
		if item := tables.Item(i); item != nil && item.Kind == yamlschema.KindMapping {
			refuse(item)
		}
	}
}

// checkGatesOfFormat refuses onSchemaChange for CSV files, which do not have the columns of their table.
func checkGatesOfFormat(d *yamlschema.Decoder, n, jobs *yamlschema.Node, dep *Department) {
	if dep.Lake.Format != "csv" {
		return
	}
	format := n.Get("lake").Get("format")
	refuse := func(in *yamlschema.Node) {
		if v := in.Get("onSchemaChange"); v != nil && !v.Refused() {
			d.Refuse(v, yamlschema.Faultf("remove it, or write format: parquet",
				"%s has no effect: lake.format (line %d) is csv, and the columns of a load are known from Parquet files", v.Label(), format.Line))
		}
	}
	for i, e := range jobs.Entries {
		refuse(e.Value)
		for k := range dep.Jobs[i].Tables {
			if item := e.Value.Get("tables").Item(k); item != nil && item.Kind == yamlschema.KindMapping {
				refuse(item)
			}
		}
	}
}
