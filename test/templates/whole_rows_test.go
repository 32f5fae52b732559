package templates

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"

	"github.com/oralake/oralake/stacks"
)

// Nobody deploys a job that follows changes without reading what its source needs: a warning without a check, information with
// one.
func TestSynthSaysWhatFollowingNeeds(t *testing.T) {
	const following = "  live: {type: full-load-and-cdc, tables: [HR.EMP, HR.DEPT]}\n"
	for name, test := range map[string]struct {
		content string
		kind    string // of the message; empty for none
		says    string
	}{
		"not checked":            {file("hr", "check: off", "") + following, "aws:cdk:warning", "no run checks this"},
		"checked":                {file("hr", "driver: go-ora", "") + following, "aws:cdk:info", "a run checks this"},
		"no job follows changes": {file("hr", "check: off", ""), "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			out := t.TempDir()
			context := map[string]any{
				"department": "hr", "departments": folder(t, map[string]string{"hr.yaml": test.content}), "aws:cdk:bundling-stacks": []any{},
			}
			app := awscdk.NewApp(&awscdk.AppProps{Outdir: &out, Context: &context})
			if _, err := stacks.Add(t.Context(), app, t.TempDir()); err != nil {
				t.Fatal(err)
			}
			found := map[string]string{}
			for _, entry := range *app.Node().FindChild(new("oralake-hr")).Node().Metadata() {
				if text := fmt.Sprint(entry.Data); strings.Contains(text, "SUPPLEMENTAL") {
					found[*entry.Type] = text
				}
			}
			if test.kind == "" {
				if len(found) > 0 {
					t.Errorf("messages %v, want none", found)
				}
				return
			}
			for _, want := range []string{
				test.says, "live must find whole rows", "ALTER DATABASE ADD SUPPLEMENTAL LOG DATA;",
				`ALTER TABLE "HR"."EMP" ADD SUPPLEMENTAL LOG DATA (ALL) COLUMNS;`, `ALTER TABLE "HR"."DEPT" ADD SUPPLEMENTAL LOG DATA (ALL) COLUMNS;`,
			} {
				if len(found) != 1 || !strings.Contains(found[test.kind], want) {
					t.Errorf("messages %v, want one of type %s with %q", found, test.kind, want)
				}
			}
		})
	}
}
