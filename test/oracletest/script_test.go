package oracletest

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A fixture that contradicts Oracle's documentation does not load, and the error has its place.
func TestScriptsThatDoNotLoad(t *testing.T) {
	for name, test := range map[string]struct{ script, want string }{
		"a value":    {"-- One; two\n\nINSERT INTO v$thread (enabled)\n  VALUES ('YES');\n", ":3: constraint failed: CHECK constraint failed: V$THREAD: ENABLED is DISABLED, PRIVATE, PUBLIC"},
		"a column":   {"INSERT INTO v$thread (enabled) VALUES ('PUBLIC'); -- ; \nUPDATE v$thread SET state = 'OPEN'", ":2: "},
		"a view":     {"INSERT INTO v$thread (enabled)\n  VALUES ('PUBLIC');\n\nINSERT INTO v$nothing (x) VALUES (1)", ":4: "},
		"an own one": {"CREATE TABLE v$nothing (x)", ":1: v$nothing has no schema"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "fixture.sql")
			if err := os.WriteFile(path, []byte(test.script), 0o600); err != nil {
				t.Fatal(err)
			}
			err := Open(t, []string{"SALES"}).load(t.Context(), File(t, path))
			if err == nil || !strings.HasPrefix(err.Error(), path+test.want) {
				t.Errorf("got %v, want %s", err, path+test.want)
			}
		})
	}
}

func TestStatements(t *testing.T) {
	var got []string
	for _, s := range (Script{text: "-- none;\n;INSERT 'a;''b', \"c;d\" -- e;f\n  ;\n\n  UPDATE g;-- h\n"}).statements() {
		got = append(got, strings.Repeat(".", s.line)+s.text)
	}
	if want := []string{"..INSERT 'a;''b', \"c;d\" -- e;f", ".....UPDATE g"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
