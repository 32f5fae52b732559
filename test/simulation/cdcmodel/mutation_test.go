package cdcmodel_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"path"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsdms "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/oralake/oralake/internal/dms"
	"github.com/oralake/oralake/internal/lake"
	"github.com/oralake/oralake/internal/run"
	"github.com/oralake/oralake/test/harness"
	"github.com/oralake/oralake/test/simulation"
)

// The checks can fail: each kind of bug is planted and found.
func TestPlantedBugsAreFound(t *testing.T) {
	most := 100
	if testing.Short() {
		most = 5
	}
	// Few histories have DDL just before a start. The first one that finds that bug is number 173.
	from := map[string]uint64{"DDL is not read before a start": 150}
	free := make(chan string, len(simulation.Regions))
	for _, region := range simulation.Regions {
		free <- region
	}
	for _, test := range []struct {
		name  string
		bug   bug
		finds string // the kind of violation
	}{
		{"a reload does not wait for captured changes", bug{steps: simulation.Planted("Reconcile", simulation.Around(withoutWait))}, mismatch},
		{"an added table is not loaded", bug{steps: simulation.Planted("Reconcile", changing(without("backfill", "BOOL")))}, mismatch},
		{"a TRUNCATE is overlooked", bug{steps: simulation.Planted("Record", changing(replacing(`"Ddls":\d+`, `"Ddls":0`)))}, mismatch},
		{"DDL is not read before a start", bug{steps: simulation.Planted("Reconcile", changing(replacing(`"Ddls":\d+`, `"Ddls":0`)))}, mismatch},
		{"a table with DDL is forgotten", bug{steps: simulation.Planted("Record", changing(without("ddlSeen", "M")))}, mismatch},
		{"a task is created again instead of resumed", bug{steps: simulation.Planted("Reconcile", recreating)}, lost},
		{"a task is not started after it was changed", bug{steps: simulation.Planted("Start", simulation.Around(startingNothing))}, stuck},
		{"a reader does not report what the redo log lacks", bug{blind: true}, mismatch},
		{"a reader counts copies of a change", bug{objects: func(o lake.Objects) lake.Objects { return copies{o} }}, duplicated},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			region := <-free
			defer func() { free <- region }()
			for n := range uint64(most) {
				seed := from[test.name] + n
				for _, v := range live(t, newHistory(seed+1), region, test.bug).violations {
					if v.kind == test.finds {
						t.Logf("found by history %d: %s: %s", seed+1, v.kind, v.text)
						return
					}
				}
			}
			if testing.Short() {
				t.Skipf("%d histories did not find it; more histories may", most)
			}
			t.Errorf("%d histories did not find it: %s", most, test.finds)
		})
	}
}

// withoutWait starts a load at once.
func withoutWait(step run.Step) run.Step {
	return func(ctx context.Context, doc run.Document) (run.Document, error) {
		after, err := step(ctx, doc)
		if err == nil && after.Reload != nil && after.Phase == dms.Running {
			after.WaitSeconds = 1
		}
		return after, err
	}
}

// startingNothing reports that tasks were started, and starts none.
func startingNothing(run.Step) run.Step {
	return func(_ context.Context, doc run.Document) (run.Document, error) {
		doc.Phase = dms.Finished
		return doc, nil
	}
}

// recreating deletes a stopped task before Reconcile can resume it, and hides that there was one: the saved checkpoint, where the task
// started, its manifest, and the files in its folders. Then another task is created that starts an hour before its creation, and
// Reconcile does not notice that changes are missing.
func recreating(newStep harness.NewStep) harness.NewStep {
	for _, hide := range []func([]byte) []byte{
		without("checkpoint", "S"), without("start", "M"), without("manifest", "M"), replacing(`("tables":)\{("\w+\.\w+":\{[^{}]*\},?)+\}`, "$1{}"),
	} {
		newStep = changing(hide)(newStep)
	}
	return func(cfg aws.Config, getenv func(string) string, log *slog.Logger) (run.Step, error) {
		step, err := newStep(cfg, getenv, log)
		api := awsdms.NewFromConfig(cfg)
		return func(ctx context.Context, doc run.Document) (run.Document, error) {
			if len(doc.Tasks) > 0 {
				found, err := dms.Describe(ctx, api, doc.Tasks[:1])
				if err != nil {
					return doc, err
				}
				if d := found[doc.Tasks[0].ID]; d.IsStopped() && !d.StartedAt.IsZero() {
					if err := dms.DeleteTask(ctx, api, d); err != nil {
						return doc, err
					}
					time.Sleep(time.Minute)
				}
			}
			return step(ctx, doc)
		}, err
	}
}

// changing changes the responses of AWS to a step.
func changing(change func(content []byte) []byte) func(harness.NewStep) harness.NewStep {
	return simulation.Through(func(next http.RoundTripper) http.RoundTripper {
		return simulation.RoundTrip(func(request *http.Request) (*http.Response, error) {
			response, err := next.RoundTrip(request)
			if err != nil || !strings.Contains(response.Header.Get("Content-Type"), "json") {
				return response, err
			}
			content, err := io.ReadAll(response.Body)
			if err != nil {
				return nil, err
			}
			content = change(content)
			response.Body, response.ContentLength = io.NopCloser(bytes.NewReader(content)), int64(len(content))
			response.Header.Del("Content-Length")
			response.Header.Del("X-Amz-Crc32")
			return response, nil
		})
	})
}

// replacing replaces a pattern in the responses of AWS.
func replacing(pattern, by string) func([]byte) []byte {
	compiled := regexp.MustCompile(pattern)
	return func(content []byte) []byte { return compiled.ReplaceAll(content, []byte(by)) }
}

// without hides an attribute of records: it renames the attribute in the responses of DynamoDB. kind is the DynamoDB type.
func without(attribute, kind string) func([]byte) []byte {
	return replacing(fmt.Sprintf(`"%s":\{"%s"`, attribute, kind), fmt.Sprintf(`"forgotten":{"%s"`, kind))
}

// copies gives every row of a change its own SCN, so that a reader counts a copy as another change.
type copies struct{ lake.Objects }

func (c copies) GetObject(ctx context.Context, in *s3.GetObjectInput, more ...func(*s3.Options)) (*s3.GetObjectOutput, error) {
	out, err := c.Objects.GetObject(ctx, in, more...)
	name := path.Base(aws.ToString(in.Key))
	if err != nil || strings.HasPrefix(name, "LOAD") {
		return out, err
	}
	defer out.Body.Close()
	content, err := io.ReadAll(out.Body)
	if err != nil {
		return nil, err
	}
	var rewritten bytes.Buffer
	n := 0
	if err := eachSCN(content, func(scn string) (string, error) {
		n++
		return fmt.Sprintf("%s-%s-%d", scn, name, n), nil
	}, &rewritten); err != nil {
		return nil, err
	}
	out.Body = io.NopCloser(&rewritten)
	return out, nil
}
