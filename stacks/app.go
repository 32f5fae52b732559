package stacks

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/aws/aws-cdk-go/awscdk/v2"
)

// The context that a person gives to the CDK CLI as -c KEY=VALUE.
const (
	contextDepartment   = "department"   // the department whose stack alone is synthesized
	contextAccount      = "account"      // true: the stack of the account's roles alone
	contextDepartments  = "departments"  // the folder of the department files; default departments
	contextArchitecture = "architecture" // x86_64 (default) or arm64
)

// Add adds to app the stacks that its context asks for: of one department, of the account alone, or, asked for neither,
// the account's and every department's. root is the module's folder.
//
// A department that was asked for by name and cannot be added is an error, with a line for each mistake in its file.
// Among all departments it is a warning, and the other stacks are there; it is an error if there is no other, and if two
// files say they are the same department.
func Add(ctx context.Context, app awscdk.App, root string) (warnings []string, err error) {
	name, account := given(app, contextDepartment), given(app, contextAccount)
	switch {
	case account != "" && account != "true" && account != "false":
		return nil, fmt.Errorf("context account=%s: it is true or false", account)
	case account == "true" && name != "":
		return nil, fmt.Errorf("both -c department=%s and -c account=true were given: each leaves out the other's stack; "+
			"give one of them, or neither for all stacks", name)
	case account == "true":
		NewAccount(app)
		return nil, nil
	}
	dir := givenOr(app, contextDepartments, "departments")
	if !filepath.IsAbs(dir) {
		dir = filepath.Join(root, dir)
	}
	a := adder{
		app: app, root: root, bundles: bundles(app), checks: map[string]error{},
		architecture: Architecture(givenOr(app, contextArchitecture, string(X8664))),
	}
	if name != "" {
		return nil, a.addNamed(ctx, dir, name)
	}
	NewAccount(app)
	return a.addAll(ctx, dir)
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
