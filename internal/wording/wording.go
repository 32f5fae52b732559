// Package wording writes numbers, times and sizes as people read them.
package wording

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/oralake/oralake/internal/yamlschema"
)

// Counted returns a number with its unit, such as "1 file" and "2 files".
func Counted(n int, unit string) string { return strconv.Itoa(n) + " " + yamlschema.Plural(n, unit) }

// Plain is a number without an exponent and without zeros at its end.
func Plain(n float64) string { return strconv.FormatFloat(n, 'f', -1, 64) }

// Moment is a time as pages write it. The zone is that of the time.
func Moment(t time.Time) string { return t.Format("2006-01-02 15:04 MST") }

// Span is a length of time as people say it: its largest units.
func Span(d time.Duration) string {
	switch {
	case d < 0:
		return "-" + Span(-d)
	case d < 2*time.Minute:
		return fmt.Sprintf("%.0f s", d.Seconds())
	case d < 2*time.Hour:
		return fmt.Sprintf("%.0f min", d.Minutes())
	case d < 72*time.Hour:
		return Tenths(d.Hours()) + " h"
	}
	return Tenths(d.Hours()/24) + " days"
}

// Tenths is a number with one digit after the point, unless that is 0.
func Tenths(n float64) string { return strings.TrimSuffix(strconv.FormatFloat(n, 'f', 1, 64), ".0") }

// Seconds is a span of a number of seconds.
func Seconds(n float64) string { return Span(time.Duration(n * float64(time.Second))) }

// Thousands is a number with separators, such as 6,001,215.
func Thousands(n int64) string {
	digits := strconv.FormatInt(n, 10)
	for at := len(digits) - 3; at > 0 && digits[at-1] != '-'; at -= 3 {
		digits = digits[:at] + "," + digits[at:]
	}
	return digits
}

// Size is a size of files or tables; "-" for 0.
func Size(bytes int64) string {
	switch n := float64(bytes); {
	case bytes == 0:
		return "-"
	case n < 1e6:
		return fmt.Sprintf("%.0f kB", n/1e3)
	case n < 1e9:
		return fmt.Sprintf("%.1f MB", n/1e6)
	default:
		return fmt.Sprintf("%.1f GB", n/1e9)
	}
}

// Shortened is a text of at most so many characters, or its beginning.
func Shortened(text string, most int) string {
	letters := []rune(text)
	if len(letters) <= most {
		return text
	}
	return string(letters[:most]) + " ..."
}
