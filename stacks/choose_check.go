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

// Check describes a department's check function, which checks the source database.
type Check struct {
	Driver string // department.Godror or department.GoOra
	// Layer is the path of the layer's zip with the Oracle client. It is empty for a driver that needs no client.
	Layer string
}

// chooseCheck decides whether a department has a check function, and sets the department's Source.Check. Without a check
// function check is nil. Then note is a warning that says why, unless the file turns the check off. It is an error if the
// file needs a check function that cannot be deployed.
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
	if settings := d.CheckOnlySettings(); len(settings) > 0 {
		return nil, "", fmt.Errorf("department %s has %s, which needs the database check, but %s; or remove this from the file",
			d.Name, strings.Join(settings, ", "), without)
	}
	s.Check = department.CheckOff
	return nil, "runs do not check the database: " + without + "; or write source: {check: off} to hide this warning", nil
}

// availableCheck returns the check function that can be deployed. If none can, check is nil and without says why and what to
// do.
func availableCheck(s department.Source, root string) (check *Check, without string, err error) {
	if s.Driver == department.GoOra {
		return &Check{Driver: s.Driver}, "", nil
	}
	path := filepath.Join(root, filepath.FromSlash(layerZip))
	_, err = os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, "there is no " + layerZip + ": make it with `go run ./lambda_layer -client ZIP` from Oracle's Instant " +
			"Client, or choose the driver that needs no client, source: {driver: go-ora}", nil
	case err != nil:
		return nil, "", fmt.Errorf("look for the layer with the Oracle client: %w", err)
	}
	return &Check{Driver: department.Godror, Layer: path}, "", nil
}

// checkLayer refuses a damaged layer and a layer for another architecture. Without this check the first run would fail.
func (c *Check) checkLayer(architecture Architecture) error {
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
