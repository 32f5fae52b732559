package manifest

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// rawAsText compares raw JSON as text: faster, and a diff that a person can read.
var rawAsText = cmp.Transformer("text", func(raw json.RawMessage) string { return string(raw) })

func TestHash(t *testing.T) {
	m := compile(t, plainSample())
	before := m.Hash()
	if got, want := len(before), 64; got != want {
		t.Errorf("the hash has %d characters, want %d", got, want)
	}
	m.Jobs[0].Tasks[0].Tables[0].TargetName = "OTHER"
	if m.Hash() == before {
		t.Error("two manifests with different targets have the same hash")
	}
}

// Parse ignores white space: it reads an indented golden file as the manifest that the file shows.
func TestParseIgnoresWhiteSpace(t *testing.T) {
	src, err := os.ReadFile(filepath.Join("testdata", "full.golden.json"))
	if err != nil {
		t.Fatal(err)
	}
	got, err := Parse(src)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(compile(t, fullSample()), got, rawAsText); diff != "" {
		t.Errorf("manifest (-want +got):\n%s", diff)
	}
}

func TestParseRefuses(t *testing.T) {
	const good = `{
 "department":"d",
 "jobs":[{"name":"j","type":"cdc","tasks":[{"name":"j-1",
  "tables":[{"schema":"S","name":"A","targetSchema":"S","targetName":"A"}],
  "mappings":{},"settings":{}}]}]
}`
	if _, err := Parse([]byte(good)); err != nil {
		t.Fatalf("Parse refuses the valid sample: %v", err)
	}
	cases := []struct{ name, old, new, want string }{
		{"nothing", good, "", "the JSON ends too early"},
		{"incomplete", `"settings":{}}]}]` + "\n}", `"settings":`, "the JSON ends too early"},
		{"not JSON", `"jobs":[`, `"jobs":<`, "line 3: invalid character '<'"},
		{"text after the end", "}]}]\n}", "}]}]\n}\n{}", "line 7: text follows the end of the manifest"},
		{"unknown key", `"mappings":{}`, `"mappings":{},"extra":1`, `json: unknown field "extra"`},
		{"wrong type", `"name":"j-1"`, `"name":1`, "line 3: jobs.tasks.name is a JSON number"},
		{"no department", `"d"`, `""`, "the department has no name"},
		{"nameless job", `"name":"j",`, `"name":"",`, `job "": the name is empty`},
		{"unknown type", `"cdc"`, `"copy"`, `job "j": unknown migration type "copy"`},
		{"no tables", `{"schema":"S","name":"A","targetSchema":"S","targetName":"A"}`, ``, `task "j-1": the task has no tables`},
		{"no mappings", `"mappings":{},`, ``, `task "j-1": the mappings are not a JSON object`},
		{"settings as text", `"settings":{}`, `"settings":"{}"`, `task "j-1": the settings are not a JSON object`},
		{"missing key", `,"targetName":"A"`, ``, "the JSON is not in its canonical form"},
		{"other case", `"department"`, `"Department"`, "the JSON is not in its canonical form"},
		{"duplicate key", `"type":"cdc"`, `"type":"cdc","type":"cdc"`, "the JSON is not in its canonical form"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			src := strings.Replace(good, c.old, c.new, 1)
			if src == good {
				t.Fatal("the case changes nothing")
			}
			_, err := Parse([]byte(src))
			if err == nil {
				t.Fatalf("no error, want %q", c.want)
			}
			if got := err.Error(); !strings.HasPrefix(got, "read the manifest: ") || !strings.Contains(got, c.want) {
				t.Errorf("error:\n got %s\nwant %s", got, c.want)
			}
		})
	}
}

// If Parse accepts a text, Bytes writes the same text without white space, and Parse accepts the result.
func FuzzParse(f *testing.F) {
	for _, sample := range []string{"plain", "full"} {
		src, err := os.ReadFile(filepath.Join("testdata", sample+".golden.json"))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(src)
	}
	f.Add([]byte(`{"department":"d","jobs":null}`))
	f.Add([]byte(`{"department":"d","jobs":[]} `))
	f.Fuzz(func(t *testing.T, src []byte) {
		m, err := Parse(src)
		if err != nil {
			if m != nil {
				t.Fatal("Parse returns a manifest together with an error")
			}
			return
		}
		b, err := m.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		var compact bytes.Buffer
		if err := json.Compact(&compact, src); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(compact.Bytes(), b) {
			t.Fatalf("read %q, wrote %q", compact.Bytes(), b)
		}
		again, err := Parse(b)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(m, again, rawAsText); diff != "" {
			t.Fatalf("read again (-first +second):\n%s", diff)
		}
	})
}
