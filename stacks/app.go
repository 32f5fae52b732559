package stacks

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/aws/aws-cdk-go/awscdk/v2"
)

// The keys of the context, which a person sets with -c KEY=VALUE of the CDK CLI.
const (
	contextDepartment   = "department"   // add only the stack of this department
	contextAccount      = "account"      // true: add only the account's stack
	contextDepartments  = "departments"  // the folder of the departments' files; default departments
	contextArchitecture = "architecture" // the processor of the Lambda functions: x86_64 (default) or arm64
)

// Add adds the stacks to app that its context selects: one department's, only the account's or, by default, the account's
// and every department's. root is the module's folder.
//
// If the context names a department that cannot be added, the error has a line for each mistake in its file. Without a name,
// such a department is skipped with a warning, and the other stacks are added. It is an error if no department can be added,
// and if two files have the same department.
func Add(ctx context.Context, app awscdk.App, root string) (warnings []string, err error) {
	name, account := given(app, contextDepartment), given(app, contextAccount)
	switch {
	case account != "" && account != "true" && account != "false":
		return nil, fmt.Errorf("context account=%s is not valid: write true or false", account)
	case account == "true" && name != "":
		return nil, fmt.Errorf("both -c department=%s and -c account=true are given: each selects one stack and excludes all others; "+
			"write one of them, or none for all stacks", name)
	case account == "true":
		NewAccount(app)
		return nil, nil
	}
	dir := givenOr(app, contextDepartments, "departments")
	if !filepath.IsAbs(dir) {
		dir = filepath.Join(root, dir)
	}
	a := adder{
		app: app, root: root, bundles: needsAssets(app), checks: map[string]error{},
		architecture: Architecture(givenOr(app, contextArchitecture, string(X8664))),
	}
	if name != "" {
		return nil, a.addNamed(ctx, dir, name)
	}
	NewAccount(app)
	return a.addAll(ctx, dir)
}

// needsAssets reports whether the CLI command needs the contents of assets. For `ls` and `destroy`, which need only the
// list of stacks, the CLI names no stack to bundle.
func needsAssets(app awscdk.App) bool {
	stacks, given := app.Node().TryGetContext(new("aws:cdk:bundling-stacks")).([]any)
	return !given || len(stacks) > 0
}

// given returns a value of the context as text, or "".
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
