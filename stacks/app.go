package stacks

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/aws/aws-cdk-go/awscdk/v2"

	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/manifest"
)

// The context that a person gives to the CDK CLI as -c KEY=VALUE.
const (
	contextDepartment   = "department"   // which department's stack
	contextAccount      = "account"      // true: the stack of the account's roles instead
	contextDepartments  = "departments"  // the folder of the department files; default departments
	contextArchitecture = "architecture" // x86_64 (default) or arm64
)

// Add adds to app the one stack that its context asks for. root is the module's folder. Whatever is wrong with what
// was asked for is an error of one line, and whatever is wrong with a department's file one of a line for each
// mistake, before anything is constructed.
func Add(ctx context.Context, app awscdk.App, root string) error {
	name, account := given(app, contextDepartment), given(app, contextAccount)
	switch {
	case account != "" && account != "true" && account != "false":
		return fmt.Errorf("context account=%s: it is true or false", account)
	case account == "true" && name != "":
		return fmt.Errorf("both -c department=%s and -c account=true were given: one stack at a time; leave one out", name)
	case account == "true":
		NewAccount(app)
		return nil
	}
	dir := givenOr(app, contextDepartments, "departments")
	if !filepath.IsAbs(dir) {
		dir = filepath.Join(root, dir)
	}
	d, err := load(name, dir)
	if err != nil {
		return err
	}
	check, unchecked, err := chooseCheck(d, root)
	if err != nil && !bundles(app) {
		// A stack is destroyed also where its layer is not.
		check, err = &Check{Driver: department.GoOra}, nil
	}
	if err != nil {
		return err
	}
	compiled, err := manifest.Compile(d)
	if err != nil {
		return fmt.Errorf("compile department %s: %w", d.Name, err)
	}
	document, err := compiled.Bytes()
	if err != nil {
		return fmt.Errorf("compile department %s: %w", d.Name, err)
	}
	architecture := Architecture(givenOr(app, contextArchitecture, string(X8664)))
	out := filepath.Join(root, ".build", "functions", string(architecture))
	build := BuildFunctions
	if !bundles(app) {
		build = placeFunctions
	}
	code, err := build(ctx, root, out, architecture)
	if err != nil {
		return err
	}
	if check != nil {
		if err := addCheck(ctx, root, code, *check, bundles(app)); err != nil {
			return err
		}
	}
	stack, err := NewDepartment(app, DepartmentProps{Department: d, Manifest: document, Code: code, Check: check})
	if err == nil && unchecked != "" {
		awscdk.Annotations_Of(stack).AddWarningV2(new("oralake:unchecked"), &unchecked)
	}
	return err
}

// load reads the file of a department in dir.
func load(name, dir string) (*department.Department, error) {
	path, err := department.Find(dir, name)
	var notFound department.NotFound
	if errors.As(err, &notFound) && name == "" {
		return nil, fmt.Errorf("%w: add -c department=NAME, or -c account=true for the roles that an account needs once", err)
	}
	if err != nil {
		return nil, err
	}
	return department.Load(path)
}

// bundles says whether the command needs the contents of assets: the CLI names no stack to bundle for `ls` and
// `destroy`, which only look at what stacks there are.
func bundles(app awscdk.App) bool {
	stacks, given := app.Node().TryGetContext(new("aws:cdk:bundling-stacks")).([]any)
	return !given || len(stacks) > 0
}

// given is a value of the context as the text that a person gave; empty without one.
func given(app awscdk.App, key string) string {
	value := app.Node().TryGetContext(&key)
	if value == nil {
		return ""
	}
	return fmt.Sprint(value)
}

func givenOr(app awscdk.App, key, otherwise string) string {
	if value := given(app, key); value != "" {
		return value
	}
	return otherwise
}
