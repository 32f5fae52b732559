// Package cloud builds the embedded AWS from its services: one account in one region behind one gateway.
package cloud

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"path/filepath"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/oralake/oralake/test/aws/account"
	"github.com/oralake/oralake/test/aws/clock"
	"github.com/oralake/oralake/test/aws/cloudformation"
	"github.com/oralake/oralake/test/aws/cloudwatch"
	"github.com/oralake/oralake/test/aws/cloudwatchlogs"
	"github.com/oralake/oralake/test/aws/dms"
	"github.com/oralake/oralake/test/aws/dynamodb"
	"github.com/oralake/oralake/test/aws/ec2"
	"github.com/oralake/oralake/test/aws/eventbridge"
	"github.com/oralake/oralake/test/aws/gateway"
	"github.com/oralake/oralake/test/aws/glue"
	"github.com/oralake/oralake/test/aws/iam"
	"github.com/oralake/oralake/test/aws/kms"
	"github.com/oralake/oralake/test/aws/lambda"
	"github.com/oralake/oralake/test/aws/resource"
	"github.com/oralake/oralake/test/aws/s3"
	"github.com/oralake/oralake/test/aws/scheduler"
	"github.com/oralake/oralake/test/aws/secretsmanager"
	"github.com/oralake/oralake/test/aws/sns"
	"github.com/oralake/oralake/test/aws/sqs"
	"github.com/oralake/oralake/test/aws/ssm"
	"github.com/oralake/oralake/test/aws/stepfunctions"
	"github.com/oralake/oralake/test/aws/sts"
	"github.com/oralake/oralake/test/aws/xray"
	"github.com/oralake/oralake/test/oracledb"
)

// Options configure an account.
type Options struct {
	Account account.Account
	Clock   clock.Clock
	// Dir is the folder in which objects of S3 (s3/) and logs (logs/) are stored as readable files. If it is empty,
	// they are in memory.
	Dir string
	// Sources are the databases that DMS can connect to.
	Sources *oracledb.Registry
	// Listener accepts requests from other processes. It must be on the loopback interface. Without it only clients
	// made with Config reach the account, and functions need InProcess.
	Listener net.Listener
	// FunctionEnvironment is added to the environment variables of every function.
	FunctionEnvironment map[string]string
	// InProcess runs Go functions instead of Lambda's bootstraps.
	InProcess lambda.InProcess
	// Replace runs Go functions instead of some of the bootstraps; see lambda.Options.
	Replace lambda.InProcess
	// DMS sets the delays, faults and observer of DMS. If its log is nil, it uses the account's CloudWatch Logs.
	DMS dms.Options
	// FunctionFaults disturbs invocations of functions; nil disturbs none.
	FunctionFaults lambda.Faults
	// Disturb disturbs API calls, including calls between services; nil disturbs none. See gateway.Disturb.
	Disturb func(gateway.Call) gateway.Disturbance
}

// Cloud is an AWS account on this machine.
type Cloud struct {
	Account   account.Account
	Gateway   *gateway.Gateway
	DMS       *dms.Service
	Events    *eventbridge.Service
	IAM       *iam.Service
	Keys      *kms.Service
	Logs      *cloudwatchlogs.Service
	Metrics   *cloudwatch.Service
	Network   *ec2.Service
	Objects   *s3.Service
	Scheduler *scheduler.Service
	Secrets   *secretsmanager.Service
	SNS       *sns.Service
	States    *stepfunctions.Service
	Traces    *xray.Service

	stacks    *cloudformation.Service
	functions *customResources
	lambda    *lambda.Service
	server    *http.Server
	served    chan error
}

// AdminAccessKeyID is the access key of the account's administrator.
const AdminAccessKeyID = iam.AdminAccessKeyID

// bootstrapRoles are the roles of the CDK bootstrap stack, which the CDK CLI assumes.
var bootstrapRoles = []string{"deploy-role", "file-publishing-role", "image-publishing-role", "lookup-role", "cfn-exec-role"}

// New opens an account. It is bootstrapped for the CDK and otherwise empty.
func New(o Options) (*Cloud, error) {
	c := &Cloud{Account: o.Account, IAM: iam.New(o.Account)}
	address := "http://127.0.0.1" // for clients made with Config
	environment := map[string]string{}
	maps.Copy(environment, o.FunctionEnvironment)
	if o.Listener != nil {
		address = "http://" + o.Listener.Addr().String()
		environment["AWS_ENDPOINT_URL"] = address
	}
	c.functions = newCustomResources(o.Account, c.IAM, c.Config, address)
	own := &ownKeys{others: principals{c.IAM, c.functions}, services: map[string]gateway.Principal{}}
	c.Gateway = gateway.New(own)
	for _, role := range bootstrapRoles {
		c.IAM.EnsureRole(fmt.Sprintf("cdk-hnb659fds-%s-%s-%s", role, o.Account.ID, o.Account.Region))
	}
	objects, err := s3.New(o.Account, folder(o.Dir, "s3"))
	if err != nil {
		return nil, err
	}
	c.Logs = cloudwatchlogs.New(o.Account, folder(o.Dir, "logs"))
	c.Secrets = secretsmanager.New(o.Account)
	queues, records, parameters, catalog := sqs.New(o.Account), dynamodb.New(o.Account), ssm.New(o.Account), glue.New(o.Account)
	c.States = stepfunctions.New(o.Account, o.Clock, c.IAM, c.Config, c.Logs)
	c.Events = eventbridge.New(o.Account, o.Clock, c.IAM, own.act("events.amazonaws.com"), c.Config)
	c.States.Observe(c.publishStatus)
	c.SNS = sns.New(o.Account)
	network, traces := ec2.New(o.Account), xray.New()
	c.Network, c.Traces = network, traces
	network.UsePermissions(c.may("ec2"))
	c.States.UsePermissions(c.may("states"), traces.Put)
	if o.DMS.Log == nil {
		o.DMS.Log = c.Logs.Put
	}
	c.DMS = dms.New(o.Account, o.Clock, c.IAM, c.Config, o.Sources, network, o.DMS)
	c.Metrics = cloudwatch.New(o.Account, gauges{c.DMS, queues}, c.publishAlarm(own))
	c.Scheduler = scheduler.New(o.Account, o.Clock, c.Gateway, c.IAM)
	c.lambda, err = lambda.New(o.Account, o.Clock, c.IAM, c.objects(), c.Logs, lambda.Options{
		Environment: environment, InProcess: o.InProcess, Replace: o.Replace, Faults: o.FunctionFaults,
		May: c.may("lambda"), Traced: traces.Put,
		Counted: func(function, metric string) { c.count("AWS/Lambda", metric, "FunctionName", function) },
	})
	if err != nil {
		return nil, err
	}
	c.measure()
	keys, tokens := kms.New(o.Account), sts.New(o.Account, c.IAM)
	c.Keys, c.Objects = keys, objects
	objects.UseKeys(keys)
	c.Secrets.UseKeys(keys)
	c.stacks = cloudformation.New(o.Account, resource.Merge(
		c.DMS.Resources(), c.Events.Resources(), c.IAM.Resources(), c.Logs.Resources(), c.Metrics.Resources(), c.Scheduler.Resources(),
		c.SNS.Resources(), c.States.Resources(),
		c.lambda.Resources(), network.Resources(), keys.Resources(), objects.Resources(),
		queues.Resources(), records.Resources(), catalog.Resources(),
	), c.objects(), parameterStore{parameters}, c.functions)

	for service, handler := range map[string]http.Handler{
		"cloudformation": c.stacks.Handler(),
		"dms":            c.DMS.Handler(),
		"dynamodb":       records.Handler(),
		"events":         c.Events.Handler(),
		"glue":           catalog.Handler(),
		"lambda":         c.lambda.Handler(),
		"logs":           c.Logs.Handler(),
		"monitoring":     c.Metrics.Handler(),
		"s3":             c.functions.before(objects.Handler()),
		"scheduler":      c.Scheduler.Handler(),
		"secretsmanager": c.Secrets.Handler(),
		"sns":            c.SNS.Handler(),
		"sqs":            queues.Handler(),
		"ssm":            parameters.Handler(),
		"states":         c.States.Handler(),
		"sts":            tokens.Handler(),
	} {
		c.Gateway.Handle(service, handler)
	}
	c.Gateway.Authorize(c.IAM, map[string]map[string]gateway.Needs{
		"cloudformation": c.stacks.Needs(),
		"dms":            c.DMS.Needs(),
		"dynamodb":       records.Needs(keys),
		"glue":           catalog.Needs(),
		"lambda":         c.lambda.Needs(),
		"monitoring":     c.Metrics.Needs(),
		"s3":             objects.Needs(),
		"secretsmanager": c.Secrets.Needs(),
		"sns":            c.SNS.Needs(keys),
		"sqs":            queues.Needs(),
		"states":         c.States.Needs(),
		"sts":            tokens.Needs(),
	})
	c.Gateway.Disturb(o.Clock, o.Disturb)
	if o.Listener != nil {
		c.serve(o.Listener)
	}
	return c, nil
}

func folder(dir, name string) string {
	if dir == "" {
		return ""
	}
	return filepath.Join(dir, name)
}

func (c *Cloud) serve(listener net.Listener) {
	c.server = &http.Server{Handler: c.Gateway}
	c.served = make(chan error, 1)
	go func() { c.served <- c.server.Serve(listener) }()
}

// Config is an SDK configuration that reaches the account without a socket.
func (c *Cloud) Config(credentials aws.CredentialsProvider) aws.Config {
	return c.Gateway.Config(c.Account.Region, credentials)
}

// Admin is a Config with the administrator's credentials.
func (c *Cloud) Admin() aws.Config { return c.Config(iam.AdminCredentials()) }

// Close stops stacks, executions, tasks, schedules, events and functions, and waits until they have stopped. A stack
// operation in progress fails without a rollback.
func (c *Cloud) Close() error {
	err := c.stacks.Close()
	c.Gateway.Close()
	c.Metrics.Close()
	c.functions.close()
	err = errors.Join(err, c.Scheduler.Close(), c.Events.Close(), c.States.Shutdown(context.Background()))
	c.DMS.Close()
	err = errors.Join(err, c.lambda.Close())
	if c.server != nil {
		err = errors.Join(err, c.server.Close())
		if ended := <-c.served; !errors.Is(ended, http.ErrServerClosed) {
			err = errors.Join(err, ended)
		}
	}
	return err
}
