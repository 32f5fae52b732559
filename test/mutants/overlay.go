package mutants

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Edited returns the files of the product that a mutant edits, with the edits, by their path from the root. It fails if a
// file does not contain what an edit replaces, or contains it more than once: then the product has changed, and the mutant
// has to be changed with it.
func (m Mutant) Edited(root string) (map[string]string, error) {
	edited := map[string]string{}
	for _, e := range m.Edits {
		content, known := edited[e.File]
		if !known {
			original, err := os.ReadFile(filepath.Join(root, e.File))
			if err != nil {
				return nil, fmt.Errorf("mutant %s: %w", m.Name, err)
			}
			content = string(original)
		}
		// The lines begin at the start of a line, so that a line does not match the end of a longer one.
		lines, before := "\n"+content, "\n"+e.Before
		if n := occurrences(lines, before); n != 1 {
			return nil, fmt.Errorf("mutant %s: %s contains %d times what the mutant replaces, want once: the product has changed; "+
				"change the mutant with it, so that it plants its fault again:\n%s", m.Name, e.File, n, e.Before)
		}
		edited[e.File] = strings.Replace(lines, before, "\n"+e.After, 1)[1:]
	}
	return edited, nil
}

// occurrences counts a part of a text, also where it overlaps itself: lines share the newline between them.
func occurrences(text, part string) (n int) {
	for at := strings.Index(text, part); at >= 0; at = strings.Index(text, part) {
		text = text[at+1:]
		n++
	}
	return n
}

// Overlay writes the edited files of a mutant and the file for the option -overlay into a folder, and returns the path of
// the latter.
func (m Mutant) Overlay(root, dir string) (string, error) {
	edited, err := m.Edited(root)
	if err != nil {
		return "", err
	}
	if root, err = filepath.Abs(root); err != nil {
		return "", err
	}
	overlay := struct{ Replace map[string]string }{map[string]string{}}
	for file, content := range edited {
		copied := filepath.Join(dir, strings.ReplaceAll(file, "/", "_"))
		if err := os.WriteFile(copied, []byte(content), 0o644); err != nil {
			return "", err
		}
		overlay.Replace[filepath.Join(root, file)] = copied
	}
	content, err := json.Marshal(overlay)
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "overlay.json")
	return path, os.WriteFile(path, content, 0o644)
}
