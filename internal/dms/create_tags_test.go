package dms

import (
	"errors"
	"regexp"
	"strings"
	"testing"

	"github.com/oralake/oralake/internal/contract"
)

// The last part of the ARN of a new task begins as the policies of its stack say, and DMS takes it.
func TestResourceIdentifier(t *testing.T) {
	valid := regexp.MustCompile(`^[a-z]([a-z0-9]|-[a-z0-9])*$`)
	seen := map[string]bool{}
	for range 100 {
		got := resourceIdentifier("oralake-sales")
		if !strings.HasPrefix(got, contract.TaskPrefix("oralake-sales")) || len(got) > 31 || !valid.MatchString(got) || seen[got] {
			t.Errorf("got %q: want a new one of at most 31 characters that begins with %s", got, contract.TaskPrefix("oralake-sales"))
		}
		seen[got] = true
	}
	if contract.TaskPrefix("oralake-sales") == contract.TaskPrefix("oralake-sales2") {
		t.Error("two stacks have the same prefix")
	}
}

// The refusal of the tags of a new task says which statement to add; other refusals stay as they are.
func TestRefusedTagsAreExplained(t *testing.T) {
	refused := errors.New("AccessDeniedException: User: arn:aws:sts::1:assumed-role/r/s is not authorized to perform: " +
		"dms:AddTagsToResource on resource: arn:aws:dms:r:1:rep:I because no identity-based policy allows the dms:AddTagsToResource action")
	got := explainRefusedTags(refused)
	for _, part := range []string{
		`{"Effect":"Allow","Action":"dms:AddTagsToResource","Resource":"arn:aws:dms:r:1:rep:I","Condition":{"StringEquals":{"aws:RequestTag/oralake:stack":"STACK"}}}`,
		"create and reconcile", "docs/assumptions.md#a64",
	} {
		if !errors.Is(got, refused) || !strings.Contains(got.Error(), part) {
			t.Errorf("got %v, want %s in it", got, part)
		}
	}
	other := errors.New("AccessDeniedException: User: u is not authorized to perform: dms:CreateReplicationTask on resource: arn:aws:dms:r:1:rep:I")
	if got := explainRefusedTags(other); got != other {
		t.Errorf("got %v, want the refusal as it is", got)
	}
}
