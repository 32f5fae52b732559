package deploy

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/cfn"
	"github.com/aws/aws-sdk-go-v2/aws"
	awsdms "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"
	"github.com/aws/aws-sdk-go-v2/service/databasemigrationservice/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/smithy-go"

	"github.com/oralake/oralake/internal/contract"
)

// tester is DMS, as far as connection tests go.
type tester struct {
	begin  map[string]error  // of TestConnection, by the ARN of the endpoint
	status map[string]string // of the test, by the ARN of the endpoint; default successful
	reason string            // of a failed test
	begun  []string
}

func (f *tester) TestConnection(
	_ context.Context, in *awsdms.TestConnectionInput, _ ...func(*awsdms.Options),
) (*awsdms.TestConnectionOutput, error) {
	f.begun = append(f.begun, *in.EndpointArn)
	return &awsdms.TestConnectionOutput{}, f.begin[*in.EndpointArn]
}

func (f *tester) DescribeConnections(
	context.Context, *awsdms.DescribeConnectionsInput, ...func(*awsdms.Options),
) (*awsdms.DescribeConnectionsOutput, error) {
	out := &awsdms.DescribeConnectionsOutput{}
	for _, arn := range []string{"s", "l"} {
		status := f.status[arn]
		if status == "" {
			status = "successful"
		}
		out.Connections = append(out.Connections, types.Connection{EndpointArn: &arn, Status: &status, LastFailureMessage: &f.reason})
	}
	return out, nil
}

// topic counts messages.
type topic struct {
	err  error
	sent int
}

func (f *topic) Publish(context.Context, *sns.PublishInput, ...func(*sns.Options)) (*sns.PublishOutput, error) {
	f.sent++
	return &sns.PublishOutput{}, f.err
}

func TestConnectionsSayWhatTheyFind(t *testing.T) {
	denied := &smithy.GenericAPIError{Code: "AccessDeniedFault", Message: "not allowed"}
	busy := &types.InvalidResourceStateFault{Message: aws.String("the instance is modifying")}
	long := strings.Repeat("Application-Detailed-Message ", 100) + "ORA-12541: TNS:no listener"
	for name, test := range map[string]struct {
		dms     tester
		topic   topic
		require bool
		found   string
		fails   string
		sent    int
		after   time.Duration
	}{
		"both reached": {found: "source: reached; lake: reached", after: testPause},
		"source not reached": {
			dms: tester{status: map[string]string{"s": "failed"}, reason: "ORA-12541: TNS:no listener."}, sent: 1, after: testPause,
			found: "source: NOT reached: ORA-12541: TNS:no listener; lake: reached",
		},
		"nobody can be told": {
			dms: tester{status: map[string]string{"l": "failed"}, reason: "Access Denied"}, topic: topic{err: denied}, sent: 1, after: testPause,
			found: "source: reached; lake: NOT reached: Access Denied",
		},
		"required, and not reached": {
			dms: tester{status: map[string]string{"s": "failed"}, reason: "ORA-12541"}, require: true, after: testPause,
			fails: "source.check: require: source: NOT reached: ORA-12541; lake: reached; check the secret",
		},
		"required, and reached": {require: true, found: "source: reached; lake: reached", after: testPause},
		"not allowed to test": {
			dms: tester{begin: map[string]error{"s": denied}}, sent: 1, after: testPause,
			found: "source: NOT reached: test connection of endpoint s: api error AccessDeniedFault: not allowed; lake: reached",
		},
		"a test without an end": {
			dms: tester{status: map[string]string{"s": "testing"}}, sent: 1, after: testTimeout + testPause,
			found: "source: not known, because the test did not end within 10 minutes; lake: reached",
		},
		"DMS never begins": {
			dms: tester{begin: map[string]error{"l": busy}}, sent: 1, after: testTimeout + testPause,
			found: "source: reached; lake: not known, because the test did not end within 10 minutes",
		},
		"a test that was running already": {
			dms: tester{begin: map[string]error{"s": busy}, status: map[string]string{"s": "testing"}}, sent: 1, after: testTimeout + testPause,
			found: "source: not known, because the test did not end within 10 minutes; lake: reached",
		},
		"a long message": {
			dms: tester{status: map[string]string{"s": "failed", "l": "failed"}, reason: long}, sent: 1, after: testPause,
			found: "source: NOT reached: ... " + long[len(long)-maxFound:] + "; lake: NOT reached: ... " + long[len(long)-maxFound:],
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := Connections{Log: slog.New(slog.DiscardHandler), DMS: &test.dms, Topic: &test.topic, TopicARN: "topic"}
				c.Department, c.Pace = "sales", 1
				properties := map[string]any{"Stack": "oralake-sales", "InstanceArn": "i", "Ends": []any{
					map[string]any{"Name": "source", "Arn": "s"}, map[string]any{"Name": "lake", "Arn": "l"},
				}}
				if test.require {
					properties["Require"] = "true"
				}
				began := time.Now()
				answer, err := c.work(t.Context(), Request{Event: cfn.Event{RequestType: cfn.RequestCreate, ResourceProperties: properties}, Since: began})
				switch {
				case test.fails != "":
					if err == nil || !strings.Contains(err.Error(), test.fails) {
						t.Errorf("error %v, want %q", err, test.fails)
					}
				case err != nil:
					t.Errorf("error %v", err)
				case answer.Attributes[contract.ConnectionsFound] != test.found:
					t.Errorf("found %q, want %q", answer.Attributes[contract.ConnectionsFound], test.found)
				}
				if answer.PhysicalID != "oralake-sales-connections" || test.topic.sent != test.sent {
					t.Errorf("resource %s, %d messages, want %d", answer.PhysicalID, test.topic.sent, test.sent)
				}
				if took := time.Since(began); took != test.after {
					t.Errorf("it took %s, want %s", took, test.after)
				}
				if text, _ := answer.Attributes[contract.ConnectionsFound].(string); len(text) > 1024 {
					t.Errorf("the output has %d bytes, and CloudFormation takes 1024", len(text))
				}
			})
		})
	}
}

// A call that comes before the results are there does not answer: the next one tests again. A throttled test is no finding.
func TestConnectionsAreRepeated(t *testing.T) {
	throttled := &smithy.GenericAPIError{Code: "ThrottlingException"}
	synctest.Test(t, func(t *testing.T) {
		c := Connections{Log: slog.New(slog.DiscardHandler), DMS: &tester{begin: map[string]error{"s": throttled}}}
		p := contract.ConnectionProperties{Ends: []contract.ConnectionEnd{{Name: "source", Arn: "s"}}}
		if _, err := c.test(t.Context(), p, time.Now()); !errors.Is(err, throttled) {
			t.Errorf("error %v, want %v", err, throttled)
		}
		if found, err := c.test(t.Context(), p, time.Now().Add(-retryTime)); err != nil || found["s"].Reached || !found["s"].Ended {
			t.Errorf("at last it is found that %+v, %v", found, err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		c.DMS = &tester{}
		if _, err := c.test(ctx, p, time.Now()); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v, want that of the context", err)
		}
	})
}
