package cli_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/oralake/oralake/test/demo"
	"github.com/oralake/oralake/test/harness"
)

// The account stack creates the roles that DMS needs. Its deletion deletes them.
func TestAccountStackIsDeployedAndDestroyed(t *testing.T) {
	needCLI(t)
	w, err := demo.OpenWorld(t.Context(), demo.Options{
		Root: harness.Root(), Dir: t.TempDir(), Scale: 0.001, Speed: 1000, Bare: true, Out: t.Output(),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := w.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	}()
	roles := func() string {
		var all []string
		for _, name := range []string{"dms-vpc-role", "dms-cloudwatch-logs-role"} {
			if role, err := w.Cloud.IAM.Role(w.Cloud.Account.GlobalARN("iam", "role/"+name)); err == nil {
				all = append(all, fmt.Sprint(name, role.AWSManaged))
			}
		}
		return strings.Join(all, " ")
	}
	if got := roles(); got != "" {
		t.Errorf("roles of a bare account: %s, want none", got)
	}
	if err := w.CDK(t.Context(), "account=true", "deploy", "--require-approval", "never"); err != nil {
		t.Fatal(err)
	}
	const policy = "arn:aws:iam::aws:policy/service-role/"
	want := "dms-vpc-role[" + policy + "AmazonDMSVPCManagementRole] " +
		"dms-cloudwatch-logs-role[" + policy + "AmazonDMSCloudWatchLogsRole]"
	if got := roles(); got != want {
		t.Errorf("roles: %s\nwant   %s", got, want)
	}
	if err := w.CDK(t.Context(), "account=true", "destroy", "--force"); err != nil {
		t.Fatal(err)
	}
	if got := roles(); got != "" {
		t.Errorf("roles after destroy: %s, want none", got)
	}
}

// wantTaskLogs checks that the log files of DMS tasks say that tables were loaded.
func wantTaskLogs(t *testing.T, dir string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "logs", "dms-tasks-*", "dms-task-*.log"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files of task logs, %v, want some", len(files), err)
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(content), "Loading finished for table 'SALES'.") {
			t.Errorf("%s does not say that a table of SALES was loaded:\n%s", file, content)
		}
	}
}
