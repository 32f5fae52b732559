package secondopinion

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/oralake/oralake/statemachine"
)

// The definition that is put together for a department which asks its database is as good as one that was written.
func TestValidatorOnChecked(t *testing.T) {
	file := filepath.Join(t.TempDir(), "checked.asl.json")
	if err := os.WriteFile(file, []byte(statemachine.Checked()), 0o600); err != nil {
		t.Fatal(err)
	}
	if problems := validate(t, file); problems != "" {
		t.Error(problems)
	}
}
