package templates

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/cdklabs/cdk-nag-go/cdknag/v2"
)

// cdk-nag's AwsSolutions rules find only exceptions that the construct accepts with a reason. They have no rules for DMS;
// other tests check that part.
func TestNag(t *testing.T) {
	out := filepath.Join(scratch, "nag.out")
	app := awscdk.NewApp(&awscdk.AppProps{Outdir: &out})
	names, err := addAll(app)
	if err != nil {
		t.Fatal(err)
	}
	awscdk.Aspects_Of(app).Add(cdknag.NewAwsSolutionsChecks(&cdknag.NagPackProps{
		Reports: new(true), ReportFormats: &[]cdknag.NagReportFormat{cdknag.NagReportFormat_JSON},
	}), nil)
	app.Synth(nil)
	for _, name := range names {
		source, err := os.ReadFile(filepath.Join(out, "AwsSolutions-"+name+"-NagReport.json"))
		if err != nil {
			t.Fatal(err)
		}
		var report struct {
			Lines []struct{ RuleID, ResourceID, Compliance, ExceptionReason, RuleInfo string }
		}
		if err := json.Unmarshal(source, &report); err != nil {
			t.Fatal(err)
		}
		checked := 0
		for _, line := range report.Lines {
			switch line.Compliance {
			case "Compliant":
				checked++
			case "Suppressed":
				checked++
				if len(line.ExceptionReason) < 40 {
					t.Errorf("%s at %s is accepted because %q: not a reason", line.RuleID, line.ResourceID, line.ExceptionReason)
				}
			default:
				t.Errorf("%s at %s is %s: %s", line.RuleID, line.ResourceID, line.Compliance, line.RuleInfo)
			}
		}
		if checked == 0 {
			t.Errorf("cdk-nag checked nothing in %s", name)
		}
	}
}
