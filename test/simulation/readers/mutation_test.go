package readers_test

import (
	"context"
	"log/slog"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/oralake/oralake/internal/contract"
	"github.com/oralake/oralake/internal/lake"
	"github.com/oralake/oralake/internal/run"
	"github.com/oralake/oralake/test/harness"
	"github.com/oralake/oralake/test/simulation"
)

// The checks can fail: bugs are planted and found.
func TestPlantedBugsAreFound(t *testing.T) {
	most := 10
	if testing.Short() {
		most = 2
	}
	for _, planted := range []struct {
		name  string
		bug   bug
		finds func(summary) int
	}{
		{
			"a replaced snapshot is deleted at once",
			bug{steps: simulation.Planted("Publish", withVariable(contract.EnvReadersMinutes, "0"))},
			func(s summary) int { return s.Torn },
		},
		{
			"a reader misses a file",
			bug{objects: func(o lake.Objects) lake.Objects { return forgetful{o} }},
			func(s summary) int { return s.Torn },
		},
	} {
		t.Run(planted.name, func(t *testing.T) {
			for seed := range uint64(most) {
				if o := live(t, seed+1, simulation.Regions[0], &planted.bug); planted.finds(o.summary) > 0 {
					t.Logf("found by life %d: %s", seed+1, o.list())
					return
				}
			}
			if testing.Short() {
				t.Skipf("%d lives did not find it; more may", most)
			}
			t.Errorf("%d lives did not find it", most)
		})
	}
}

// withVariable gives a function another value of an environment variable.
func withVariable(name, value string) func(harness.NewStep) harness.NewStep {
	return func(newStep harness.NewStep) harness.NewStep {
		return func(cfg aws.Config, getenv func(string) string, log *slog.Logger) (run.Step, error) {
			return newStep(cfg, func(of string) string {
				if of == name {
					return value
				}
				return getenv(of)
			}, log)
		}
	}
}

// forgetful does not list the last file of a folder that has several.
type forgetful struct{ lake.Objects }

func (f forgetful) ListObjectsV2(ctx context.Context, in *s3.ListObjectsV2Input, o ...func(*s3.Options)) (*s3.ListObjectsV2Output, error) {
	out, err := f.Objects.ListObjectsV2(ctx, in, o...)
	if err == nil && len(out.Contents) > 1 {
		out.Contents = out.Contents[:len(out.Contents)-1]
	}
	return out, err
}
