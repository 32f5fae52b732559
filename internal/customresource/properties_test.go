package customresource

import (
	"strings"
	"testing"
)

type properties struct {
	Stack  string
	Tables map[string]string
}

func TestReadLeavesOutWhatItDoesNotKnow(t *testing.T) {
	got, err := Read[properties](map[string]any{"Stack": "s", "Tables": map[string]any{"S.A": "words"}, "Later": "x"})
	if err != nil || got.Stack != "s" || got.Tables["S.A"] != "words" {
		t.Errorf("Read = %+v, %v", got, err)
	}
	if _, err := Read[properties](map[string]any{"Stack": []any{"s"}}); err == nil {
		t.Error("a list is read as a text")
	}
}

func TestReasonFitsIntoAnAnswer(t *testing.T) {
	if got := brief(strings.Repeat("é", 5000)); len(got) > 4096 || !strings.HasSuffix(got, "has the rest)") {
		t.Errorf("a reason of %d bytes ends in %q", len(got), got[len(got)-20:])
	}
	if got := brief("short"); got != "short" {
		t.Errorf("brief(short) = %q", got)
	}
}
