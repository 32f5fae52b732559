package cloud

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/oralake/oralake/test/aws/eventbridge"
	"github.com/oralake/oralake/test/aws/gateway"
	"github.com/oralake/oralake/test/aws/stepfunctions"
)

// ownKeys are the access keys of services that act as themselves. EventBridge, for example, sends dead letters to a
// queue as itself.
type ownKeys struct {
	others gateway.Principals

	mu       sync.Mutex
	services map[string]gateway.Principal // by access key
}

// act creates credentials with which a service acts as itself.
func (k *ownKeys) act(service string) aws.CredentialsProvider { return k.actFor(service, "") }

// actFor creates credentials with which a service acts as itself for a resource, such as CloudWatch for an alarm.
func (k *ownKeys) actFor(service, resourceARN string) aws.CredentialsProvider {
	own := aws.Credentials{AccessKeyID: "AKIA" + rand.Text()[:16], SecretAccessKey: rand.Text(), Source: "embedded AWS"}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.services[own.AccessKeyID] = gateway.Principal{ARN: service, Service: service, SourceARN: resourceARN}
	return aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return own, nil })
}

// Principal returns a service by its name, such as policies use it. It is neither a user nor a role.
func (k *ownKeys) Principal(accessKeyID string) (gateway.Principal, error) {
	k.mu.Lock()
	service, ok := k.services[accessKeyID]
	k.mu.Unlock()
	if ok {
		return service, nil
	}
	return k.others.Principal(accessKeyID)
}

// publishStatus sends the status changes of executions to the event bus.
func (c *Cloud) publishStatus(change stepfunctions.StatusChange) {
	detail, err := json.Marshal(change)
	if err == nil {
		_, err = c.Events.Put(eventbridge.Event{
			Source: "aws.states", DetailType: "Step Functions Execution Status Change", Time: change.At(),
			Resources: []string{change.ExecutionARN}, Detail: detail,
		})
	}
	if err != nil {
		panic(err) // cannot happen: a change is a small JSON object, which the bus accepts
	}
}

// may lets a service act as roles, without calls.
func (c *Cloud) may(service string) gateway.May {
	return func(roleARN, session string, needs ...gateway.Access) error {
		p, err := c.IAM.RolePrincipal(roleARN, session)
		if err != nil {
			return err
		}
		return c.Gateway.AuthorizeAs(p, service, needs...)
	}
}
