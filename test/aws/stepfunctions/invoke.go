package stepfunctions

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/oralake/oralake/test/aws/gateway"
	"github.com/oralake/oralake/test/aws/stepfunctions/asl"
)

var errTaskTimedOut = errors.New("the function ran longer than the TimeoutSeconds of the task")

// invoke calls a function with the role of the state machine. A failure of the call is an *asl.Error; when ctx ends,
// the error is its cause. As on AWS, the function continues to run when ctx ends. Only Shutdown ends the call.
func (r *run) invoke(ctx context.Context, function, input string, timeout time.Duration) (payload any, err error) {
	if timeout > 0 {
		timed, cancel := context.WithTimeoutCause(ctx, timeout, errTaskTimedOut)
		defer cancel()
		ctx = timed
	}
	client, err := r.lambdaClient()
	if err != nil {
		return nil, err
	}
	type outcome struct {
		payload any
		err     error
	}
	ended := make(chan outcome, 1)
	r.s.running.Go(func() {
		gateway.StackForCalling()
		v, err := callLambda(r.s.ctx, client, function, input)
		ended <- outcome{v, err}
	})
	select {
	case o := <-ended:
		return o.payload, o.err
	case <-ctx.Done():
		if cause := context.Cause(ctx); cause != errTaskTimedOut {
			return nil, cause
		}
		return nil, &asl.Error{Name: asl.ErrTimeout}
	}
}

// maxSession is the largest length of the name of a role session, in characters.
const maxSession = 64

// session is the name of the role session of the execution. All calls of the execution share the session. So an
// execution that polls for days does not need more sessions than a short one.
func (e *execution) session() string { return e.name[:min(len(e.name), maxSession)] }

// lambdaClient returns a Lambda client with the credentials of the role. The role can be deleted between two calls:
// then the error is States.Permissions. The client does not retry, because the Retry of the definition decides.
func (r *run) lambdaClient() (*lambda.Client, error) {
	role, err := r.s.roles.Credentials(r.revision.roleARN, r.session())
	if err != nil {
		return nil, &asl.Error{Name: asl.ErrPermissions, Cause: fmt.Sprintf(
			"The role %s of the state machine cannot be assumed: %v", r.revision.roleARN, err)}
	}
	if r.client == nil || r.role != role.AccessKeyID {
		r.role = role.AccessKeyID
		r.client = lambda.NewFromConfig(r.s.config(credentials.StaticCredentialsProvider{Value: role}), func(o *lambda.Options) {
			o.Retryer = aws.NopRetryer{}
			trace := "Root=" + r.trace + ";Sampled=1"
			o.APIOptions = append(o.APIOptions, smithyhttp.SetHeaderValue("X-Amzn-Trace-Id", trace))
		})
	}
	return r.client, nil
}

// callLambda invokes a function once and returns its result. An error is an *asl.Error.
func callLambda(ctx context.Context, client *lambda.Client, function, input string) (payload any, err error) {
	out, err := client.Invoke(ctx, &lambda.InvokeInput{FunctionName: &function, Payload: []byte(input)})
	if err != nil {
		return nil, serviceError(err)
	}
	if out.FunctionError != nil {
		return nil, functionError(out.Payload)
	}
	if payload, err = asl.Parse(out.Payload); err != nil {
		return nil, &asl.Error{Name: "Lambda.Unknown", Cause: fmt.Sprintf(
			"The function did not return JSON: %v. Returned payload: %s", err, out.Payload)}
	}
	return payload, nil
}

// functionError is the failure of a function: the name is the errorType in the payload, and the cause is the payload.
// Time-outs and crashes of a function have such a payload too, with Sandbox.Timedout and Runtime.ExitError.
func functionError(payload []byte) error {
	v, err := asl.Parse(payload)
	object, _ := v.(map[string]any)
	name, _ := object["errorType"].(string)
	if err != nil || name == "" {
		return &asl.Error{Name: "Lambda.Unknown", Cause: fmt.Sprintf("The cause could not be determined because Lambda did "+
			"not return an error type. Returned payload: %s", payload)}
	}
	return &asl.Error{Name: name, Cause: string(payload)}
}

// serviceError is an error of Lambda itself. The name is Lambda.NAME for an error that the SDK knows,
// Lambda.AWSLambdaException for other errors, such as a denied access, and Lambda.SdkClientException without a response.
func serviceError(err error) error {
	var api smithy.APIError
	if !errors.As(err, &api) {
		return &asl.Error{Name: "Lambda.SdkClientException", Cause: err.Error()}
	}
	name := "Lambda." + api.ErrorCode()
	var unknown *smithy.GenericAPIError
	if errors.As(err, &unknown) {
		name = "Lambda.AWSLambdaException"
	}
	status, request := http.StatusInternalServerError, ""
	var response *awshttp.ResponseError
	if errors.As(err, &response) {
		status, request = response.HTTPStatusCode(), response.ServiceRequestID()
	}
	return &asl.Error{Name: name, Cause: fmt.Sprintf("%s (Service: AWSLambda; Status Code: %d; Error Code: %s; "+
		"Request ID: %s; Proxy: null)", api.ErrorMessage(), status, api.ErrorCode(), request)}
}
