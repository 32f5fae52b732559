package run

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/oralake/oralake/internal/contract"
	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/dms"
	"github.com/oralake/oralake/internal/manifest"
	"github.com/oralake/oralake/internal/records"
)

// Health writes how the jobs of a department are to CloudWatch, where alarms watch it.
type Health struct {
	Stack, Table string
	InstanceName string // the identifier of the replication instance
	Records      records.WatchStore
	Metrics      MetricStore
}

// MetricStore reads and writes metrics of CloudWatch.
type MetricStore interface {
	dms.MetricReader
	PutMetricData(context.Context, *cloudwatch.PutMetricDataInput, ...func(*cloudwatch.Options)) (*cloudwatch.PutMetricDataOutput, error)
}

// maxMetricData is the most values that one call of PutMetricData takes.
const maxMetricData = 1000

// Write writes for each job how long ago it succeeded, and for each job that follows changes how far its task is behind.
func (h Health) Write(ctx context.Context, m *manifest.Manifest, tasks []dms.OwnedTask) error {
	now := time.Now()
	var data []types.MetricDatum
	for _, job := range m.Jobs {
		w, err := records.Look(ctx, h.Records, h.Table, job.Name, now)
		if err != nil {
			return err
		}
		data = append(data, h.datum(job.Name, contract.MetricHoursSinceSuccess, w.SinceSuccess(now).Hours(), types.StandardUnitNone))
	}
	behind, err := h.latencies(ctx, m, tasks)
	if err != nil {
		return err
	}
	for chunk := range slices.Chunk(append(data, behind...), maxMetricData) {
		if _, err := h.Metrics.PutMetricData(ctx, &cloudwatch.PutMetricDataInput{
			Namespace: aws.String(contract.MetricNamespace), MetricData: chunk,
		}); err != nil {
			return fmt.Errorf("write metrics to CloudWatch: %w", err)
		}
	}
	return nil
}

// latencies returns how far the tasks that follow changes are behind. A task that loads its tables is not behind. One of which
// CloudWatch has no value, such as one that does not run, gets none: its alarms take that for a delay.
func (h Health) latencies(ctx context.Context, m *manifest.Manifest, tasks []dms.OwnedTask) ([]types.MetricDatum, error) {
	following := map[string]dms.OwnedTask{} // by job
	var arns []string
	for _, task := range tasks {
		job, exists := m.Job(task.Job)
		if exists && task.Type.Continuous() && task.ID == TaskID(h.Stack, job.Tasks[0]) {
			following[job.Name] = task
			arns = append(arns, task.ARN)
		}
	}
	found, err := dms.Latencies(ctx, h.Metrics, h.InstanceName, arns)
	if err != nil {
		return nil, err
	}
	var data []types.MetricDatum
	for _, job := range m.Jobs {
		task, exists := following[job.Name]
		latency := found[task.ARN]
		if exists && task.Type == department.FullLoadAndCDC && task.Percent < 100 && task.IsRunning() {
			latency = dms.Latency{Source: new(0.0), Target: new(0.0)}
		}
		for metric, value := range map[string]*float64{contract.MetricSourceLatency: latency.Source, contract.MetricTargetLatency: latency.Target} {
			if value != nil {
				data = append(data, h.datum(job.Name, metric, *value, types.StandardUnitSeconds))
			}
		}
	}
	return data, nil
}

func (h Health) datum(job, metric string, value float64, unit types.StandardUnit) types.MetricDatum {
	return types.MetricDatum{
		MetricName: &metric, Value: &value, Unit: unit,
		Dimensions: []types.Dimension{
			{Name: aws.String(contract.DimensionStack), Value: &h.Stack}, {Name: aws.String(contract.DimensionJob), Value: &job},
		},
	}
}
