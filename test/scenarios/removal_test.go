package scenarios_test

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/oralake/oralake/test/harness"
)

// A scenario fails without a permission that it uses. make iam takes every permission away; this test takes a few. Each scenario runs
// in a process of its own, because it is expected to fail.
func TestMissingPermissionsAreNoticed(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for permission, scenario := range map[string]string{
		"FunctionsRecordRole s3:ListBucket":              "TestRecordsHaveTheSizeOfTheFiles",
		"FunctionsStartRole dms:StopReplicationTask":     "TestLateStartStopsItsTask",
		"EndpointsLakeRole s3:PutObject":                 "TestManifestsUnderACustomersKey",
		"SchedulesRole sqs:SendMessage":                  "TestFailedStartsAreInTheDeadLetterQueue",
		"CleanupRole lambda:InvokeFunction":              "TestCleanupOutlivesItsFunction",
		"FunctionsCheckRole ec2:CreateNetworkInterface":  "TestCodeMayNotTouchNetworkInterfaces",
		"FunctionsReconcileRole dms:AddTagsToResource":   "TestManifestsUnderACustomersKey",
		"WorkflowRole logs:CreateLogDelivery":            "TestRecordsHaveTheSizeOfTheFiles",
		"FunctionsPrepareRole no:SuchAction":             "", // Nothing is taken away.
		"FunctionsPollRole dms:DescribeReplicationTasks": "TestRecordsHaveTheSizeOfTheFiles",
	} {
		fails := scenario != ""
		if !fails {
			scenario = "TestRecordsHaveTheSizeOfTheFiles"
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		run := exec.CommandContext(ctx, self, "-test.v", "-test.run", "^"+scenario+"$")
		run.Env = append(os.Environ(), harness.EnvWithout+"="+permission, harness.EnvAccessLog+"=")
		output, err := run.CombinedOutput()
		cancel()
		result := "--- PASS: " + scenario
		if fails {
			result = "--- FAIL: " + scenario
		}
		if (err != nil) != fails || !bytes.Contains(output, []byte(result)) {
			t.Errorf("without %s: %v, want %q in the output:\n%s", permission, err, result, output)
		}
	}
}
