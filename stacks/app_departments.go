package stacks

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"

	"github.com/oralake/oralake/internal/contract"
	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/manifest"
)

// adder adds the stacks of departments to an app. It builds the functions once, for all departments.
type adder struct {
	app          awscdk.App
	root         string // the module's folder
	architecture Architecture
	bundles      bool // whether functions are built; if not, their folders may be empty
	code         Code
	checks       map[string]error // by driver: the result of building its check function
}

// prepared is a department that is ready for its stack, except for the functions.
type prepared struct {
	DepartmentProps
	path      string // the department's file
	unchecked string // a warning that runs do not check the database, and why; empty if there is nothing to warn about
}

// addNamed adds the stack of the department called name. It reads no other department's file.
func (a *adder) addNamed(ctx context.Context, dir, name string) error {
	path, err := department.Find(dir, name)
	if err != nil {
		return err
	}
	d, err := department.Load(path)
	if err != nil {
		return err
	}
	p, err := a.prepare(path, d)
	if err != nil {
		return err
	}
	if err := a.build(ctx); err != nil {
		return err
	}
	return a.add(ctx, p)
}

// addAll adds the stack of every department in dir that can be added, and returns a warning for each other one. It is an
// error if there are departments and none can be added.
func (a *adder) addAll(ctx context.Context, dir string) (warnings []string, err error) {
	ready, skipped, err := a.prepareAll(dir)
	if err != nil {
		return nil, err
	}
	refused, err := a.addReady(ctx, ready)
	if err != nil {
		return nil, err
	}
	skipped = append(skipped, refused...)
	switch {
	case len(ready)+len(skipped) == 0:
		return []string{fmt.Sprintf("%s has no department's file, so %s is the only stack: write a file such as %s", dir,
			accountStack, department.FilePath(dir, "sales"))}, nil
	case len(ready) == len(refused):
		return nil, noneAdded(dir, skipped)
	}
	for _, s := range skipped {
		warnings = append(warnings, s.Error())
	}
	return warnings, nil
}

// prepareAll reads and prepares every department in dir.
func (a *adder) prepareAll(dir string) (ready []prepared, skipped []department.Skipped, err error) {
	all, skipped, err := department.LoadAll(dir)
	if err != nil {
		return nil, nil, err
	}
	if err := department.Duplicates(dir, all, skipped); err != nil {
		return nil, nil, err
	}
	for _, d := range all {
		path := department.FilePath(dir, d.Name)
		p, err := a.prepare(path, d)
		if err != nil {
			skipped = append(skipped, department.Skipped{Path: path, Name: d.Name, Err: err})
			continue
		}
		ready = append(ready, p)
	}
	return ready, skipped, nil
}

// addReady adds the stacks of prepared departments, and returns those that could not be added. The error is that of building
// the functions that all departments share.
func (a *adder) addReady(ctx context.Context, ready []prepared) (refused []department.Skipped, err error) {
	if len(ready) == 0 {
		return nil, nil
	}
	if err := a.build(ctx); err != nil {
		return nil, err
	}
	for _, p := range ready {
		err := a.add(ctx, p)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err != nil {
			refused = append(refused, department.Skipped{Path: p.path, Name: p.Department.Name, Err: err})
		}
	}
	return refused, nil
}

// noneAdded returns the error that no department has a stack, with the reason for each department.
func noneAdded(dir string, skipped []department.Skipped) error {
	reasons := make([]error, 0, len(skipped)+1)
	for _, s := range skipped {
		reasons = append(reasons, s)
	}
	return errors.Join(append(reasons, fmt.Errorf("no department in %s has a stack: correct a file, or write -c account=true for "+
		"%s alone", dir, accountStack))...)
}

// prepare chooses the check and compiles the manifest of a department. It needs no functions.
func (a *adder) prepare(path string, d *department.Department) (prepared, error) {
	check, unchecked, err := chooseCheck(d, a.root)
	if err != nil && !a.bundles {
		// A machine without the layer must be able to list and destroy the stack.
		check, err = &Check{Driver: department.GoOra}, nil
	}
	if err != nil {
		return prepared{}, err
	}
	compiled, err := manifest.Compile(d)
	if err != nil {
		return prepared{}, fmt.Errorf("compile department %s: %w", d.Name, err)
	}
	document, err := compiled.Bytes()
	if err != nil {
		return prepared{}, fmt.Errorf("compile department %s: %w", d.Name, err)
	}
	return prepared{DepartmentProps{Department: d, Manifest: document, Check: check}, path, unchecked}, nil
}

// build builds the functions that all departments share.
func (a *adder) build(ctx context.Context) (err error) {
	build := BuildFunctions
	if !a.bundles {
		build = placeFunctions
	}
	out := filepath.Join(a.root, ".build", "functions", string(a.architecture))
	a.code, err = build(ctx, a.root, out, a.architecture)
	return err
}

// add adds a department's stack. After an error the app has no part of the stack.
func (a *adder) add(ctx context.Context, p prepared) error {
	if p.Check != nil {
		if err := a.addCheck(ctx, *p.Check); err != nil {
			return err
		}
	}
	p.Code = a.code
	stack, err := NewDepartment(a.app, p.DepartmentProps)
	if err != nil {
		a.app.Node().TryRemoveChild(new(contract.StackName(p.Department.Name)))
		return err
	}
	for _, w := range p.Department.Warnings(time.Now()) {
		awscdk.Annotations_Of(stack).AddWarningV2(new("oralake:"+w.Kind), &w.Text)
	}
	if p.unchecked != "" {
		awscdk.Annotations_Of(stack).AddWarningV2(new("oralake:unchecked"), &p.unchecked)
	}
	for _, note := range startNotes(p.Department) {
		awscdk.Annotations_Of(stack).AddInfo(&note)
	}
	switch text := wholeRowsText(p.Department, p.Check != nil); {
	case text == "":
	case p.Check != nil:
		awscdk.Annotations_Of(stack).AddInfo(&text)
	default:
		awscdk.Annotations_Of(stack).AddWarningV2(new("oralake:whole-rows"), &text)
	}
	return nil
}

// addCheck builds the check function of a driver, once for all departments that use it.
func (a *adder) addCheck(ctx context.Context, c Check) error {
	err, done := a.checks[c.Driver]
	if !done {
		err = addCheck(ctx, a.root, a.code, c, a.bundles)
		a.checks[c.Driver] = err
	}
	return err
}
