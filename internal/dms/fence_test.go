package dms

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awsdms "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"
	"github.com/aws/aws-sdk-go-v2/service/databasemigrationservice/types"
	"github.com/google/go-cmp/cmp"
)

// fence is open until it has let some requests pass. It notes what it is told.
type fence struct {
	open      int
	announced []string
}

var errClosed = errors.New("the fence is closed")

func (f *fence) Check(context.Context) error {
	if f.open--; f.open < 0 {
		return errClosed
	}
	return nil
}

func (f *fence) Creating(_ context.Context, id string) {
	f.announced = append(f.announced, "create "+id)
}

func (f *fence) Starting(_ context.Context, arn string) {
	f.announced = append(f.announced, "start "+arn)
}

// unavailable answers every request with an error that the SDK retries, and notes the operations.
type unavailable struct{ requests []string }

func (u *unavailable) Do(r *http.Request) (*http.Response, error) {
	operation := r.Header.Get("X-Amz-Target")
	u.requests = append(u.requests, operation[strings.LastIndexByte(operation, '.')+1:])
	return &http.Response{StatusCode: http.StatusServiceUnavailable, Header: http.Header{}, Body: http.NoBody, Request: r}, nil
}

func fenced(f *fence) (*awsdms.Client, *unavailable) {
	u := &unavailable{}
	return awsdms.New(awsdms.Options{
		Region: "eu-central-1", HTTPClient: u,
		Retryer: aws.NopRetryer{},
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "a", SecretAccessKey: "b"}, nil
		}),
	}, WithFence(f)), u
}

// A closed fence lets no request pass that changes a task, and every request that only reads.
func TestClosedFence(t *testing.T) {
	ctx, arn := t.Context(), aws.String("arn:task")
	f := &fence{}
	client, u := fenced(f)
	for name, call := range map[string]func() error{
		"CreateReplicationTask": func() error {
			_, err := client.CreateReplicationTask(ctx, &awsdms.CreateReplicationTaskInput{
				ReplicationTaskIdentifier: aws.String("daily-1"), MigrationType: types.MigrationTypeValueFullLoad, TableMappings: arn,
				SourceEndpointArn: arn, TargetEndpointArn: arn, ReplicationInstanceArn: arn,
			})
			return err
		},
		"StartReplicationTask": func() error {
			_, err := client.StartReplicationTask(ctx, &awsdms.StartReplicationTaskInput{
				ReplicationTaskArn: arn, StartReplicationTaskType: types.StartReplicationTaskTypeValueStartReplication,
			})
			return err
		},
		"StopReplicationTask": func() error {
			_, err := client.StopReplicationTask(ctx, &awsdms.StopReplicationTaskInput{ReplicationTaskArn: arn})
			return err
		},
		"DeleteReplicationTask": func() error {
			_, err := client.DeleteReplicationTask(ctx, &awsdms.DeleteReplicationTaskInput{ReplicationTaskArn: arn})
			return err
		},
		"ModifyReplicationTask": func() error {
			_, err := client.ModifyReplicationTask(ctx, &awsdms.ModifyReplicationTaskInput{ReplicationTaskArn: arn})
			return err
		},
		"ReloadTables": func() error {
			_, err := client.ReloadTables(ctx, &awsdms.ReloadTablesInput{ReplicationTaskArn: arn, TablesToReload: []types.TableToReload{}})
			return err
		},
		"AddTagsToResource": func() error {
			_, err := client.AddTagsToResource(ctx, &awsdms.AddTagsToResourceInput{ResourceArn: arn, Tags: []types.Tag{}})
			return err
		},
	} {
		if err := call(); !errors.Is(err, errClosed) {
			t.Errorf("%s: error %v, want that of the fence", name, err)
		}
		if !slices.Contains(changingCalls, name) {
			t.Errorf("%s is not in changingCalls", name)
		}
	}
	if len(u.requests) != 0 {
		t.Errorf("requests %v passed a closed fence", u.requests)
	}
	slices.Sort(f.announced)
	if diff := cmp.Diff([]string{"create daily-1", "start arn:task"}, f.announced); diff != "" {
		t.Errorf("announced (-want +got):\n%s", diff)
	}
	if _, err := client.DescribeReplicationTasks(ctx, &awsdms.DescribeReplicationTasksInput{}); errors.Is(err, errClosed) || len(u.requests) != 1 {
		t.Errorf("a request that reads: error %v, requests %v", err, u.requests)
	}
}

// The fence is checked before every attempt: between two attempts the run may have lost its lease.
func TestFenceIsCheckedBeforeEachAttempt(t *testing.T) {
	f := &fence{open: 2}
	client, u := fenced(f)
	retryer := retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts = 10
		o.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return 0, nil })
	})
	_, err := client.DeleteReplicationTask(t.Context(), &awsdms.DeleteReplicationTaskInput{ReplicationTaskArn: aws.String("arn:task")},
		func(o *awsdms.Options) { o.Retryer = retryer })
	if !errors.Is(err, errClosed) || len(u.requests) != 2 {
		t.Errorf("error %v after %d requests, want that of the fence after 2", err, len(u.requests))
	}
}
