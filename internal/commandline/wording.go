package commandline

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/oralake/oralake/internal/yamlschema"
)

func number(n int) string { return strconv.Itoa(n) }

// counted returns a number with its unit, such as "1 file" and "2 files".
func counted(n int, unit string) string { return strconv.Itoa(n) + " " + yamlschema.Plural(n, unit) }

// moment is a time as pages write it. The zone is that of the time.
func moment(t time.Time) string { return t.Format("2006-01-02 15:04 MST") }

// span is a length of time as people say it: its largest units.
func span(d time.Duration) string {
	switch {
	case d < 0:
		return "-" + span(-d)
	case d < 2*time.Minute:
		return fmt.Sprintf("%.0f s", d.Seconds())
	case d < 2*time.Hour:
		return fmt.Sprintf("%.0f min", d.Minutes())
	case d < 72*time.Hour:
		return tenths(d.Hours()) + " h"
	}
	return tenths(d.Hours()/24) + " days"
}

// tenths is a number with one digit after the point, unless that is 0.
func tenths(n float64) string { return strings.TrimSuffix(strconv.FormatFloat(n, 'f', 1, 64), ".0") }

// seconds is a span of a number of seconds.
func seconds(n float64) string { return span(time.Duration(n * float64(time.Second))) }

// thousands is a number with separators, such as 6,001,215.
func thousands(n int64) string {
	digits := strconv.FormatInt(n, 10)
	for at := len(digits) - 3; at > 0 && digits[at-1] != '-'; at -= 3 {
		digits = digits[:at] + "," + digits[at:]
	}
	return digits
}

// size is a size of files or tables; "-" for 0.
func size(bytes int64) string {
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

// shortened is a text of at most so many characters, or its beginning.
func shortened(text string, most int) string {
	letters := []rune(text)
	if len(letters) <= most {
		return text
	}
	return string(letters[:most]) + " ..."
}
