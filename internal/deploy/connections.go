package deploy

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/cfn"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"github.com/oralake/oralake/internal/contract"
	"github.com/oralake/oralake/internal/dms"
	"github.com/oralake/oralake/internal/run"
)

// Connections is the custom resource that tests whether the replication instance reaches the source and the lake. A deploy that has made
// or changed an endpoint or the instance tests all connections once, so that people learn before the first night what is wrong. What it
// finds is an attribute of the resource. The deploy fails for it only if the department requires the check of its source.
type Connections struct {
	contract.Environment
	Log      *slog.Logger
	DMS      dms.ConnectionTester
	Stacks   Stacks
	TopicARN string
	Topic    run.Topic
}

const (
	// testPause is the pause before DMS is asked for the results of tests. A test takes half a minute.
	testPause = 10 * time.Second
	// testTimeout is how long a deploy waits for the results. DMS documents no limit for a test.
	testTimeout = 10 * time.Minute
)

// work tests the connections when the resource is created or changes, and not in a rollback, which must not fail.
func (c Connections) work(ctx context.Context, r Request) (Answer, error) {
	answer := Answer{PhysicalID: r.PhysicalResourceID}
	if r.RequestType == cfn.RequestDelete {
		return answer, nil
	}
	p, err := ReadProperties[contract.ConnectionProperties](r.ResourceProperties)
	if err != nil {
		return answer, err
	}
	answer.PhysicalID = p.Stack + "-connections"
	if r.RequestType == cfn.RequestUpdate {
		rollingBack, err := RollsBack(ctx, c.Stacks, r)
		if err != nil {
			return answer, err
		}
		if rollingBack {
			answer.Attributes = map[string]any{contract.ConnectionsFound: "not tested: the deploy was rolled back"}
			return answer, nil
		}
	}
	found, err := c.test(ctx, p, r.Since)
	if err != nil {
		return answer, err
	}
	text, reached := describe(p, found)
	c.Log.Info("connections tested", "found", text)
	switch {
	case reached:
	case p.Require != "":
		return answer, errors.New("the replication instance must reach the source and the lake, because the department's file has source.check: require: " +
			text + "; " + whatToDo + ", and deploy again")
	default:
		if err := c.tell(ctx, text); err != nil {
			if ctx.Err() != nil || run.IsTransient(err) && time.Since(r.Since) < retryTime/2 {
				return answer, err
			}
			c.Log.Error("nobody was told", "error", err)
		}
	}
	answer.Attributes = map[string]any{contract.ConnectionsFound: text}
	return answer, nil
}

// whatToDo is what a person does if an endpoint is not reached.
const whatToDo = "check the secret, the security groups and the access role"

// test starts a test of every endpoint and waits for the results, by the ARN of the endpoint. An endpoint without a result has no test
// that has ended in time. The error is a transient one, or that of an ended context: then the tests begin again.
func (c Connections) test(ctx context.Context, p contract.ConnectionProperties, since time.Time) (map[string]dms.ConnectionTest, error) {
	started, ended := map[string]bool{}, map[string]dms.ConnectionTest{}
	for {
		for _, end := range p.Ends {
			if started[end.Arn] {
				continue
			}
			began, err := dms.TestConnection(ctx, c.DMS, p.InstanceArn, end.Arn)
			if again(ctx, err, since) {
				return nil, err
			}
			if err != nil {
				ended[end.Arn] = dms.ConnectionTest{Ended: true, Message: err.Error()}
			}
			started[end.Arn] = began || err != nil
		}
		// DMS may show the earlier test until the new one has begun.
		if err := run.Wait(ctx, c.Real(testPause)); err != nil {
			return nil, err
		}
		tests, err := dms.ConnectionTests(ctx, c.DMS, p.InstanceArn)
		if again(ctx, err, since) {
			return nil, err
		}
		open := 0
		for _, end := range p.Ends {
			test, tested := tests[end.Arn]
			switch _, known := ended[end.Arn]; {
			case known:
			case err != nil:
				ended[end.Arn] = dms.ConnectionTest{Ended: true, Message: err.Error()}
			case started[end.Arn] && test.Ended:
				ended[end.Arn] = test
			default:
				open++
				// DMS refused another test while one was running. Its result counts: DMS begins one when an endpoint changes.
				started[end.Arn] = started[end.Arn] || tested && !test.Ended
			}
		}
		if open == 0 || time.Since(since) > c.Real(testTimeout) {
			return ended, nil
		}
	}
}

// again says that an error is no finding: the work is repeated.
func again(ctx context.Context, err error, since time.Time) bool {
	return err != nil && (ctx.Err() != nil || run.IsTransient(err) && time.Since(since) < retryTime/2)
}

// maxFound is the most characters that what was found has of an endpoint. An output of a stack takes 1024 bytes ("CloudFormation
// quotas").
const maxFound = 250

// describe says what was found, for people, and whether all endpoints were reached.
func describe(p contract.ConnectionProperties, found map[string]dms.ConnectionTest) (text string, reached bool) {
	var all []string
	reached = true
	for _, end := range p.Ends {
		one := found[end.Arn]
		reached = reached && one.Reached
		switch {
		case one.Reached:
			all = append(all, end.Name+": reached")
		case !one.Ended:
			all = append(all, fmt.Sprintf("%s: not known, because the test did not end within %.0f minutes", end.Name, testTimeout.Minutes()))
		default:
			all = append(all, end.Name+": NOT reached: "+cut(one.Message))
		}
	}
	return strings.Join(all, "; "), reached
}

// cut cuts a message of DMS. Its end says most: the error of Oracle or S3.
func cut(message string) string {
	letters := []rune(strings.TrimRight(message, ". \n"))
	if len(letters) <= maxFound {
		return string(letters)
	}
	return "... " + string(letters[len(letters)-maxFound:])
}

// tell sends people what was found.
func (c Connections) tell(ctx context.Context, text string) error {
	message := fmt.Sprintf("A deploy of department %s has tested the connections of its replication instance:\n\n%s\n\n"+
		"No run can work until this is mended: %s. Every run tests its connections again.\n", c.Department, text, whatToDo)
	_, err := c.Topic.Publish(ctx, &sns.PublishInput{
		TopicArn: &c.TopicARN, Message: &message, Subject: aws.String(fmt.Sprintf("oralake %s: a connection does not work", c.Department)),
	})
	if err != nil {
		return fmt.Errorf("send what the connection tests found: %w", err)
	}
	return nil
}
