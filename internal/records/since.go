package records

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// RunsSince reads the records of a job's runs that started at a time or later: the newest, at most n, the oldest of them first.
func RunsSince(ctx context.Context, api Querier, tableName, job string, from time.Time, n int) ([]Run, error) {
	runs, err := since[Run](ctx, api, tableName, JobKey(job), from, n)
	if err != nil {
		return nil, fmt.Errorf("read the runs of job %s since %s: %w", job, from.UTC().Format(time.RFC3339), err)
	}
	return runs, nil
}

// TaskSince reads the records of a replication task, given by its identifier, in the runs that started at a time or later: the newest,
// at most n, the oldest of them first.
func TaskSince(ctx context.Context, api Querier, tableName, task string, from time.Time, n int) ([]Task, error) {
	tasks, err := since[Task](ctx, api, tableName, TaskKey(task), from, n)
	if err != nil {
		return nil, fmt.Errorf("read the records of task %s since %s: %w", task, from.UTC().Format(time.RFC3339), err)
	}
	return tasks, nil
}

// since reads the items of a partition that belong to runs which started at a time or later: the newest, at most n, the oldest of them
// first.
func since[T any](ctx context.Context, api Querier, tableName, partition string, from time.Time, n int) ([]T, error) {
	all, err := newest[T](ctx, api, tableName, partition, RunKey(from, ""), n)
	slices.Reverse(all)
	return all, err
}
