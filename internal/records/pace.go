package records

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// Pace says how long the parts of a full-load job's last runs took. It is one item of the job, so that a run learns it by one read.
type Pace struct {
	Key
	// Tables identifies the tables of the runs. A run of other tables learns nothing from them.
	Tables string `dynamodbav:"tables"`
	// LastRun is the sort key of the latest of the runs: the records of its tables say how large each was, and how long it took.
	LastRun string `dynamodbav:"lastRun"`
	// Runs are the last runs that succeeded, at most maxPaceRuns, the newest first.
	Runs      []RunPace `dynamodbav:"runs"`
	ExpiresAt int64     `dynamodbav:"expiresAt"`
}

// RunPace says how long the parts of one run took, in seconds.
type RunPace struct {
	// Creating is from the creation of the tasks until the run saw all of them ready, Deleting from their deletion until it saw none.
	Creating int `dynamodbav:"creating"`
	Deleting int `dynamodbav:"deleting"`
	// Loading is from the start of the tasks to the end of the last one, as DMS reports it.
	Loading int `dynamodbav:"loading"`
	// Packed says that the run had packed its tables by what runs before had measured.
	Packed bool `dynamodbav:"packed,omitempty"`
}

const paceKey = "PACE"

// maxPaceRuns is how many runs a Pace has: a week of nights but its weekend.
const maxPaceRuns = 5

// FindPace reads the pace of a job. It has no runs if none of these tables has succeeded.
func FindPace(ctx context.Context, api Reader, tableName, job, tables string) (Pace, error) {
	p := Pace{Key: Key{PK: JobKey(job), SK: paceKey}}
	out, err := api.GetItem(ctx, &dynamodb.GetItemInput{TableName: &tableName, ConsistentRead: aws.Bool(true), Key: keyItem(p.Key)})
	if err == nil {
		err = attributevalue.UnmarshalMap(out.Item, &p)
	}
	if err != nil {
		return Pace{}, fmt.Errorf("read how long the last runs of job %s took: %w", job, err)
	}
	if p.Tables != tables {
		p = Pace{Key: p.Key, Tables: tables}
	}
	return p, nil
}

// Add adds a run, whose record has the sort key run.
func (p *Pace) Add(run string, took RunPace) {
	p.LastRun = run
	p.Runs = append([]RunPace{took}, p.Runs...)
	p.Runs = p.Runs[:min(len(p.Runs), maxPaceRuns)]
}

// Shortest is the shortest that each part took in the runs; zero without runs.
func (p Pace) Shortest() (shortest RunPace) {
	for i, r := range p.Runs {
		if i == 0 {
			shortest = r
			continue
		}
		shortest.Creating, shortest.Deleting = min(shortest.Creating, r.Creating), min(shortest.Deleting, r.Deleting)
		shortest.Loading = min(shortest.Loading, r.Loading)
	}
	return shortest
}

// WritePace writes the pace of a job, while its run holds the lease. It expires days after now.
func WritePace(ctx context.Context, api Transactor, tableName string, owner Owner, p Pace, now time.Time, days int) error {
	p.ExpiresAt = now.AddDate(0, 0, days).Unix()
	item, err := attributevalue.MarshalMap(p)
	if err == nil {
		put := types.TransactWriteItem{Put: &types.Put{TableName: &tableName, Item: item}}
		err = WriteFenced(ctx, api, tableName, owner, []types.TransactWriteItem{put})
	}
	if err != nil {
		return fmt.Errorf("note how long the run of job %s took: %w", owner.Job, err)
	}
	return nil
}
