package manifest

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/oralake/oralake/internal/department"
)

// Bytes returns the manifest as canonical JSON: no white space, a fixed order of keys, no unnecessary escapes. It fails
// only if Mappings or Settings hold invalid JSON, which a manifest of Compile or Parse never does.
func (m *Manifest) Bytes() ([]byte, error) {
	b, err := encode(m)
	if err != nil {
		return nil, fmt.Errorf("write the manifest of %s: %w", m.Department, err)
	}
	return b, nil
}

// Hash returns the SHA-256 of Bytes in hexadecimal. The hash is the manifest's name. Hash panics if Bytes fails, which
// never happens for a manifest of Compile or Parse.
func (m *Manifest) Hash() string {
	b, err := m.Bytes()
	if err != nil {
		panic(err)
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// Parse reads a manifest that Bytes wrote. Only the white space may differ. A key that is missing, unknown, duplicate or
// in another place is an error, so the parsed manifest always has the hash of the deployed one.
func Parse(src []byte) (*Manifest, error) {
	m, err := parse(src)
	if err != nil {
		return nil, fmt.Errorf("read the manifest: %w", err)
	}
	return m, nil
}

func parse(src []byte) (*Manifest, error) {
	decoder := json.NewDecoder(bytes.NewReader(src))
	decoder.DisallowUnknownFields()
	var m Manifest
	if err := decoder.Decode(&m); err != nil {
		return nil, withLine(src, decoder.InputOffset(), err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		at := line(src, decoder.InputOffset())
		return nil, fmt.Errorf("line %d: text follows the end of the manifest: a manifest is exactly one JSON object", at)
	}
	if err := check(&m); err != nil {
		return nil, err
	}
	canonical, err := encode(&m)
	if err != nil {
		return nil, err
	}
	if bytes.Equal(src, canonical) {
		return &m, nil
	}
	if err := compactTasks(&m); err != nil {
		return nil, err
	}
	return &m, checkSpacing(src, canonical)
}

// check refuses a manifest that is valid JSON and has a missing, duplicate or unknown value.
func check(m *Manifest) error {
	if m.Department == "" {
		return errors.New("the department has no name")
	}
	jobs, tasks := map[string]bool{}, map[string]bool{}
	for _, j := range m.Jobs {
		switch {
		case j.Name == "" || jobs[j.Name]:
			return fmt.Errorf("job %q: the name is empty or belongs to another job too", j.Name)
		case j.Type != department.FullLoad && j.Type != department.CDC && j.Type != department.FullLoadAndCDC:
			return fmt.Errorf("job %q: unknown migration type %q", j.Name, j.Type)
		case len(j.Tasks) == 0:
			return fmt.Errorf("job %q: the job has no tasks", j.Name)
		}
		jobs[j.Name] = true
		for _, t := range j.Tasks {
			switch {
			case t.Name == "" || tasks[t.Name]:
				return fmt.Errorf("job %q, task %q: the name is empty or belongs to another task too", j.Name, t.Name)
			case len(t.Tables) == 0:
				return fmt.Errorf("job %q, task %q: the task has no tables", j.Name, t.Name)
			case !isObject(t.Mappings):
				return fmt.Errorf("job %q, task %q: the mappings are not a JSON object", j.Name, t.Name)
			case !isObject(t.Settings):
				return fmt.Errorf("job %q, task %q: the settings are not a JSON object", j.Name, t.Name)
			}
			tasks[t.Name] = true
		}
	}
	return nil
}

func isObject(raw json.RawMessage) bool { return len(raw) > 0 && raw[0] == '{' }

// compactTasks removes the white space from the mappings and settings of all tasks.
func compactTasks(m *Manifest) error {
	for i := range m.Jobs {
		for k := range m.Jobs[i].Tasks {
			t := &m.Jobs[i].Tasks[k]
			for _, raw := range []*json.RawMessage{&t.Mappings, &t.Settings} {
				var b bytes.Buffer
				if err := json.Compact(&b, *raw); err != nil {
					return fmt.Errorf("task %q: %w", t.Name, err)
				}
				*raw = b.Bytes()
			}
		}
	}
	return nil
}

// checkSpacing returns an error that shows the first place where src differs from the canonical form in more than white space.
func checkSpacing(src, canonical []byte) error {
	var b bytes.Buffer
	if err := json.Compact(&b, src); err != nil {
		return err
	}
	got := b.Bytes()
	if bytes.Equal(got, canonical) {
		return nil
	}
	at := 0
	for at < min(len(got), len(canonical)) && got[at] == canonical[at] {
		at++
	}
	return fmt.Errorf("the JSON is not in its canonical form: it has %q where %q belongs (a key is missing, duplicate, in "+
		"another place or spelled in another way)", excerpt(got, at), excerpt(canonical, at))
}

// excerpt is the text around offset at, short enough for a message.
func excerpt(b []byte, at int) string { return string(b[max(0, at-20):min(len(b), at+20)]) }

// withLine adds the line number to an error of encoding/json.
func withLine(src []byte, offset int64, err error) error {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		offset = syntax.Offset
	case errors.As(err, &kind):
		at := line(src, kind.Offset)
		return fmt.Errorf("line %d: %s is a JSON %s, which is the wrong type", at, kind.Field, kind.Value)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("the JSON ends too early: the file is empty or incomplete")
	}
	return fmt.Errorf("line %d: %w", line(src, offset), err)
}

// line returns the number of the line that holds an offset. The first line is 1.
func line(src []byte, offset int64) int {
	return 1 + bytes.Count(src[:min(int64(len(src)), max(0, offset))], []byte("\n"))
}

// encode writes JSON without white space and without HTML escapes.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}
