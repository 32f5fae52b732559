package stacks

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/oralake/oralake/internal/department"
)

// source.check and the layer decide whether a department has a check function.
func TestChooseCheck(t *testing.T) {
	with, without := t.TempDir(), t.TempDir()
	zip := filepath.Join(with, filepath.FromSlash(layerZip))
	if err := os.MkdirAll(filepath.Dir(zip), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(zip, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	counts := []department.Job{{Name: "nightly", Verify: department.Counts}}
	more := append([]department.Job{{Name: "monthly", LOBMaxKB: department.Measured}}, counts...)
	for name, test := range map[string]struct {
		source department.Source
		jobs   []department.Job
		root   string
		want   string // the decided source.check
		note   string // part of the warning
		err    string // part of the error
	}{
		"layer":                {source: department.Source{Driver: "godror"}, root: with, want: "report"},
		"layer, require":       {source: department.Source{Driver: "godror", Check: "require"}, root: with, want: "require"},
		"layer, off":           {source: department.Source{Driver: "godror", Check: "off"}, root: with, want: "off"},
		"no layer":             {source: department.Source{Driver: "godror"}, root: without, want: "off", note: "lambda_layer -client ZIP"},
		"no layer, off":        {source: department.Source{Driver: "godror", Check: "off"}, root: without, want: "off"},
		"no layer, report":     {source: department.Source{Driver: "godror", Check: "report"}, root: without, want: "off", note: "driver: go-ora"},
		"no layer, require":    {source: department.Source{Driver: "godror", Check: "require"}, root: without, err: "driver: go-ora"},
		"no layer, but counts": {source: department.Source{Driver: "godror"}, jobs: counts, root: without, err: "verify: counts (job nightly)"},
		"no layer, but more": {
			source: department.Source{Driver: "godror"}, jobs: more, root: without,
			err: "lobMaxKB: auto (job monthly), verify: counts (job nightly), which needs",
		},
		"go-ora":                {source: department.Source{Driver: "go-ora"}, root: without, want: "report"},
		"go-ora, require":       {source: department.Source{Driver: "go-ora", Check: "require"}, root: without, want: "require"},
		"TLS":                   {source: department.Source{Driver: "go-ora", SSLMode: "verify-ca"}, root: without, want: "report"},
		"TLS, require":          {source: department.Source{Driver: "godror", SSLMode: "verify-ca", Check: "require"}, root: with, want: "require"},
		"layer is not searched": {source: department.Source{Driver: "go-ora"}, root: "\x00", want: "report"},
	} {
		t.Run(name, func(t *testing.T) {
			d := &department.Department{Name: "sales", Source: test.source, Jobs: test.jobs}
			if d.Source.SSLMode == "" {
				d.Source.SSLMode = "none"
			}
			check, note, err := chooseCheck(d, test.root)
			if test.err != "" {
				if err == nil || !strings.Contains(err.Error(), test.err) {
					t.Errorf("error %v, want one with %q", err, test.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := d.Source.Check; got != test.want || (check != nil) != (got != department.CheckOff) {
				t.Errorf("source.check %q, function %v; want %q", got, check, test.want)
			}
			if (note == "") != (test.note == "") || !strings.Contains(note, test.note) {
				t.Errorf("note %q, want one with %q", note, test.note)
			}
			if check != nil && (check.Layer != "") != (check.Driver == department.Godror) {
				t.Errorf("check %+v: want a layer with godror only", check)
			}
		})
	}
}

// checkLayer refuses a damaged layer before a deploy.
func TestDamagedLayer(t *testing.T) {
	zip := filepath.Join(t.TempDir(), "oracle-client.zip")
	if err := os.WriteFile(zip, []byte("not a zip"), 0o600); err != nil {
		t.Fatal(err)
	}
	c := Check{Driver: department.Godror, Layer: zip}
	if err := c.checkLayer(X8664); err == nil || !strings.Contains(err.Error(), "go run ./lambda_layer") {
		t.Errorf("error %v, want one with the fix", err)
	}
}
