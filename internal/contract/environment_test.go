package contract

import (
	"strings"
	"testing"
	"time"
)

func environment(changes map[string]string) func(string) string {
	all := map[string]string{EnvDepartment: "sales", EnvStack: "oralake-sales", EnvTable: "stats", EnvRecordDays: "400"}
	for name, value := range changes {
		all[name] = value
	}
	return func(name string) string { return all[name] }
}

func TestEnvironment(t *testing.T) {
	r := NewReader(environment(map[string]string{EnvPace: "120"}))
	got := r.Common()
	want := Environment{Department: "sales", Stack: "oralake-sales", Table: "stats", RecordDays: 400, Pace: 120}
	if err := r.Err(); err != nil || got != want {
		t.Errorf("environment = %+v, %v; want %+v", got, err, want)
	}
	if got := got.Real(time.Minute); got != time.Minute/120 {
		t.Errorf("at pace 120 a minute takes %v, want %v", got, time.Minute/120)
	}
	if got := (Environment{Pace: 1}).Real(time.Minute); got != time.Minute {
		t.Errorf("at pace 1 a minute takes %v, want a minute", got)
	}
}

// One error names every variable that is missing or invalid.
func TestEnvironmentNamesEveryProblem(t *testing.T) {
	for name, test := range map[string]struct {
		environment map[string]string
		want        []string
	}{
		"no variable set":       {map[string]string{EnvDepartment: "", EnvStack: "", EnvTable: "", EnvRecordDays: ""}, []string{EnvDepartment, EnvStack, EnvTable, EnvRecordDays}},
		"days are not a number": {map[string]string{EnvRecordDays: "many"}, []string{EnvRecordDays, `"many"`}},
		"pace is a word":        {map[string]string{EnvPace: "fast"}, []string{EnvPace}},
		"pace is below 1":       {map[string]string{EnvPace: "0.5"}, []string{EnvPace}},
		"pace is NaN":           {map[string]string{EnvPace: "NaN"}, []string{EnvPace}},
		"own variable not set":  {nil, []string{EnvLakeBucket}},
	} {
		r := NewReader(environment(test.environment))
		r.Common()
		if test.environment == nil {
			r.Need(EnvLakeBucket)
		}
		err := r.Err()
		for _, want := range test.want {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: error = %v, want one that names %s", name, err, want)
			}
		}
	}
}
