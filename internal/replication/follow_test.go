package replication

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsdms "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"
	"github.com/aws/aws-sdk-go-v2/service/databasemigrationservice/types"

	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/manifest"
)

var livePrices = Spec{
	ID: "oralake-sales-live-1", Stack: "oralake-sales", Job: "live", Type: department.FullLoadAndCDC,
	Mappings: `{"rules":[]}`, Settings: `{}`, SourceARN: "arn:s", TargetARN: "arn:t", InstanceARN: "arn:i",
}

// following is livePrices as DMS describes it while it runs.
func following() Description {
	return Description{
		ID: livePrices.ID, ARN: "arn:task", Type: livePrices.Type, Status: statusRunning, StartedAt: began,
		SourceARN: "arn:s", TargetARN: "arn:t", InstanceARN: "arn:i",
	}
}

// tags answers with the tags of every task; none when the task is gone.
type tags map[string]string

func (t tags) ListTagsForResource(context.Context, *awsdms.ListTagsForResourceInput, ...func(*awsdms.Options)) (*awsdms.ListTagsForResourceOutput, error) {
	if t == nil {
		return nil, &types.ResourceNotFoundFault{}
	}
	out := &awsdms.ListTagsForResourceOutput{}
	for key, value := range t {
		out.TagList = append(out.TagList, types.Tag{Key: &key, Value: &value})
	}
	return out, nil
}

func TestCompare(t *testing.T) {
	own := tags{TagStack: "oralake-sales", TagFingerprint: livePrices.Fingerprint()}
	older := tags{TagStack: "oralake-sales", TagFingerprint: "older"}
	tests := []struct {
		name string
		tags tags
		edit func(*Description)
		want Difference
		why  string
	}{
		{name: "as it should be", tags: own, want: Same},
		{name: "other tables", tags: older, want: Changeable},
		{name: "gone", tags: nil, want: Gone},
		{name: "other type", tags: own, edit: func(d *Description) { d.Type = department.CDC }, want: Unchangeable, why: "migration type is cdc"},
		{name: "other source", tags: own, edit: func(d *Description) { d.SourceARN = "arn:o" }, want: Unchangeable, why: "source endpoint is arn:o"},
		{name: "other target", tags: own, edit: func(d *Description) { d.TargetARN = "arn:o" }, want: Unchangeable, why: "target endpoint is arn:o"},
		{name: "other instance", tags: own, edit: func(d *Description) { d.InstanceARN = "arn:o" }, want: Unchangeable, why: "instance is arn:o"},
		{name: "other tables and another type", tags: older, edit: func(d *Description) { d.Type = department.CDC }, want: Unchangeable, why: "migration type"},
		{
			name: "another type, but it never ran", tags: own, want: Useless,
			edit: func(d *Description) { d.Type, d.StartedAt = department.CDC, time.Time{} },
		},
		{
			name: "could not be created", tags: own, want: Useless,
			edit: func(d *Description) { d.Status, d.StartedAt = statusFailed, time.Time{} },
		},
		{name: "failed", tags: own, edit: func(d *Description) { d.Status = statusFailed }, want: Same},
		{name: "a full load of the same name", tags: own, edit: func(d *Description) { d.Type = department.FullLoad }, want: Useless},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			d := following()
			if test.edit != nil {
				test.edit(&d)
			}
			got, why, err := Compare(t.Context(), test.tags, livePrices, d)
			if err != nil {
				t.Fatal(err)
			}
			if got != test.want || !strings.Contains(why, test.why) {
				t.Errorf("difference %d (%s), want %d (%s)", got, why, test.want, test.why)
			}
		})
	}
}

func TestCompareRefusesAnothersTask(t *testing.T) {
	_, _, err := Compare(t.Context(), tags{TagStack: "oralake-finance"}, livePrices, following())
	if err == nil || !strings.Contains(err.Error(), `"oralake-finance"`) {
		t.Errorf("error %v, want one that names the owner", err)
	}
}

// What DMS can change in a task that follows changes is in the fingerprint, and nothing else.
func TestFingerprintOfFollowersIsWhatCanBeChanged(t *testing.T) {
	for name, edit := range map[string]func(*Spec){
		"type":     func(s *Spec) { s.Type = department.CDC },
		"source":   func(s *Spec) { s.SourceARN = "arn:o" },
		"target":   func(s *Spec) { s.TargetARN = "arn:o" },
		"instance": func(s *Spec) { s.InstanceARN = "arn:o" },
	} {
		other := livePrices
		edit(&other)
		if other.Fingerprint() != livePrices.Fingerprint() {
			t.Errorf("another %s gives another fingerprint: the task would be modified for it", name)
		}
	}
	for name, edit := range map[string]func(*Spec){
		"mappings": func(s *Spec) { s.Mappings = `{"rules":[{}]}` },
		"settings": func(s *Spec) { s.Settings = `{"a":1}` },
	} {
		other := livePrices
		edit(&other)
		if other.Fingerprint() == livePrices.Fingerprint() {
			t.Errorf("other %s give the same fingerprint: the task would not be modified", name)
		}
	}
}

// reloads remembers which tables were reloaded in each call.
type reloads [][]string

func (r *reloads) ReloadTables(_ context.Context, in *awsdms.ReloadTablesInput, _ ...func(*awsdms.Options)) (*awsdms.ReloadTablesOutput, error) {
	var call []string
	for _, t := range in.TablesToReload {
		call = append(call, aws.ToString(t.SchemaName)+"."+aws.ToString(t.TableName))
	}
	*r = append(*r, call)
	return &awsdms.ReloadTablesOutput{}, nil
}

func TestReloadTakesTenTablesACall(t *testing.T) {
	var tables []manifest.Table
	for i := range 23 {
		tables = append(tables, manifest.Table{Schema: "S", Name: "T" + string(rune('A'+i))})
	}
	var calls reloads
	if err := Reload(t.Context(), &calls, following(), tables); err != nil {
		t.Fatal(err)
	}
	var sizes []int
	for _, call := range calls {
		sizes = append(sizes, len(call))
	}
	if !slices.Equal(sizes, []int{10, 10, 3}) || calls[2][2] != "S.TW" {
		t.Errorf("calls of %v tables, the last of %v; want 10, 10 and 3, ending with S.TW", sizes, calls[2])
	}
}

func TestStartFrom(t *testing.T) {
	at := time.Date(2026, 11, 22, 2, 0, 0, 0, time.UTC)
	tests := []struct {
		from     string
		position string
		time     time.Time
		fails    bool
	}{
		{from: ""},
		{from: "7654321", position: "7654321"},
		{from: "checkpoint:V1#1#7654321#0#0#*#0#0", position: "checkpoint:V1#1#7654321#0#0#*#0#0"},
		{from: "2026-11-22T02:00:00Z", time: at},
		{from: "2026-11-22T03:00:00+01:00", time: at},
		{from: "yesterday", fails: true},
	}
	for _, test := range tests {
		position, when, err := Spec{StartFrom: test.from}.start()
		if (err != nil) != test.fails || aws.ToString(position) != test.position || !aws.ToTime(when).Equal(test.time) {
			t.Errorf("start from %q: position %q, time %v, error %v", test.from, aws.ToString(position), when, err)
		}
	}
}
