package stacks

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/lambda_layer/layer"
)

// Check is the function that asks the source database itself, in the departments that have it.
type Check struct {
	Driver string // department.Godror or department.GoOra
	// Layer is the zip of the layer with the Oracle client; empty for a driver that needs none.
	Layer string
}

// chooseCheck says whether a department's runs ask the database, and writes what is decided into the department. note is a
// sentence for a person who may not know what is left out; empty when the file says it, or nothing is. A file that
// requires what cannot be had is an error.
func chooseCheck(d *department.Department, root string) (check *Check, note string, err error) {
	s := &d.Source
	if s.Check == department.CheckOff {
		return nil, "", nil
	}
	check, without, err := availableCheck(*s, root)
	if err != nil {
		return nil, "", err
	}
	switch {
	case check != nil:
		if s.Check == "" {
			s.Check = department.CheckReport
		}
		return check, "", nil
	case s.Check == department.CheckRequire:
		return nil, "", fmt.Errorf("department %s has source.check: require, but %s", d.Name, without)
	}
	if asks := d.CheckOnlySettings(); len(asks) > 0 {
		return nil, "", fmt.Errorf("department %s has %s, which only the check finds out, but %s; or take that out of the file",
			d.Name, strings.Join(asks, ", "), without)
	}
	s.Check = department.CheckOff
	return nil, "runs do not ask the database whether it is ready: " + without +
		"; or write source: {check: off}, and this is not said again", nil
}

// availableCheck is the check function that can be deployed; nil if none can, and without says why and what to do.
func availableCheck(s department.Source, root string) (check *Check, without string, err error) {
	if s.SSLMode != "none" {
		return nil, "the check function cannot connect with sslMode: " + s.SSLMode, nil
	}
	if s.Driver == department.GoOra {
		return &Check{Driver: s.Driver}, "", nil
	}
	path := filepath.Join(root, filepath.FromSlash(layerZip))
	_, err = os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, "there is no " + layerZip + ": make it with `go run ./lambda_layer -client ZIP` from Oracle's Instant " +
			"Client, or choose the driver without a client, source: {driver: go-ora}", nil
	case err != nil:
		return nil, "", fmt.Errorf("look for the layer with the Oracle client: %w", err)
	}
	return &Check{Driver: department.Godror, Layer: path}, "", nil
}

// inspect looks into the layer: one for another architecture, or a damaged one, would fail at the first run.
func (c *Check) inspect(architecture Architecture) error {
	if c.Layer == "" {
		return nil
	}
	info, err := layer.Inspect(c.Layer)
	if err != nil {
		return err
	}
	if string(info.Architecture) != string(architecture) {
		return fmt.Errorf("the layer %s is for %s, and the functions are for %s: make it from the client for %s, or deploy "+
			"with -c architecture=%s", c.Layer, info.Architecture, architecture, architecture, info.Architecture)
	}
	return nil
}
