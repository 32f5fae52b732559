// Package finding is how a simulation tells a program what it found.
package finding

import (
	"encoding/json"
	"fmt"
)

// Finding is a guarantee that a simulated life broke.
type Finding struct {
	Seed uint64 `json:"seed"` // of the life
	Kind string `json:"kind"`
	Text string `json:"text"`
}

// Print prints a finding as one line of JSON.
func (f Finding) Print() {
	line, err := json.Marshal(f)
	if err != nil {
		panic(err) // numbers and texts always have a JSON form
	}
	fmt.Println(string(line))
}

// Parse returns the finding that a line of output is; ok is false for any other line.
func Parse(line []byte) (f Finding, ok bool) {
	err := json.Unmarshal(line, &f)
	return f, err == nil && f.Kind != ""
}
