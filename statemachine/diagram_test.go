package statemachine

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the picture of the state machine into docs/architecture.md")

// The picture stands between these lines of docs/architecture.md.
const (
	document     = "../docs/architecture.md"
	pictureStart = "<!-- state machine: made by make test-update -->\n"
	pictureEnd   = "<!-- end -->\n"
)

// The picture in the documents is the one of the definition.
func TestPicture(t *testing.T) {
	content, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(content), pictureStart)
	old, after, ended := strings.Cut(rest, pictureEnd)
	if !found || !ended {
		t.Fatalf("%s has no picture between %q and %q", document, pictureStart, pictureEnd)
	}
	picture := "\n```mermaid\n" + diagram(t) + "```\n\n"
	if *update {
		if err := os.WriteFile(document, []byte(before+pictureStart+picture+pictureEnd+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(old, picture); diff != "" {
		t.Errorf("the picture in %s (-there +of the definition); `make test-update` writes it:\n%s", document, diff)
	}
}

// diagram draws the machine as a Mermaid state diagram, in the order of the definition. The arrow of a Catch is called "error",
// that of a Choice by the phase or the member of the run document that it looks at.
func diagram(t *testing.T) string {
	t.Helper()
	all := states(t)
	var b strings.Builder
	b.WriteString("stateDiagram-v2\n    [*] --> Begin\n")
	for _, name := range order(t) {
		s := all[name]
		if s.Type == "Choice" {
			fmt.Fprintf(&b, "    state %s <<choice>>\n", name)
		}
	}
	for _, name := range order(t) {
		s := all[name]
		for _, c := range s.Choices {
			label := c.StringEquals
			if label == "" {
				label = strings.TrimPrefix(c.Variable, "$.")
			}
			fmt.Fprintf(&b, "    %s --> %s: %s\n", name, c.Next, label)
		}
		switch {
		case s.Default != "":
			fmt.Fprintf(&b, "    %s --> %s: else\n", name, s.Default)
		case s.Next != "":
			fmt.Fprintf(&b, "    %s --> %s\n", name, s.Next)
		default:
			fmt.Fprintf(&b, "    %s --> [*]\n", name)
		}
		for _, c := range s.Catch {
			if c.Next != s.Next {
				fmt.Fprintf(&b, "    %s --> %s: error\n", name, c.Next)
			}
		}
	}
	return b.String()
}

// order lists the states as the definition does.
func order(t *testing.T) (names []string) {
	t.Helper()
	var definition struct{ States json.RawMessage }
	if err := json.Unmarshal([]byte(Migration), &definition); err != nil {
		t.Fatal(err)
	}
	d := json.NewDecoder(strings.NewReader(string(definition.States)))
	depth := 0
	for {
		token, err := d.Token()
		if err != nil {
			return names
		}
		switch token := token.(type) {
		case json.Delim:
			if token == '{' || token == '[' {
				depth++
			} else {
				depth--
			}
		case string:
			if depth == 1 {
				names = append(names, token)
				var state json.RawMessage
				if err := d.Decode(&state); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}
