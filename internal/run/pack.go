package run

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/aws/smithy-go"

	"github.com/oralake/oralake/internal/documents"
	"github.com/oralake/oralake/internal/manifest"
	"github.com/oralake/oralake/internal/records"
)

// learn reads what the last runs of the job say: how long its parts take, and how much work each table is. It packs the tables by that.
// A run that cannot learn does without: it loads the tables as the file has them, and looks more often.
func (c Create) learn(ctx context.Context, log *slog.Logger, doc *Document) {
	if doc.Pace.Learned || len(doc.Request.Tables) > 0 {
		return
	}
	doc.Pace.Learned = true
	if err := c.learnFrom(ctx, log, doc); err != nil {
		log.Warn("the run does not know how long its job takes", "task", "", "reason", err.Error())
	}
}

// PaceTables identifies the tables of a job: see records.Pace.
func PaceTables(job manifest.Job) string { return hashNames(tableNames(job)) }

func (c Create) learnFrom(ctx context.Context, log *slog.Logger, doc *Document) error {
	job, err := LoadJob(ctx, c.Documents, doc.Manifest, doc.Request)
	if err != nil {
		return err
	}
	names := tableNames(job)
	doc.Pace.Tables = PaceTables(job)
	pace, err := records.FindPace(ctx, c.Records, c.Table, job.Name, doc.Pace.Tables)
	if err != nil || len(pace.Runs) == 0 {
		return err
	}
	doc.Pace.Shortest = pace.Shortest()
	loads, err := records.FindLoads(ctx, c.Records, c.Table, pace.LastRun, names)
	if err != nil || len(names) == 1 {
		return err
	}
	packed, err := job.Packed(weigh(loads))
	if err != nil {
		return err
	}
	own := RunObjectAddress(c.LakeBucket, doc, "manifest.json")
	if err := documents.Write(ctx, c.Documents, own, manifest.Manifest{Department: c.Department, Jobs: []manifest.Job{packed}}); err != nil {
		return err
	}
	doc.Pace.Unpacked = doc.Manifest
	doc.Manifest, doc.Pace.Packed = own, true
	if !pace.Runs[0].Packed {
		doc.Pace.Shortest.Loading = int(firstPacked * float64(doc.Pace.Shortest.Loading))
	}
	log.Info("packed the tables by their last loads", "task", "", "tables", len(names), "known", len(loads), "loadSeconds", doc.Pace.Shortest.Loading)
	return nil
}

// firstPacked is the part of the time of an unpacked load that the first packed one takes at least.
const firstPacked = 0.75

// isInvalid says that DMS has refused a request because of what it says, and not because of anything that may pass. The API's model does
// not have this fault.
func isInvalid(err error) bool {
	var fault smithy.APIError
	return errors.As(err, &fault) && strings.HasPrefix(fault.ErrorCode(), "InvalidParameter")
}

// tableNames are the tables of a job, SCHEMA.TABLE.
func tableNames(job manifest.Job) (names []string) {
	for _, task := range job.Tasks {
		for _, t := range task.Tables {
			names = append(names, t.String())
		}
	}
	return names
}

// hashNames identifies a list of tables, in any order.
func hashNames(names []string) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%q", slices.Sorted(slices.Values(names))))
	return hex.EncodeToString(sum[:8])
}

// weighedTime is how long a load must take to say something about the speed of loads.
const weighedTime = 10 * time.Second

// weigh returns how much work the loads of tables are, in bytes. Bytes say more than the time of a load, which depends on what else is
// loaded then. But a table that takes long for its bytes, such as a view, weighs as many bytes as the usual load moves in that time.
func weigh(loads map[string]records.Load) map[string]float64 {
	var rates []float64
	for _, l := range loads {
		if l.Bytes > 0 && l.Took >= weighedTime {
			rates = append(rates, float64(l.Bytes)/l.Took.Seconds())
		}
	}
	usual := 0.0
	if len(rates) > 0 {
		slices.Sort(rates)
		usual = rates[len(rates)/2]
	}
	weights := map[string]float64{}
	for name, l := range loads {
		weights[name] = max(float64(l.Bytes), usual*l.Took.Seconds())
	}
	return weights
}
