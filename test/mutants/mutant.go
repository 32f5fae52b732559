// Package mutants plants faults in the product's source, one at a time, for simulations that must find them. A mutant is a
// file of the folder planted: the fault in words, the simulation that must find it, and edits of the product's files. An
// edit says what the product contains and what the mutant has instead. The product's files do not change: the option
// -overlay of the go command compiles the edited copies.
package mutants

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Mutant is a fault to plant.
type Mutant struct {
	Name       string // of its file, without the extension
	Fault      string // in words
	Simulation string // histories or chaos
	First      int    // the seed of the first life
	Lives      int    // how many lives the simulation tries at most, from First on
	Edits      []Edit
}

// Edit replaces a part of a file of the product.
type Edit struct {
	File   string // its path from the root of the repository
	Before string // whole lines, which the file contains once
	After  string
}

const extension = ".mutant"

// Read returns the mutants of a folder in the order of their names.
func Read(dir string) ([]Mutant, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*"+extension))
	if err != nil {
		return nil, err
	}
	slices.Sort(files)
	var all []Mutant
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		m, err := parse(string(content))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		m.Name = strings.TrimSuffix(filepath.Base(file), extension)
		all = append(all, m)
	}
	return all, nil
}

// parse parses the file of a mutant: lines of words, "find: SIMULATION LIVES" or "find: SIMULATION LIVES from SEED", and for
// each edit "--- FILE", the lines before, "+++", and the lines after.
func parse(content string) (Mutant, error) {
	var m Mutant
	var words []string
	var into *string // where a line of an edit belongs
	for n, line := range strings.SplitAfter(content, "\n") {
		head, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch {
		case strings.HasPrefix(line, "--- "):
			m.Edits = append(m.Edits, Edit{File: rest})
			into = &m.Edits[len(m.Edits)-1].Before
		case strings.TrimRight(line, "\n") == "+++":
			if into == nil || into != &m.Edits[len(m.Edits)-1].Before {
				return m, fmt.Errorf("line %d: +++ without --- FILE before it", n+1)
			}
			into = &m.Edits[len(m.Edits)-1].After
		case into != nil:
			*into += line
		case head == "find:":
			if err := m.parseSearch(rest); err != nil {
				return m, fmt.Errorf("line %d: %w", n+1, err)
			}
		case head != "":
			words = append(words, strings.TrimSpace(line))
		}
	}
	m.Fault = strings.Join(words, " ")
	switch {
	case m.Fault == "":
		return m, fmt.Errorf("it does not say what the fault is")
	case m.Simulation != Histories && m.Simulation != Chaos:
		return m, fmt.Errorf("its simulation is %q: want %s or %s", m.Simulation, Histories, Chaos)
	case len(m.Edits) == 0:
		return m, fmt.Errorf("it edits no file: want --- FILE, the lines before, +++, and the lines after")
	}
	for _, e := range m.Edits {
		if strings.TrimSpace(e.Before) == "" {
			return m, fmt.Errorf("its edit of %s does not say which lines it replaces", cmp.Or(e.File, "a file without a name"))
		}
	}
	return m, nil
}

// parseSearch parses "SIMULATION LIVES" and "SIMULATION LIVES from SEED".
func (m *Mutant) parseSearch(text string) error {
	words := strings.Fields(text)
	if len(words) == 2 {
		words = append(words, "from", "1")
	}
	wrong := fmt.Errorf("find: %s: want \"find: SIMULATION LIVES\", such as \"find: histories 1000\", or the same with \"from SEED\"", text)
	if len(words) != 4 || words[2] != "from" {
		return wrong
	}
	var err error
	if m.Lives, err = strconv.Atoi(words[1]); err != nil || m.Lives < 1 {
		return wrong
	}
	if m.First, err = strconv.Atoi(words[3]); err != nil || m.First < 1 {
		return wrong
	}
	m.Simulation = words[0]
	return nil
}

// The simulations.
const (
	Histories = "histories"
	Chaos     = "chaos"
)
