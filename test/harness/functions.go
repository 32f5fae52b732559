package harness

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strings"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/oralake/oralake/internal/deploy"
	"github.com/oralake/oralake/internal/lambdahandler"
	"github.com/oralake/oralake/internal/oracle/checkservice"
	"github.com/oralake/oralake/internal/reconcile"
	"github.com/oralake/oralake/internal/run"
	local "github.com/oralake/oralake/test/aws/lambda"
	"github.com/oralake/oralake/test/oracledb"
)

// NewStep creates a function of the state machine.
type NewStep = lambdahandler.New[run.Step]

// Steps has the constructor of each function of the state machine by its identifier in the template, such as "Create".
type Steps map[string]NewStep

// RealSteps returns the constructors of the deployed functions.
func RealSteps() Steps {
	return Steps{
		"Prepare": run.NewPrepare, "Create": run.NewCreate, "Reconcile": reconcile.New, "Start": run.NewStart,
		"Poll": run.NewPoll, "Verify": run.NewVerify, "Record": run.NewRecord, "Delete": run.NewDelete, "Publish": run.NewPublish,
		"Orphans": run.NewOrphans,
	}
}

// StepOf returns the identifier of a function's step, such as "Create". The argument is the function's name or logical
// identifier. The result is empty for a function of a custom resource.
func StepOf(function string) string {
	for name := range RealSteps() {
		if strings.Contains(function, "Functions"+name) {
			return name
		}
	}
	return ""
}

// customFunctions has the constructors of the functions of custom resources by the prefix of their logical IDs.
var customFunctions = map[string]lambdahandler.New[deploy.Handler]{
	"CleanupFunction": deploy.NewCleanup, "PreflightFunction": deploy.NewPreflight,
}

// function creates a function as its bootstrap does, with the credentials of its role.
func (a *Account) function(f local.Function) (local.InvokeFunc, error) {
	cfg := a.Config(aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return f.Credentials, nil
	}))
	if a.options.Between != nil {
		cfg.HTTPClient = &http.Client{Transport: a.options.Between(cfg.HTTPClient.(*http.Client).Transport)}
	}
	cfg.APIOptions = append(cfg.APIOptions, local.PropagateTrace, local.WithinInvocation)
	cfg.Retryer = a.newAdaptive
	getenv := func(name string) string { return f.Environment[name] }
	log := slog.New(slog.NewJSONHandler(lines(f.Log), nil))
	for prefix, newFunction := range a.options.Functions {
		if strings.HasPrefix(f.LogicalID, prefix) {
			return newFunction(cfg), nil
		}
	}
	for prefix, newFunction := range customFunctions {
		if strings.HasPrefix(f.LogicalID, prefix) {
			handler, err := newFunction(cfg, getenv, log)
			return lambda.NewHandler(handler).Invoke, err
		}
	}
	if strings.HasPrefix(f.LogicalID, "FunctionsCheckFunction") {
		handle, err := checkservice.New(a.connect)(cfg, getenv, log)
		return lambda.NewHandler(handle).Invoke, err
	}
	steps := a.options.Steps
	if steps == nil {
		steps = RealSteps()
	}
	newStep := steps[StepOf(f.LogicalID)]
	if newStep == nil {
		return nil, fmt.Errorf("unknown logical ID of a function: %s", f.LogicalID)
	}
	step, err := newStep(cfg, getenv, log)
	return lambda.NewHandler(step).Invoke, err
}

// connect opens the account's database for the check function.
func (a *Account) connect(secret, service string, c *checkservice.Certificate) (checkservice.Service, error) {
	if c != nil && !bytes.Equal(c.Wallet, wallet) {
		return checkservice.Service{}, fmt.Errorf("another wallet than that of the account: %q", c.Wallet)
	}
	o := oracledb.Oracle{Service: service}
	if err := json.Unmarshal([]byte(secret), &o); err != nil {
		return checkservice.Service{}, err
	}
	return checkservice.Service{Driver: "sqlite", DB: a.sources.Open(o), Planning: a.options.Planning}, nil
}

// lines is an io.Writer that passes each log line to a function.
type lines func(string)

func (l lines) Write(b []byte) (int, error) {
	l(strings.TrimSuffix(string(b), "\n"))
	return len(b), nil
}
