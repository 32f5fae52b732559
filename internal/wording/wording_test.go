package wording

import (
	"testing"
	"time"
)

func TestWording(t *testing.T) {
	for want, got := range map[string]string{
		"1 file":               Counted(1, "file"),
		"2 files":              Counted(2, "file"),
		"119 s":                Span(119 * time.Second),
		"119 min":              Span(119 * time.Minute),
		"2.5 h":                Span(150 * time.Minute),
		"3 days":               Span(72 * time.Hour),
		"-5 min":               Span(-5 * time.Minute),
		"90 s":                 Seconds(90),
		"6,001,215":            Thousands(6001215),
		"-1,000":               Thousands(-1000),
		"999":                  Thousands(999),
		"-":                    Size(0),
		"2 kB":                 Size(1500),
		"1.5 GB":               Size(1.5e9),
		"abc":                  Shortened("abc", 3),
		"äöü ...":              Shortened("äöüß", 3),
		"1970-01-01 00:00 UTC": Moment(time.Unix(0, 0).UTC()),
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
