package cloudwatchlogs

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// files writes events to log files. Each write opens and closes its file, because there may be too many streams to keep
// all files open.
type files struct {
	dir    string
	failed bool // whether a write has failed and the error was logged
}

// write appends a line with the time in UTC and the message of an event. It logs the first write error only. An error
// does not stop the writer of the event, and the event can still be read through the API.
func (f *files) write(st *stream, e event) {
	if f.dir == "" {
		return
	}
	line := fmt.Sprintf("%s %s\n", e.at.UTC().Format("2006-01-02T15:04:05.000Z"), strings.TrimRight(e.message, "\r\n"))
	if err := appendTo(f.path(st), line); err != nil && !f.failed {
		f.failed = true
		slog.Error("log files are incomplete: "+err.Error(), "since", time.Now())
	}
}

func (f *files) path(st *stream) string {
	return filepath.Join(f.dir, fileName(st.group.name), fileName(st.name)+".log")
}

func appendTo(path, text string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("create the folder of a log file: %w", err)
	}
	file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return fmt.Errorf("open log file: %w", err)
	}
	_, err = file.WriteString(text)
	if err := errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("write log file: %w", err)
	}
	return nil
}

// longestName is the longest file name without extension, in bytes. File systems allow 255 bytes with the extension.
const longestName = 200

// fileName returns the file name of a log group or stream. Different names have different file names. A file name has
// no slash and is never "..".
func fileName(name string) string {
	var b strings.Builder
	for i := range len(name) {
		c := name[i]
		switch {
		case c == '/':
			b.WriteByte('+')
		case c == '.' && i == 0: // no hidden file and no parent folder
			b.WriteString("%2E")
		case c >= '0' && c <= '9', c >= 'A' && c <= 'Z', c >= 'a' && c <= 'z', strings.IndexByte("-_.#=@$[]", c) >= 0:
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	if b.Len() <= longestName {
		return b.String()
	}
	hash := sha256.Sum256([]byte(name))
	return fmt.Sprintf("%s%%%x", b.String()[:longestName-33], hash[:16])
}
