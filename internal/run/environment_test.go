package run

import (
	"strings"
	"testing"
	"time"

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
		Department: "sales", Stack: "oralake-sales", Table: "stats", RecordDays: 400, Pace: 1,
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

func TestPaceShortensWaiting(t *testing.T) {
	read := func(pace string) (Environment, error) {
		return ReadEnvironment(func(name string) string {
			if name == "ORALAKE_PACE" {
				return pace
			}
			return complete[name]
		})
	}
	for pace, want := range map[string]time.Duration{"": 2 * time.Minute, "1": 2 * time.Minute, "120": time.Second} {
		env, err := read(pace)
		if err != nil {
			t.Fatal(err)
		}
		if got := env.Real(2 * time.Minute); got != want {
			t.Errorf("at a pace of %q two minutes last %s, want %s", pace, got, want)
		}
	}
	for _, pace := range []string{"fast", "0", "-1", "NaN"} {
		if _, err := read(pace); err == nil || !strings.Contains(err.Error(), "ORALAKE_PACE") {
			t.Errorf("a pace of %q: %v, want it refused", pace, err)
		}
	}
}
