package workflow

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var complete = map[string]string{
	"ORALAKE_DEPARTMENT": "sales", "ORALAKE_STACK": "oralake-sales", "ORALAKE_TABLE": "stats", "ORALAKE_RECORD_DAYS": "400",
	"ORALAKE_MANIFEST_BUCKET": "assets", "ORALAKE_MANIFEST_KEY": "m.json", "ORALAKE_INSTANCE_ARN": "arn:i",
	"ORALAKE_SOURCE_ENDPOINT_ARN": "arn:s", "ORALAKE_FULL_ENDPOINT_ARN": "arn:f", "ORALAKE_CDC_ENDPOINT_ARN": "arn:c",
}

func TestReadCreateEnvironment(t *testing.T) {
	got, err := ReadCreateEnvironment(func(name string) string { return complete[name] })
	if err != nil {
		t.Fatal(err)
	}
	want := Environment{
		Department: "sales", Stack: "oralake-sales", Table: "stats", RecordDays: 400,
		Manifest: ManifestAddress{Bucket: "assets", Key: "m.json"}, Instance: "arn:i", Source: "arn:s",
		FullEndpoint: "arn:f", CDCEndpoint: "arn:c",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("environment (-want +got):\n%s", diff)
	}
}

func TestMissingVariablesAreNamedAtOnce(t *testing.T) {
	_, err := ReadCreateEnvironment(func(string) string { return "" })
	if err == nil {
		t.Fatal("an empty environment is accepted")
	}
	for name := range complete {
		if !strings.Contains(err.Error(), name) {
			t.Errorf("error does not name %s: %v", name, err)
		}
	}
}
