package dms

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/oralake/oralake/internal/department"
)

func TestStartFrom(t *testing.T) {
	at := time.Date(2026, 11, 22, 2, 0, 0, 0, time.UTC)
	tests := []struct {
		from     string
		position string
		time     time.Time
		fails    bool
	}{
		{from: "", fails: true},
		{from: "7654321", position: "7654321"},
		{from: "checkpoint:V1#1#7654321#0#0#*#0#0", position: "checkpoint:V1#1#7654321#0#0#*#0#0"},
		{from: "2026-11-22T02:00:00Z", time: at},
		{from: "2026-11-22T03:00:00+01:00", time: at},
		{from: "dayBefore", fails: true},
	}
	for _, test := range tests {
		position, when, err := Spec{Type: department.CDC, StartFrom: test.from}.cdcStart()
		if (err != nil) != test.fails || aws.ToString(position) != test.position || !aws.ToTime(when).Equal(test.time) {
			t.Errorf("start from %q: position %q, time %v, error %v", test.from, aws.ToString(position), when, err)
		}
		if when != nil && when.Location() != time.UTC {
			t.Errorf("start from %q: time %v is not in UTC", test.from, when)
		}
	}
	for _, kind := range []department.Type{department.FullLoad, department.FullLoadAndCDC} {
		if position, when, err := (Spec{Type: kind}).cdcStart(); position != nil || when != nil || err != nil {
			t.Errorf("%s: position %v, time %v, error %v; DMS takes none", kind, position, when, err)
		}
	}
}
