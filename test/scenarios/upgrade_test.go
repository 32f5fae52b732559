package scenarios_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/oralake/oralake/internal/contract"
	"github.com/oralake/oralake/internal/manifest"
	"github.com/oralake/oralake/internal/records"
	"github.com/oralake/oralake/internal/run"
	"github.com/oralake/oralake/test/harness"
)

var makeFixture = flag.Bool("upgrade-fixture", false, "keep the template, the manifest, the records and a run document of this version")

// kept is where the fixture is: what a stack of an earlier version has.
const kept = "testdata/upgrade"

func keptFile(t *testing.T, name string) []byte {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(kept, name))
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func keep(t *testing.T, name string, content []byte) {
	t.Helper()
	if err := os.MkdirAll(kept, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(kept, name), content, 0o644); err != nil {
		t.Fatal(err)
	}
}

// items reads all items of the table of the records as JSON values.
func (a *testAccount) items(o harness.Outputs) (all []map[string]any) {
	a.t.Helper()
	pages := dynamodb.NewScanPaginator(a.Records, &dynamodb.ScanInput{TableName: aws.String(o["StatsTable"])})
	for pages.HasMorePages() {
		page, err := pages.NextPage(a.t.Context())
		if err == nil {
			var items []map[string]any
			err = attributevalue.UnmarshalListOfMaps(page.Items, &items)
			all = append(all, items...)
		}
		if err != nil {
			a.t.Fatal(err)
		}
	}
	return all
}

// TestUpgradeFixture writes the fixture, when it is asked to.
func TestUpgradeFixture(t *testing.T) {
	if !*makeFixture {
		t.Skip("make upgrade-fixture runs it")
	}
	d, template := load(t, "sales"), template(t, "sales")
	m, err := manifest.Compile(d)
	if err != nil {
		t.Fatal(err)
	}
	document, err := m.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		a := openAccount(t, sample(t))
		outputs := a.Deploy(d)
		done := a.Run(outputs["StateMachineArn"], `{"job": "daily-parts"}`)
		time.Sleep(2 * time.Hour)
		a.Start(outputs["StateMachineArn"], `{"job": "daily-orders"}`, time.Minute) // It holds its lease.
		items, err := json.MarshalIndent(a.items(outputs), "", " ")
		if err != nil {
			t.Fatal(err)
		}
		keep(t, "template.json", template)
		keep(t, "manifest.json", document)
		keep(t, "items.json", append(items, '\n'))
		keep(t, "document.json", []byte(aws.ToString(done.Output)+"\n"))
	})
}

// unread returns what the code no longer reads of an item that an earlier version has written: members that are lost, or are others
// when the item is written again.
func unread(item map[string]any) (problems []string) {
	pk, sk := fmt.Sprint(item["pk"]), fmt.Sprint(item["sk"])
	var into any
	switch {
	case sk == "LEASE":
		stored, err := attributevalue.MarshalMap(item)
		if err == nil {
			var holder records.Holder
			if holder, err = records.ReadHolder(stored); err == nil && holder.Execution != item["holder"] {
				err = fmt.Errorf("its holder is read as %q", holder.Execution)
			}
		}
		if err != nil {
			problems = append(problems, fmt.Sprintf("%s %s: %v", pk, sk, err))
		}
		return problems
	case sk == "STATE" && strings.HasPrefix(pk, "JOB#"):
		into = &records.JobState{}
	case sk == "WATCH":
		into = &records.Watch{}
	case strings.HasPrefix(pk, "JOB#") && strings.HasPrefix(sk, "RUN#"):
		into = &records.Run{}
	case strings.HasPrefix(pk, "TABLE#"):
		into = &records.Table{}
	case strings.HasPrefix(pk, "TASK#"):
		into = &records.Task{}
	default:
		return nil // of a kind that no run needs from an earlier one, or that is written anew
	}
	stored, err := attributevalue.MarshalMap(item)
	if err == nil {
		err = attributevalue.UnmarshalMap(stored, into)
	}
	again := map[string]any{}
	if err == nil {
		stored, err = attributevalue.MarshalMap(into)
	}
	if err == nil {
		err = attributevalue.UnmarshalMap(stored, &again)
	}
	if err != nil {
		return []string{fmt.Sprintf("%s %s: %v", pk, sk, err)}
	}
	for _, name := range slices.Sorted(maps.Keys(item)) {
		if !reflect.DeepEqual(item[name], again[name]) {
			problems = append(problems, fmt.Sprintf("%s %s: %s is %v, and is read as %v", pk, sk, name, item[name], again[name]))
		}
	}
	return problems
}

// The code reads what the kept version has written: its records, states, leases, manifest and run documents.
func TestKeptDataIsRead(t *testing.T) {
	var items []map[string]any
	if err := json.Unmarshal(keptFile(t, "items.json"), &items); err != nil {
		t.Fatal(err)
	}
	kinds := map[string]bool{}
	for _, item := range items {
		kind, _, _ := strings.Cut(fmt.Sprint(item["sk"]), "#")
		of, _, _ := strings.Cut(fmt.Sprint(item["pk"]), "#")
		kinds[of+" "+kind] = true
		for _, problem := range unread(item) {
			t.Error(problem)
		}
		// A name that changes is noticed.
		if item["sk"] == "STATE" && item["checkpoint"] != nil {
			changed := maps.Clone(item)
			changed["checkpoint2"] = changed["checkpoint"]
			delete(changed, "checkpoint")
			if len(unread(changed)) == 0 {
				t.Error("another name of the checkpoint is not noticed")
			}
		}
	}
	for _, want := range []string{"JOB RUN", "JOB LEASE", "JOB STATE", "JOB WATCH", "TABLE RUN", "TASK RUN"} {
		if !kinds[want] {
			t.Errorf("the kept items have no %s", want)
		}
	}
	if _, err := manifest.Parse(keptFile(t, "manifest.json")); err != nil {
		t.Errorf("manifest: %v", err)
	}
	for name, content := range map[string][]byte{
		"": keptFile(t, "document.json"), "planted": bytes.Replace(keptFile(t, "document.json"), []byte(`"phase":`), []byte(`"stage":`), 1),
	} {
		var was, is map[string]any
		var d run.Document
		err := json.Unmarshal(content, &was)
		if err == nil {
			err = json.Unmarshal(content, &d)
		}
		var again []byte
		if err == nil {
			again, err = json.Marshal(d)
		}
		if err == nil {
			err = json.Unmarshal(again, &is)
		}
		if err != nil {
			t.Fatal(err)
		}
		var lost []string
		for member := range was {
			if _, ok := is[member]; !ok {
				lost = append(lost, member)
			}
		}
		if (len(lost) > 0) != (name == "planted") {
			t.Errorf("%s run document: lost %v", name, lost)
		}
	}
}

// replaced returns the outputs that name resources which an upgrade must not replace, and which it has.
func replaced(before, after harness.Outputs) (names []string) {
	for _, name := range []string{"StatsTable", "LakeBucket", "ReplicationInstanceArn", "StateMachineArn", "AlertTopicArn", "VpcId"} {
		if before[name] != after[name] {
			names = append(names, name)
		}
	}
	return names
}

// upgrade deploys the kept version with a task at work and a load in flight, then the code as it is, and returns what went wrong.
func upgrade(t *testing.T, now []byte) (problems []string) {
	d, db := load(t, "sales"), writable(t)
	synctest.Test(t, func(t *testing.T) {
		a := openAccount(t, db)
		before := a.DeployTemplate(d, keptFile(t, "template.json"))
		time.Sleep(2 * time.Hour)
		task := a.task("oralake-sales", "live-customers")
		flying := a.Start(before["StateMachineArn"], `{"job": "daily-orders"}`, time.Minute)
		if err := a.Update(d, now); err != nil {
			problems = append(problems, err.Error())
			return
		}
		after := a.outputsOf("oralake-sales")
		for _, name := range replaced(before, after) {
			problems = append(problems, "the upgrade has replaced what "+name+" names")
		}
		if got := a.Await(flying).Status; got != sfntypes.ExecutionStatusSucceeded {
			problems = append(problems, "a load in flight ended as "+string(got))
		}
		insert(t, db, 310_001)
		time.Sleep(2 * time.Hour)
		is := a.task("oralake-sales", "live-customers")
		if aws.ToString(is.ReplicationTaskArn) != aws.ToString(task.ReplicationTaskArn) || !is.ReplicationTaskStartDate.Equal(*task.ReplicationTaskStartDate) ||
			aws.ToString(is.Status) != "running" {
			problems = append(problems, fmt.Sprintf("the task is %s of %s, started at %s", aws.ToString(is.Status), aws.ToString(is.ReplicationTaskArn),
				is.ReplicationTaskStartDate))
		}
		if after["Version"] != contract.Version {
			problems = append(problems, "the version is "+after["Version"])
		}
		if runs := a.RunRecords(after, "live-customers"); len(runs) < 3 || runs[len(runs)-1].Outcome != "SUCCEEDED" {
			problems = append(problems, fmt.Sprintf("the job has %d records after the upgrade, or its last run failed", len(runs)))
		}
	})
	return problems
}

// An upgrade restarts no task, ends no run, loses no record, and replaces nothing that is retained.
func TestUpgrade(t *testing.T) {
	now := template(t, "sales")
	// What differs from the kept version is at least this text.
	now = bytes.Replace(now, []byte("starts the tasks of a run"), []byte("starts all tasks of a run"), 1)
	for _, problem := range upgrade(t, now) {
		t.Error(problem)
	}
	// Another logical id of the table of the records is noticed.
	if problems := upgrade(t, bytes.ReplaceAll(now, []byte("DataStats"), []byte("DataRecords"))); !slices.Contains(problems,
		"the upgrade has replaced what StatsTable names") {
		t.Errorf("a changed logical id: got %q", problems)
	}
}

// The first version of the log of changes is that of the code.
func TestChangelogHasTheVersion(t *testing.T) {
	log, err := os.ReadFile(filepath.Join(harness.Root(), "CHANGELOG.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, first, _ := strings.Cut(string(log), "\n## ")
	if version, _, _ := strings.Cut(first, "\n"); version != contract.Version {
		t.Errorf("CHANGELOG.md begins with %q, the code is %s", version, contract.Version)
	}
}

// outputsOf returns the outputs of a stack.
func (a *testAccount) outputsOf(stack string) harness.Outputs {
	a.t.Helper()
	out, err := a.Stacks.DescribeStacks(a.t.Context(), &cloudformation.DescribeStacksInput{StackName: &stack})
	if err != nil {
		a.t.Fatal(err)
	}
	outputs := harness.Outputs{}
	for _, o := range out.Stacks[0].Outputs {
		outputs[aws.ToString(o.OutputKey)] = aws.ToString(o.OutputValue)
	}
	return outputs
}
