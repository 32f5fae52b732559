package scenarios_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/oralake/oralake/internal/contract"
	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/test/aws/gateway"
	"github.com/oralake/oralake/test/harness"
)

// membersOf has the properties that the function of a custom resource reads, by the type of the resource.
var membersOf = map[any]map[string]bool{
	contract.PreflightType: members(contract.PreflightProperties{}),
	contract.JobType:       members(contract.JobProperties{}),
}

// members returns the names of a structure's members and ServiceToken, which CloudFormation reads.
func members(structure any) map[string]bool {
	names := map[string]bool{"ServiceToken": true}
	kind := reflect.TypeOf(structure)
	for i := range kind.NumField() {
		names[kind.Field(i).Name] = true
	}
	return names
}

// reworded changes all sentences of a template and counts them. Sentences are the descriptions of all resources and every
// property of a custom resource that its function does not read.
func reworded(t *testing.T, template []byte) (other []byte, sentences int) {
	t.Helper()
	parsed := parse(t, template)
	for _, resource := range parsed["Resources"].(map[string]any) {
		r := resource.(map[string]any)
		properties, _ := r["Properties"].(map[string]any)
		read, custom := membersOf[r["Type"]]
		for name, value := range properties {
			if name == "Description" || custom && !read[name] {
				properties[name] = reword(value, &sentences)
			}
		}
	}
	return unparse(t, parsed), sentences
}

func parse(t *testing.T, template []byte) (parsed map[string]any) {
	t.Helper()
	if err := json.Unmarshal(template, &parsed); err != nil {
		t.Fatal(err)
	}
	return parsed
}

func unparse(t *testing.T, parsed map[string]any) []byte {
	t.Helper()
	content, err := json.Marshal(parsed)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// reword changes every text in a value.
func reword(value any, count *int) any {
	switch value := value.(type) {
	case string:
		*count++
		return "in other words: " + value
	case []any:
		for i := range value {
			value[i] = reword(value[i], count)
		}
	case map[string]any:
		for key := range value {
			value[key] = reword(value[key], count)
		}
	}
	return value
}

// refingerprinted changes in a template a value that the runs of all jobs depend on.
func refingerprinted(t *testing.T, template []byte) []byte {
	t.Helper()
	parsed := parse(t, template)
	for _, resource := range parsed["Resources"].(map[string]any) {
		r := resource.(map[string]any)
		if properties, _ := r["Properties"].(map[string]any); properties["Fingerprint"] != nil {
			properties["Fingerprint"] = "0123456789ab"
		}
	}
	return unparse(t, parsed)
}

// withoutSchedules removes the schedules from a template, so that only deploys start runs.
func withoutSchedules(t *testing.T, template []byte) []byte {
	t.Helper()
	parsed := parse(t, template)
	maps.DeleteFunc(parsed["Resources"].(map[string]any), func(_ string, resource any) bool {
		return resource.(map[string]any)["Type"] == "AWS::Scheduler::Schedule"
	})
	return unparse(t, parsed)
}

// A deploy that changes only sentences has no effect: its functions write no record and stop and start no task.
func TestRewordedDeployDoesNothing(t *testing.T) {
	first := synthesize(t, both, "")
	first.template = withoutSchedules(t, first.template)
	other, sentences := reworded(t, first.template)
	// Two jobs, each with a state, a check, a line for each table and a last line; three endpoints; and descriptions.
	if sentences < 20 {
		t.Fatalf("the template has %d sentences", sentences)
	}
	for name, test := range map[string]struct {
		template []byte
		starts   int // runs
	}{
		"other words": {other, 0},
		// This case shows that the test can fail: the deploy changes a member of the contract.
		"another fingerprint": {refingerprinted(t, first.template), 2},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var mu sync.Mutex
				var on bool
				did := map[string]int{}
				a := open(t, harness.Options{Disturb: func(c gateway.Call) gateway.Disturbance {
					mu.Lock()
					defer mu.Unlock()
					reads := slices.ContainsFunc([]string{"Describe", "List", "Get", "BatchGet", "Query"}, func(prefix string) bool {
						return strings.HasPrefix(c.Operation, prefix)
					})
					if function := harness.FunctionOf(c); on && function != "" && !reads {
						did[function+" "+c.Operation]++
					}
					return gateway.Disturbance{}
				}})
				liveBefore, tailBefore := deploy(t, a, first)
				before := items(t, a)
				mu.Lock()
				on = true
				mu.Unlock()
				if err := a.Update(first.department, test.template); err != nil {
					t.Fatalf("the deploy is refused: %v", err)
				}
				time.Sleep(settled)
				if got := did["Cleanup StartExecution"]; got != test.starts {
					t.Errorf("%d runs were started, want %d", got, test.starts)
				}
				if test.starts > 0 {
					return
				}
				// Each job's resource releases the lease that a deploy may hold; here no deploy holds one.
				if diff := cmp.Diff(map[string]int{"Cleanup DeleteItem": 2}, did); diff != "" {
					t.Errorf("calls of the functions (-want +got):\n%s", diff)
				}
				if diff := cmp.Diff(before, items(t, a), cmpopts.IgnoreUnexported()); diff != "" {
					t.Errorf("records (-before +after):\n%s", diff)
				}
				liveAfter, tailAfter := follows(t, a, "live"), follows(t, a, "tail")
				ignore := cmpopts.IgnoreUnexported(liveAfter, *liveAfter.ReplicationTaskStats)
				statistics := cmpopts.IgnoreFields(*liveAfter.ReplicationTaskStats, "ElapsedTimeMillis")
				for _, diff := range []string{cmp.Diff(liveBefore, liveAfter, ignore, statistics), cmp.Diff(tailBefore, tailAfter, ignore, statistics)} {
					if diff != "" {
						t.Errorf("task (-before +after):\n%s", diff)
					}
				}
			})
		})
	}
}

// items returns all records of the department sales as Go prints them.
func items(t *testing.T, a *harness.Account) (all []string) {
	t.Helper()
	tables, err := a.Records.ListTables(t.Context(), &dynamodb.ListTablesInput{})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range tables.TableNames {
		out, err := a.Records.Scan(t.Context(), &dynamodb.ScanInput{TableName: aws.String(name)})
		if err != nil {
			t.Fatal(err)
		}
		for _, item := range out.Items {
			content, err := json.Marshal(item)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, string(content))
		}
	}
	slices.Sort(all)
	return all
}

// At each run, DMS changes the text of a failure message and the text around the code of a stop reason. That is the same
// failure, and people get one alert about it. A second alert says that the job is not resumed any more.
func TestRewordedFailureSendsOneAlert(t *testing.T) {
	db := writable(t)
	synctest.Test(t, func(t *testing.T) {
		f := openFollowing(t, db, asItIs)
		f.edit(func(j *department.Job) { j.Paused = true })
		f.want(f.follow(), sfntypes.ExecutionStatusSucceeded)
		f.customers(1001)
		scn, err := db.SCN(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		db.ForgetBefore(scn + 1)
		f.edit(func(j *department.Job) { j.Paused = false })
		before, wordings := len(f.Alerts(f.outputs["AlertTopicArn"])), 0
		f.network.change(rewordFailures(t, &wordings))
		reasons := map[string]bool{}
		for range 3 {
			wordings++
			f.want(f.follow(), sfntypes.ExecutionStatusFailed)
			reasons[f.lastRun(f.outputs, "live-customers").Reason] = true
		}
		if len(reasons) != 3 {
			t.Fatalf("reasons %v, want three different ones", reasons)
		}
		if n := len(f.Alerts(f.outputs["AlertTopicArn"])) - before; n != 1 {
			t.Errorf("%d messages of one failure in three wordings, want 1", n)
		}
		f.want(f.follow(), sfntypes.ExecutionStatusFailed)
		if n := len(f.Alerts(f.outputs["AlertTopicArn"])) - before; n != 2 {
			t.Errorf("%d messages, want 2: also that the job is not resumed any more", n)
		}
	})
}

var failureTexts = regexp.MustCompile(`"(LastFailureMessage|StopReason)":"([^"]*)"`)

// rewordFailures changes the failure texts of DMS. The code of a stop reason stays.
func rewordFailures(t *testing.T, wording *int) func(*http.Request, *http.Response) {
	return func(r *http.Request, answer *http.Response) {
		if !strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".DescribeReplicationTasks") {
			return
		}
		content, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Error(err)
		}
		content = failureTexts.ReplaceAll(content, fmt.Appendf(nil, `"$1":"Wording %d of it: $2 (%[1]d)"`, *wording))
		answer.Body, answer.ContentLength = io.NopCloser(bytes.NewReader(content)), int64(len(content))
	}
}
