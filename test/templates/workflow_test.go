package templates

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/oralake/oralake/internal/contract"
)

// dependsOn returns the resources in the DependsOn of a resource.
func dependsOn(t *testing.T, one template, id string) []string {
	t.Helper()
	var document struct {
		Resources map[string]struct{ DependsOn any }
	}
	if err := json.Unmarshal(one.source, &document); err != nil {
		t.Fatal(err)
	}
	switch names := document.Resources[id].DependsOn.(type) {
	case string:
		return []string{names}
	case []any:
		var all []string
		for _, name := range names {
			all = append(all, name.(string))
		}
		return all
	}
	return nil
}

// The state machine logs every step of every run, and every placeholder of the definition has its function.
func TestStateMachine(t *testing.T) {
	each(t, "AWS::StepFunctions::StateMachine", func(t *testing.T, r resource) {
		r.has(t, map[string]any{"StateMachineType": "STANDARD", "TracingConfiguration": map[string]any{"Enabled": true}})
		logging := at(t, r.Properties, "LoggingConfiguration")
		if at(t, logging, "Level") != "ALL" || at(t, logging, "IncludeExecutionData") != true {
			t.Errorf("logging %v", logging)
		}
		definition := r.Properties["DefinitionString"].(string)
		if !json.Valid([]byte(definition)) {
			t.Error("the definition is not JSON")
		}
		wanted := map[string]bool{}
		for _, match := range regexp.MustCompile(`\$\{(\w+)\}`).FindAllStringSubmatch(definition, -1) {
			wanted[match[1]] = true
		}
		given := r.Properties["DefinitionSubstitutions"].(map[string]any)
		if diff := cmp.Diff(slices.Sorted(maps.Keys(wanted)), slices.Sorted(maps.Keys(given))); diff != "" {
			t.Errorf("substitutions (-in the definition +given):\n%s", diff)
		}
	})
}

// Each job starts at the times of its file, and the search for orphans every 25 minutes. A failed start is retried, and then goes to the dead letter queue.
func TestSchedules(t *testing.T) {
	all, err := departments()
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range all {
		want := map[string]any{"find_orphans": []any{"rate(25 minutes)", nil, `{"findOrphans":true}`}}
		for _, job := range d.Jobs {
			want[job.Name] = []any{job.Schedule, d.Timezone, `{"job":"` + job.Name + `"}`}
		}
		got := map[string]any{}
		for _, r := range world(t)["oralake-"+d.Name].Resources {
			if r.Type != "AWS::Scheduler::Schedule" {
				continue
			}
			r.has(t, map[string]any{"FlexibleTimeWindow": map[string]any{"Mode": "OFF"}})
			got[r.Properties["Name"].(string)] = []any{
				r.Properties["ScheduleExpression"], r.Properties["ScheduleExpressionTimezone"],
				at(t, r.Properties, "Target", "Input"),
			}
			if at(t, r.Properties, "Target", "DeadLetterConfig", "Arn") == nil {
				t.Error("a start that fails permanently has no dead letter queue")
			}
			if attempts := at(t, r.Properties, "Target", "RetryPolicy", "MaximumRetryAttempts").(float64); attempts < 1 {
				t.Errorf("retried %v times", attempts)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("schedules of %s (-want +got):\n%s", d.Name, diff)
		}
	}
}

// A function without one of these does not start (internal/contract).
func TestFunctionEnvironment(t *testing.T) {
	common := []string{"ORALAKE_DEPARTMENT", "ORALAKE_RECORD_DAYS", "ORALAKE_STACK", "ORALAKE_TABLE"}
	lake := []string{"ORALAKE_LAKE_BUCKET"}
	own := map[string][]string{
		"FunctionsPrepare": {
			"ORALAKE_CDC_ENDPOINT_ARN", "ORALAKE_FULL_ENDPOINT_ARN", "ORALAKE_INSTANCE_ARN", "ORALAKE_LAKE_BUCKET",
			"ORALAKE_LOAD_ENDPOINT_ARN", "ORALAKE_MANIFEST_BUCKET", "ORALAKE_MANIFEST_KEY", "ORALAKE_SOURCE_ENDPOINT_ARN",
			"ORALAKE_TOPIC_ARN",
		},
		"FunctionsOrphans": {"ORALAKE_INSTANCE_NAME", "ORALAKE_MANIFEST_BUCKET", "ORALAKE_MANIFEST_KEY"},
		"FunctionsCreate":  lake, "FunctionsReconcile": lake, "FunctionsVerify": lake,
		"FunctionsRecord": {"ORALAKE_INSTANCE_NAME", "ORALAKE_LAKE_BUCKET", "ORALAKE_TASK_LOG_GROUP", "ORALAKE_TOPIC_ARN"},
		"FunctionsPublish": {
			"ORALAKE_KEEP_SNAPSHOTS", "ORALAKE_LAKE_BUCKET", "ORALAKE_READERS_MINUTES",
		},
		"CleanupFunction": {"ORALAKE_TOPIC_ARN"},
		"FunctionsCheck":  {"ORALAKE_CERTIFICATE_ARN", "ORALAKE_DATABASE", "ORALAKE_SECRET_ID"},
	}
	// The functions that have to know the Data Catalog. The department archive has catalog: off.
	cataloging := []string{"FunctionsOrphans", "FunctionsRecord", "FunctionsPublish"}
	for stack, one := range departmentStacks(t) {
		for id, r := range one.Resources {
			if r.Type != "AWS::Lambda::Function" {
				continue
			}
			want := slices.Clone(common)
			for prefix, more := range own {
				if strings.HasPrefix(id, prefix) {
					want = append(want, more...)
				}
			}
			if stack != "oralake-archive" && slices.ContainsFunc(cataloging, func(prefix string) bool { return strings.HasPrefix(id, prefix) }) {
				want = append(want, contract.EnvCatalogDatabase)
			}
			slices.Sort(want)
			got := slices.Sorted(maps.Keys(at(t, r.Properties, "Environment", "Variables").(map[string]any)))
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("variables of %s in %s (-want +got):\n%s", id, stack, diff)
			}
		}
	}
}

// After a stop, a recovery waits until a function of the run has ended. The check function is not checked, since it writes
// only its answer.
func TestNoStepOutlivesItsTimeout(t *testing.T) {
	for stack, one := range departmentStacks(t) {
		steps := 0
		for id, r := range one.Resources {
			if r.Type != "AWS::Lambda::Function" || !strings.HasPrefix(id, "Functions") ||
				strings.HasPrefix(id, "FunctionsCheck") {
				continue
			}
			steps++
			if seconds := r.Properties["Timeout"].(float64); seconds > contract.StepTimeout.Seconds() {
				t.Errorf("%s: %s may run for %v seconds, longer than %v", stack, id, seconds, contract.StepTimeout)
			}
		}
		if steps < 8 {
			t.Errorf("%s: %d functions of the workflow, want at least 8", stack, steps)
		}
	}
}
