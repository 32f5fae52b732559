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

// Bytes is the manifest as canonical JSON: no white space, keys in one order, no needless escapes. The error is that
// of JSON in Mappings or Settings which Compile and Parse did not make.
func (m *Manifest) Bytes() ([]byte, error) {
	b, err := encode(m)
	if err != nil {
		return nil, fmt.Errorf("write the manifest of %s: %w", m.Department, err)
	}
	return b, nil
}

// Hash is the SHA-256 of Bytes in hexadecimal: the manifest's name. It panics where Bytes fails, which is never for
// a manifest of Compile or Parse.
func (m *Manifest) Hash() string {
	b, err := m.Bytes()
	if err != nil {
		panic(err)
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// Parse reads what Bytes wrote; only white space may differ. Anything else that is missing, unknown, double or in
// another order is an error, so that the hash of what was parsed is the hash of what was deployed.
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
		return nil, located(src, decoder.InputOffset(), err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		at := line(src, decoder.InputOffset())
		return nil, fmt.Errorf("line %d: more follows after its end: it must be one JSON object", at)
	}
	if err := check(&m); err != nil {
		return nil, err
	}
	if err := compactTasks(&m); err != nil {
		return nil, err
	}
	return &m, sameForm(&m, src)
}

// check finds what JSON alone does not rule out.
func check(m *Manifest) error {
	if m.Department == "" {
		return errors.New("it names no department")
	}
	jobs, tasks := map[string]bool{}, map[string]bool{}
	for _, j := range m.Jobs {
		switch {
		case j.Name == "" || jobs[j.Name]:
			return fmt.Errorf("job %q: its name must be there, and only once", j.Name)
		case j.Type != department.FullLoad && j.Type != department.CDC && j.Type != department.FullLoadAndCDC:
			return fmt.Errorf("job %q: unknown migration type %q", j.Name, j.Type)
		case len(j.Tasks) == 0:
			return fmt.Errorf("job %q: it has no tasks", j.Name)
		}
		jobs[j.Name] = true
		for _, t := range j.Tasks {
			switch {
			case t.Name == "" || tasks[t.Name]:
				return fmt.Errorf("job %q, task %q: its name must be there, and only once", j.Name, t.Name)
			case len(t.Tables) == 0:
				return fmt.Errorf("job %q, task %q: it has no tables", j.Name, t.Name)
			case !isObject(t.Mappings):
				return fmt.Errorf("job %q, task %q: its mappings must be a JSON object", j.Name, t.Name)
			case !isObject(t.Settings):
				return fmt.Errorf("job %q, task %q: its settings must be a JSON object", j.Name, t.Name)
			}
			tasks[t.Name] = true
		}
	}
	return nil
}

func isObject(raw json.RawMessage) bool { return len(raw) > 0 && raw[0] == '{' }

// compactTasks takes the white space out of mappings and settings.
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

// sameForm reports where src differs from what Bytes would have written.
func sameForm(m *Manifest, src []byte) error {
	want, err := encode(m)
	if err != nil {
		return err
	}
	var got bytes.Buffer
	if err := json.Compact(&got, src); err != nil {
		return err
	}
	if bytes.Equal(got.Bytes(), want) {
		return nil
	}
	at := 0
	for at < min(got.Len(), len(want)) && got.Bytes()[at] == want[at] {
		at++
	}
	return fmt.Errorf("it is not in its canonical form: it has %q where %q belongs (a key is missing, double, or in "+
		"another place or spelling)", near(got.Bytes(), at), near(want, at))
}

// near is the text around a place, short enough for a message.
func near(b []byte, at int) string { return string(b[max(0, at-20):min(len(b), at+20)]) }

// located puts the line before an error of encoding/json.
func located(src []byte, offset int64, err error) error {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		offset = syntax.Offset
	case errors.As(err, &kind):
		at := line(src, kind.Offset)
		return fmt.Errorf("line %d: %s is a JSON %s, which does not belong there", at, kind.Field, kind.Value)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("it ends too early: it was cut off, or is empty")
	}
	return fmt.Errorf("line %d: %w", line(src, offset), err)
}

// line is the line of an offset, counted from 1.
func line(src []byte, offset int64) int {
	return 1 + bytes.Count(src[:min(int64(len(src)), max(0, offset))], []byte("\n"))
}

// encode is JSON without white space and without the escapes that HTML would need.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}
