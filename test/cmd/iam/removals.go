package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
)

// removals are the permissions that were taken away since the last recording, by name, each with the scenario that failed without it;
// empty if none did. A file has them, so that the parts of a run add up.
type removals struct {
	file string
	of   map[string]string
}

// openRemovals reads which permissions were taken away since the last recording. After a new recording the list is empty.
func openRemovals(file string, recorded bool) (removals, error) {
	r := removals{file: file, of: map[string]string{}}
	if recorded {
		return r, r.write()
	}
	content, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) {
		return r, nil
	}
	if err == nil {
		err = json.Unmarshal(content, &r.of)
	}
	if err != nil {
		return r, fmt.Errorf("read the removals of the earlier parts: %w; run without -reuse", err)
	}
	return r, nil
}

// note writes down which scenario failed without a permission.
func (r removals) note(permission, caught string) error {
	r.of[permission] = caught
	return r.write()
}

func (r removals) write() error {
	content, err := json.MarshalIndent(r.of, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(r.file, append(content, '\n'), 0o644)
}
