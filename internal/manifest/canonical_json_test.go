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

// rawAsText compares raw JSON as text, which is quicker and easier to read than byte by byte.
var rawAsText = cmp.Transformer("text", func(raw json.RawMessage) string { return string(raw) })

func TestHash(t *testing.T) {
	m := compile(t, plainSample())
	before := m.Hash()
	if got, want := len(before), 64; got != want {
		t.Errorf("hash of %d characters, want %d", got, want)
	}
	m.Jobs[0].Tasks[0].Tables[0].TargetName = "OTHER"
	if m.Hash() == before {
		t.Error("another target, but the same hash")
	}
}

// White space is all that may differ: a golden file, made for people, reads back as the manifest it shows.
func TestParseTakesWhiteSpace(t *testing.T) {
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
		t.Fatalf("the sample itself: %v", err)
	}
	cases := []struct{ name, old, new, want string }{
		{"nothing", good, "", "it ends too early"},
		{"cut off", `"settings":{}}]}]` + "\n}", `"settings":`, "it ends too early"},
		{"no JSON", `"jobs":[`, `"jobs":<`, "line 3: invalid character '<'"},
		{"something after", "}]}]\n}", "}]}]\n}\n{}", "line 7: more follows after its end"},
		{"unknown key", `"mappings":{}`, `"mappings":{},"extra":1`, `json: unknown field "extra"`},
		{"wrong kind", `"name":"j-1"`, `"name":1`, "line 3: jobs.tasks.name is a JSON number"},
		{"no department", `"d"`, `""`, "it names no department"},
		{"nameless job", `"name":"j",`, `"name":"",`, `job "": its name must be there`},
		{"unknown type", `"cdc"`, `"copy"`, `job "j": unknown migration type "copy"`},
		{"no tables", `{"schema":"S","name":"A","targetSchema":"S","targetName":"A"}`, ``, `task "j-1": it has no tables`},
		{"no mappings", `"mappings":{},`, ``, `task "j-1": its mappings must be a JSON object`},
		{"settings as text", `"settings":{}`, `"settings":"{}"`, `task "j-1": its settings must be a JSON object`},
		{"missing key", `,"targetName":"A"`, ``, "it is not in its canonical form"},
		{"other case", `"department"`, `"Department"`, "it is not in its canonical form"},
		{"double key", `"type":"cdc"`, `"type":"cdc","type":"cdc"`, "it is not in its canonical form"},
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

// What Parse takes, Bytes writes, white space aside, and Parse takes again.
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
				t.Fatal("a manifest beside an error")
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
