package dms

import (
	"context"
	"strings"
	"testing"
	"time"

	awsdms "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"
	"github.com/aws/aws-sdk-go-v2/service/databasemigrationservice/types"

	"github.com/oralake/oralake/internal/contract"
	"github.com/oralake/oralake/internal/department"
)

var livePrices = Spec{
	ID: "oralake-sales-live-1", Stack: "oralake-sales", Job: "live", Type: department.FullLoadAndCDC,
	Mappings: `{"rules":[]}`, Settings: `{}`, SourceARN: "arn:s", TargetARN: "arn:t", InstanceARN: "arn:i",
}

// runningTask describes the task of livePrices while it runs.
func runningTask() Description {
	return Description{
		ID: livePrices.ID, ARN: "arn:task", Type: livePrices.Type, Status: StatusRunning, StartedAt: runStart,
		SourceARN: "arn:s", TargetARN: "arn:t", InstanceARN: "arn:i",
	}
}

// tags are the tags that ListTagsForResource returns for every task; nil means that the task is gone.
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
	own := tags{contract.TagStack: "oralake-sales", contract.TagFingerprint: livePrices.Fingerprint()}
	older := tags{contract.TagStack: "oralake-sales", contract.TagFingerprint: "older"}
	tests := []struct {
		name string
		tags tags
		edit func(*Description)
		want Difference
		why  string
	}{
		{name: "matches its spec", tags: own, want: Unchanged},
		{name: "other tables", tags: older, want: Modifiable},
		{name: "gone", tags: nil, want: Gone},
		{name: "other type", tags: own, edit: func(d *Description) { d.Type = department.CDC }, want: NeedsReplacement, why: "migration type is cdc"},
		{name: "other source", tags: own, edit: func(d *Description) { d.SourceARN = "arn:o" }, want: NeedsReplacement, why: "source endpoint is arn:o"},
		{name: "other target", tags: own, edit: func(d *Description) { d.TargetARN = "arn:o" }, want: OtherTarget, why: "target endpoint is arn:o"},
		{
			name: "other target and source", tags: own, want: NeedsReplacement, why: "source endpoint is arn:o",
			edit: func(d *Description) { d.TargetARN, d.SourceARN = "arn:o", "arn:o" },
		},
		{name: "other instance", tags: own, edit: func(d *Description) { d.InstanceARN = "arn:o" }, want: NeedsReplacement, why: "instance is arn:o"},
		{name: "other tables and another type", tags: older, edit: func(d *Description) { d.Type = department.CDC }, want: NeedsReplacement, why: "migration type"},
		{
			name: "another type, but it never ran", tags: own, want: NeverStarted,
			edit: func(d *Description) { d.Type, d.StartedAt = department.CDC, time.Time{} },
		},
		{
			name: "DMS could not create it", tags: own, want: NeverStarted,
			edit: func(d *Description) { d.Status, d.StartedAt = StatusFailed, time.Time{} },
		},
		{name: "failed", tags: own, edit: func(d *Description) { d.Status = StatusFailed }, want: Unchanged},
		{name: "a full load of the same name", tags: own, edit: func(d *Description) { d.Type = department.FullLoad }, want: NeverStarted},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			d := runningTask()
			if test.edit != nil {
				test.edit(&d)
			}
			got, why, err := Compare(t.Context(), test.tags, livePrices, d)
			if err != nil {
				t.Fatal(err)
			}
			if got != test.want || !strings.Contains(why, test.why) {
				t.Errorf("difference = %d (%s), want %d (%s)", got, why, test.want, test.why)
			}
		})
	}
}

func TestCompareFailsForTaskOfAnotherStack(t *testing.T) {
	_, _, err := Compare(t.Context(), tags{contract.TagStack: "oralake-finance"}, livePrices, runningTask())
	if err == nil || !strings.Contains(err.Error(), `"oralake-finance"`) {
		t.Errorf("error = %v, want one that names the other stack", err)
	}
}
