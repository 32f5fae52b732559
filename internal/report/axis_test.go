package report

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// An axis has both times in few whole steps, and a bar lies within the picture, whatever the clocks do.
func TestAxis(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	year := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	rapid.Check(t, func(t *rapid.T) {
		first := year.Add(time.Duration(rapid.Int64Range(0, int64(366*24*time.Hour)).Draw(t, "first")))
		last := first.Add(time.Duration(rapid.Int64Range(0, int64(30*time.Hour)).Draw(t, "length")))
		a := newAxis(first, last, berlin)
		if a.from.After(first) || a.to.Before(last) {
			t.Fatalf("the axis is from %s to %s", a.from, a.to)
		}
		if n := a.steps(); n < 1 || n > mostSteps+1 {
			t.Fatalf("the axis has %d steps", n)
		}
		ticks := a.ticks(berlin)
		if len(ticks) != a.steps()+1 || ticks[0].Left != 0 || ticks[len(ticks)-1].Left != 100 {
			t.Fatalf("the ticks are %v", ticks)
		}
		if b := a.bar(first, last, good); b.X < 0 || b.W < leastWidth || b.X+b.W > units {
			t.Fatalf("the bar is %+v", b)
		}
	})
}

func TestAxisSteps(t *testing.T) {
	for name, test := range map[string]struct {
		first, last string
		want        []string
	}{
		"hours":                          {"2026-12-01T03:04:00Z", "2026-12-01T07:12:00Z", []string{"04:00", "05:00", "06:00", "07:00", "08:00", "09:00"}},
		"seconds":                        {"2026-12-01T03:04:00.4Z", "2026-12-01T03:04:01.1Z", []string{"04:04:00", "04:04:01", "04:04:02"}},
		"an hour that the clocks repeat": {"2026-10-25T00:10:00Z", "2026-10-25T02:50:00Z", []string{"02:00", "02:30", "02:00", "02:30", "03:00", "03:30", "04:00"}},
	} {
		zone, err := time.LoadLocation("Europe/Berlin")
		if err != nil {
			t.Fatal(err)
		}
		a := newAxis(at(t, test.first), at(t, test.last), zone)
		var got []string
		for _, tick := range a.ticks(zone) {
			got = append(got, tick.Label)
		}
		if len(got) != len(test.want) {
			t.Errorf("%s: got %v, want %v", name, got, test.want)
			continue
		}
		for i := range got {
			if got[i] != test.want[i] {
				t.Errorf("%s: got %v, want %v", name, got, test.want)
				break
			}
		}
	}
}

// A night is from noon to noon in the time zone of the department.
func TestNoonBefore(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for start, want := range map[string]string{
		"2026-12-01T03:00:00Z": "2026-11-30T11:00:00Z",
		"2026-12-01T10:59:00Z": "2026-11-30T11:00:00Z",
		"2026-12-01T11:00:00Z": "2026-12-01T11:00:00Z",
		"2026-10-25T03:00:00Z": "2026-10-24T10:00:00Z",
	} {
		if got := noonBefore(at(t, start), zone); !got.Equal(at(t, want)) {
			t.Errorf("%s: got %s, want %s", start, got.UTC(), want)
		}
	}
}

func at(t *testing.T, text string) time.Time {
	t.Helper()
	parsed, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}
