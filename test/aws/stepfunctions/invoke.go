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

var errTaskTimedOut = errors.New("the TimeoutSeconds of the task are over")

// invoke calls a function as the role of the state machine. A failure is an *asl.Error; the end of ctx is not one. A
// function whose caller is gone runs on, as it does on AWS; only the end of the service ends it.
func (r *run) invoke(ctx context.Context, function, input string, timeout time.Duration) (payload any, err error) {
	if timeout > 0 {
		timed, cancel := context.WithTimeoutCause(ctx, timeout, errTaskTimedOut)
		defer cancel()
		ctx = timed
	}
	client, err := r.functions()
	if err != nil {
		return nil, err
	}
	type outcome struct {
		payload any
		err     error
	}
	ended := make(chan outcome, 1)
	r.s.work.Go(func() {
		gateway.StackForCalling()
		v, err := callLambda(r.s.life, client, function, input)
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

// maxSession is the longest name of a role session.
const maxSession = 64

// session names the execution's sessions of its role: one for all its calls, so that a loop which polls for days opens
// no more than a short execution does.
func (e *execution) session() string { return e.name[:min(len(e.name), maxSession)] }

// functions is a client of Lambda with the role of the state machine, which may be gone at any call. The SDK must not
// retry: that is the business of the definition's Retry.
func (r *run) functions() (*lambda.Client, error) {
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

// callLambda is one Invoke.
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

// functionError takes the error's name from the payload with which a function failed; the payload is the cause. The
// host words time-outs and crashes in the same way: Sandbox.Timedout, Runtime.ExitError.
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

// serviceError names an error of Lambda itself: Lambda.NAME for the errors that the SDK knows, Lambda.AWSLambdaException
// for others, such as a denied access, and Lambda.SdkClientException when no answer came.
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
