package cloud

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/oralake/oralake/test/aws/account"
	"github.com/oralake/oralake/test/aws/cloudformation"
	"github.com/oralake/oralake/test/aws/gateway"
	"github.com/oralake/oralake/test/aws/iam"
)

// responseLife is how long a custom resource's response URL is valid, as on AWS.
const responseLife = 2 * time.Hour

// customResources invokes the functions behind custom resources. It also serves the bucket into which they put their
// responses. As on AWS, that bucket belongs to CloudFormation and to no user account: it cannot be listed or read, and
// it accepts only responses that CloudFormation waits for.
type customResources struct {
	acct   account.Account
	config func(aws.CredentialsProvider) aws.Config
	// url is the gateway's address for functions.
	url    string
	roles  *iam.Service
	bucket string
	key    aws.Credentials // CloudFormation's own credentials

	mu      sync.Mutex
	closed  bool
	waiting map[string]chan []byte // by object key; nil after the wait has ended
}

func newCustomResources(
	acct account.Account, roles *iam.Service, config func(aws.CredentialsProvider) aws.Config, url string,
) *customResources {
	return &customResources{
		acct: acct, config: config, url: url, roles: roles,
		bucket:  "cloudformation-custom-resource-response-" + strings.ReplaceAll(acct.Region, "-", ""),
		key:     aws.Credentials{AccessKeyID: "AKIA" + rand.Text()[:16], SecretAccessKey: rand.Text()},
		waiting: map[string]chan []byte{},
	}
}

// principals finds the owners of the account's access keys and of the key with which CloudFormation signs response
// URLs.
type principals struct {
	*iam.Service
	functions *customResources
}

func (p principals) Principal(accessKeyID string) (gateway.Principal, error) {
	if accessKeyID == p.functions.key.AccessKeyID {
		return p.functions.principal(), nil
	}
	return p.Service.Principal(accessKeyID)
}

// principal is CloudFormation itself. No policy of the account applies to it.
func (c *customResources) principal() gateway.Principal {
	return gateway.Principal{ARN: c.acct.GlobalARN("sts", "assumed-role/AWSCloudFormation/custom-resource-response")}
}

// Invoke sends an event to a function. The principal in ctx is the caller.
func (c *customResources) Invoke(ctx context.Context, functionARN string, event []byte) error {
	credentials := iam.AdminCredentials()
	if p := gateway.PrincipalFrom(ctx); p.Role != "" {
		session := p.ARN[strings.LastIndexByte(p.ARN, '/')+1:]
		credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return c.roles.Credentials(p.Role, session)
		})
	}
	_, err := lambda.NewFromConfig(c.config(credentials)).Invoke(ctx, &lambda.InvokeInput{
		FunctionName: &functionARN, InvocationType: types.InvocationTypeEvent, Payload: event,
	})
	if err != nil {
		return fmt.Errorf("invoke the function of a custom resource: %w", err)
	}
	return nil
}

// Expect presigns the URL of an object. It accepts a response there until the caller calls forget.
func (c *customResources) Expect(
	ctx context.Context, name string,
) (responseURL string, response <-chan []byte, forget func(), err error) {
	cfg := c.config(aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return c.key, nil }))
	cfg.BaseEndpoint = &c.url
	presigned, err := s3.NewPresignClient(s3.NewFromConfig(cfg), s3.WithPresignExpires(responseLife)).
		PresignPutObject(ctx, &s3.PutObjectInput{Bucket: &c.bucket, Key: &name})
	if err != nil {
		return "", nil, nil, fmt.Errorf("presign the response of a custom resource: %w", err)
	}
	arrived := make(chan []byte, 1)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return "", nil, nil, errors.New("the embedded AWS closes: it sends no more requests to custom resources")
	}
	c.waiting[name] = arrived
	return presigned.URL, arrived, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.waiting[name] = nil
	}, nil
}

// close ends all waits for responses.
func (c *customResources) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	for name, arrived := range c.waiting {
		if arrived != nil {
			close(arrived)
			c.waiting[name] = nil
		}
	}
}

// before serves the requests for CloudFormation's bucket and passes all others to the account's S3.
func (c *customResources) before(objects http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name, ours := strings.CutPrefix(r.URL.Path, "/"+c.bucket)
		if !ours || name != "" && name[0] != '/' {
			objects.ServeHTTP(w, r)
			return
		}
		if r.Method != http.MethodPut || gateway.PrincipalFrom(r.Context()) != c.principal() {
			refuse(w, r, "AccessDenied", http.StatusForbidden,
				"the bucket "+c.bucket+" belongs to CloudFormation: it accepts only a PUT to a response URL")
			return
		}
		gateway.SetOperation(r.Context(), "PutObject")
		body, err := io.ReadAll(io.LimitReader(r.Body, cloudformation.MaxResponse+1))
		if err == nil {
			_, err = io.Copy(io.Discard, r.Body)
		}
		if err != nil {
			refuse(w, r, "IncompleteBody", http.StatusBadRequest, "read the response of a custom resource: "+err.Error())
			return
		}
		if !c.deliver(strings.TrimPrefix(name, "/"), body) {
			refuse(w, r, "SignatureDoesNotMatch", http.StatusForbidden,
				"CloudFormation has not made this response URL: use the ResponseURL of the event")
		}
	})
}

// deliver passes a response to the waiting stack operation. Only the first response counts. Later ones are accepted and
// ignored, as S3 accepts them, because a retried function answers again. It returns false for a name that Expect never
// presigned.
func (c *customResources) deliver(name string, body []byte) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	arrived, given := c.waiting[name]
	select {
	case arrived <- body:
	default:
	}
	return given
}

func refuse(w http.ResponseWriter, r *http.Request, code string, status int, why string) {
	gateway.WriteError(w, r, &gateway.Error{Code: code, Status: status, Message: why})
}
