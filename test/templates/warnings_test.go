package templates

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"

	"github.com/oralake/oralake/stacks"
)

// The CDK shows the warnings about a department at its stack, with an identifier by which a person can acknowledge them.
func TestWarningsAreShown(t *testing.T) {
	content := strings.Replace(file("hr", "driver: go-ora", "timezone: Europe/Berlin\nreplication: {engineVersion: 3.5.4}\n"),
		"full-load,", "full-load, schedule: cron(30 2 * * ? *),", 1)
	dir := folder(t, map[string]string{"hr.yaml": content, "sales.yaml": file("sales", "driver: go-ora", "")})
	context, out := map[string]any{"departments": dir, "aws:cdk:bundling-stacks": []any{}}, t.TempDir()
	app := awscdk.NewApp(&awscdk.AppProps{Outdir: &out, Context: &context})
	if _, err := stacks.Add(t.Context(), app, t.TempDir()); err != nil {
		t.Fatal(err)
	}
	for stack, parts := range map[string][]string{
		"oralake-hr": {
			"job daily does not run by its schedule cron(30 2 * * ? *) on ", "[ack: oralake:clock-change]",
			"replication.engineVersion is 3.5.4", "[ack: oralake:engine]",
		},
		"oralake-sales": nil,
	} {
		var shown strings.Builder
		for _, entry := range *app.Node().FindChild(&stack).Node().Metadata() {
			if *entry.Type == "aws:cdk:warning" {
				fmt.Fprintln(&shown, entry.Data)
			}
		}
		for _, want := range parts {
			if !strings.Contains(shown.String(), want) {
				t.Errorf("%s shows %q, want it to contain %q", stack, shown.String(), want)
			}
		}
		if parts == nil && shown.Len() > 0 {
			t.Errorf("%s shows %q, want nothing", stack, shown.String())
		}
	}
}
