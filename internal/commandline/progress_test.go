package commandline

import (
	"bytes"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/oralake/oralake/internal/operator"
)

// escapes are what moves the cursor of a terminal and colours text.
var escapes = regexp.MustCompile(`\x1b\[[0-9;]*[A-Za-z]`)

// On a terminal each table that is loading has a bar, and the last picture shows how each ended.
func TestProgressBars(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		s := &session{World: World{Stderr: &out, Terminal: true}, grammar: &grammar{}}
		v := s.progress()
		looks := [][]operator.TableProgress{
			{{Table: "S.QUEUED"}, {Table: "S.NEW", Loading: true, Rows: 10}, {Table: "S.KNOWN", Loading: true, Rows: 50, Expected: 200}},
			{{Table: "S.NEW", Loaded: true, Rows: 30}, {Table: "S.KNOWN", Loading: true, Rows: 220, Expected: 200}},
			{{Table: "S.NEW", Loaded: true, Rows: 30}, {Table: "S.KNOWN", Failed: true, State: "Table error", Rows: 220, Expected: 200}},
		}
		for _, look := range looks {
			v.show(look)
			time.Sleep(5 * time.Second)
		}
		v.end()
		said := escapes.ReplaceAllString(out.String(), "")
		for _, want := range []string{"S.NEW", "S.KNOWN", "S.KNOWN: Table error", "30 in"} {
			if !strings.Contains(said, want) {
				t.Errorf("%s\ndoes not say %q", said, want)
			}
		}
		if strings.Contains(said, "S.QUEUED") {
			t.Errorf("%s\nshows a table that has not begun", said)
		}
	})
}

// A run that nobody saw loading anything ends the view, too.
func TestProgressEndsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		s := &session{World: World{Stderr: &out, Terminal: true}, grammar: &grammar{}}
		s.progress().end()
	})
}
