package harness_test

import (
	"slices"
	"testing"

	"github.com/oralake/oralake/test/harness"
)

// Without takes away one action of one role, wherever the template allows it, and nothing else.
func TestWithout(t *testing.T) {
	template, err := harness.Template("sales")
	if err != nil {
		t.Fatal(err)
	}
	before, err := harness.Actions(template)
	if err != nil {
		t.Fatal(err)
	}
	for _, permission := range [][2]string{
		{"FunctionsRecordRole", "sns:Publish"}, {"FunctionsPrepareRole", "states:DescribeExecution"}, {"CleanupRole", "lambda:InvokeFunction"},
	} {
		role, action := permission[0], permission[1]
		changed, err := harness.Without(template, role+" "+action)
		if err != nil {
			t.Fatal(err)
		}
		after, err := harness.Actions(changed)
		if err != nil {
			t.Fatal(err)
		}
		for name, actions := range before {
			want := slices.Clone(actions)
			if name == role {
				want = slices.DeleteFunc(want, func(one string) bool { return one == action })
				if len(want) == len(actions) {
					t.Errorf("%s may not do %s at all", role, action)
				}
			}
			slices.Sort(want)
			got := slices.Sorted(slices.Values(after[name]))
			if !slices.Equal(got, want) {
				t.Errorf("without %s %s: %s may do %v, want %v", role, action, name, got, want)
			}
		}
	}
	if _, err := harness.Without(template, "nonsense"); err == nil {
		t.Error("a permission without an action: got no error")
	}
}
