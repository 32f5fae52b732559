package dms

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsdms "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"
	"github.com/aws/aws-sdk-go-v2/service/databasemigrationservice/types"
)

// InstanceWatcher describes a replication instance and its events.
type InstanceWatcher interface {
	DescribeReplicationInstances(context.Context, *awsdms.DescribeReplicationInstancesInput, ...func(*awsdms.Options)) (*awsdms.DescribeReplicationInstancesOutput, error)
	DescribeEvents(context.Context, *awsdms.DescribeEventsInput, ...func(*awsdms.Options)) (*awsdms.DescribeEventsOutput, error)
}

// Instance is a replication instance.
type Instance struct {
	Name   string `json:"name"`   // identifier; empty if DMS does not know the instance
	Status string `json:"status"` // such as "available" or "rebooting"
}

// available is the only status of an instance in which its tasks can be judged.
const available = "available"

// IsAvailable says that the instance works. During maintenance, a reboot or a failover it does not: DMS stops its tasks then and
// starts most of them again by itself.
func (i Instance) IsAvailable() bool { return i.Status == available }

// changing are the statuses in which DMS works on an instance (API_ReplicationInstance, ReplicationInstanceStatus), and that of a
// failover, which is not documented. They end by themselves. An instance with full storage is not among them: people change it.
var changing = []string{"creating", "modifying", "rebooting", "upgrading", "maintenance", "failing-over", "resetting-master-credentials"}

// IsChanging says that DMS works on the instance. It does not modify the instance meanwhile (API_ModifyReplicationInstance,
// InvalidResourceStateFault).
func (i Instance) IsChanging() bool { return slices.Contains(changing, i.Status) }

// DescribeInstance describes a replication instance.
func DescribeInstance(ctx context.Context, api InstanceWatcher, arn string) (Instance, error) {
	out, err := api.DescribeReplicationInstances(ctx, &awsdms.DescribeReplicationInstancesInput{
		Filters: []types.Filter{{Name: aws.String("replication-instance-arn"), Values: []string{arn}}},
	})
	if isNotFound(err) || err == nil && len(out.ReplicationInstances) == 0 {
		return Instance{Status: "not found"}, nil
	}
	if err != nil {
		return Instance{}, fmt.Errorf("describe the replication instance: %w", err)
	}
	i := out.ReplicationInstances[0]
	return Instance{aws.ToString(i.ReplicationInstanceIdentifier), aws.ToString(i.ReplicationInstanceStatus)}, nil
}

// mereNotice is the only category of instance events that says nothing of an outage (CHAP_Events, "low storage").
const mereNotice = "low storage"

// HadOutage says that DMS reports an event of the instance since a time, such as maintenance, a reboot or a failover. DMS does not
// promise to report every event.
func HadOutage(ctx context.Context, api InstanceWatcher, name string, since time.Time) (bool, error) {
	pages := awsdms.NewDescribeEventsPaginator(api, &awsdms.DescribeEventsInput{
		SourceIdentifier: &name, SourceType: types.SourceTypeReplicationInstance, StartTime: &since,
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return false, fmt.Errorf("describe the events of replication instance %s: %w", name, err)
		}
		for _, event := range page.Events {
			if !slices.Contains(event.EventCategories, mereNotice) {
				return true, nil
			}
		}
	}
	return false, nil
}
