package scenarios_test

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/oralake/oralake/internal/catalog"
	"github.com/oralake/oralake/internal/manifest"
	"github.com/oralake/oralake/internal/records"
	"github.com/oralake/oralake/test/harness"
	"github.com/oralake/oralake/test/oracledb"
)

// publisher changes the catalog of a department as runs do.
type publisher struct {
	*testAccount
	catalog.Catalog
	outputs harness.Outputs
}

func openPublisher(t *testing.T) *publisher {
	t.Helper()
	a := openAccount(t, sample(t))
	outputs := a.DeployTemplate(load(t, "sales"), []byte(edit(t, without("live-customers", "daily-orders", "daily-parts"))))
	documents := catalog.CurrentDocuments{Bucket: outputs["LakeBucket"], Lake: a.Objects}
	return &publisher{a, catalog.Catalog{
		Table: outputs["StatsTable"], Records: a.Records, Bucket: outputs["LakeBucket"], Lake: a.Objects,
		Keep: 2, Readers: time.Hour, Projections: []catalog.Projection{documents},
	}, outputs}
}

// as takes the lease of a job for an execution of that name, and returns it as a writer.
func (p *publisher) as(job, name string) catalog.Writer {
	p.t.Helper()
	execution := strings.Replace(p.outputs["StateMachineArn"], ":stateMachine:", ":execution:", 1) + ":" + name
	now := time.Now()
	if holder, err := records.Acquire(p.t.Context(), p.testAccount.Records, p.Table, job, execution, now); err != nil || holder.Execution != execution {
		p.t.Fatalf("the lease of %s is held by %s: %v", job, holder, err)
	}
	return catalog.Writer{Owner: records.Owner{Job: job, Execution: execution}, Execution: execution, Now: now}
}

func (p *publisher) release(w catalog.Writer) {
	p.t.Helper()
	if err := records.Release(p.t.Context(), p.testAccount.Records, p.Table, w.Owner.Job, w.Owner.Execution); err != nil {
		p.t.Fatal(err)
	}
}

var orders = []manifest.Table{{Schema: "SALES", Name: "ORDERS", TargetSchema: "SALES", TargetName: "ORDERS"}}

func nothingElse(_, _ catalog.Snapshot) ([]types.TransactWriteItem, error) { return nil, nil }

// publish claims and publishes a snapshot of SALES.ORDERS.
func (p *publisher) publish(w catalog.Writer, run string) (catalog.Publication, error) {
	p.t.Helper()
	if err := p.Claim(p.t.Context(), w, run, orders); err != nil {
		p.t.Fatal(err)
	}
	return p.Publish(p.t.Context(), w, "SALES.ORDERS", catalog.Snapshot{
		Run: run, Location: catalog.Location("SALES", "ORDERS", run), Format: "parquet", Rows: 1,
	}, nothingElse)
}

const (
	firstRun  = "20261201T020000Z"
	secondRun = "20261202T020000Z"
)

// An older run never replaces a newer snapshot, a repeated call changes nothing, and a run without the lease changes nothing.
func TestOlderAndLateRunsPublishNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := openPublisher(t)
		w := p.as("daily-orders", "second")
		if _, err := p.publish(w, secondRun); err != nil {
			t.Fatal(err)
		}
		if now, err := p.publish(w, secondRun); err != nil || now.Version != 1 {
			t.Errorf("a repeated call: %+v (%v), want version 1", now, err)
		}
		if now, err := p.publish(w, firstRun); !errors.Is(err, catalog.ErrOlder) || now.Current.Run != secondRun {
			t.Errorf("an older run: %+v (%v), want that it is older", now, err)
		}
		p.release(w)
		p.as("daily-orders", "third")
		_, err := p.Publish(t.Context(), w, "SALES.ORDERS", catalog.Snapshot{
			Run: "20261203T020000Z", Location: catalog.Location("SALES", "ORDERS", secondRun),
		}, nothingElse)
		if err == nil {
			t.Error("a run without the lease has published a snapshot that it has not claimed")
		}
		if now, _, err := p.Find(t.Context(), "SALES.ORDERS"); err != nil || now.Version != 1 {
			t.Errorf("published is %+v (%v), want version 1", now, err)
		}
	})
}

// Two runs never write to one folder: the second one finds the name taken.
func TestFolderIsClaimedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := openPublisher(t)
		w := p.as("daily-orders", "one")
		for range 2 {
			if err := p.Claim(t.Context(), w, firstRun, orders); err != nil {
				t.Fatal(err)
			}
		}
		if err := p.Claim(t.Context(), p.as("daily-parts", "other"), firstRun, orders); !errors.Is(err, catalog.ErrTaken) {
			t.Errorf("another run: %v, want that the name is taken", err)
		}
		late := catalog.Writer{Owner: records.Owner{Job: "daily-orders", Execution: "arn:late"}, Execution: "arn:late", Now: time.Now()}
		if err := p.Claim(t.Context(), late, secondRun, orders); !errors.Is(err, records.ErrLeaseLost) {
			t.Errorf("a run without the lease: %v, want that it has lost it", err)
		}
	})
}

// A call that comes late never shows readers an older version again. A document that a person has broken is written again.
func TestReadersNeverGoBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := openPublisher(t)
		w := p.as("daily-orders", "run")
		first, err := p.publish(w, firstRun)
		if err != nil {
			t.Fatal(err)
		}
		second, err := p.publish(w, secondRun)
		if err != nil {
			t.Fatal(err)
		}
		table := oracledb.Table{Schema: "SALES", Name: "ORDERS"}
		for _, shown := range []catalog.Publication{second, first, second} {
			if err := p.Show(t.Context(), shown); err != nil {
				t.Fatal(err)
			}
			if now := p.Current(p.outputs, table); now.Run != secondRun || now.Version != 2 {
				t.Errorf("after version %d readers see %+v, want version 2", shown.Version, now)
			}
		}
		p.Put(p.Bucket, "current/SALES/ORDERS.json", []byte("{"))
		if err := p.Show(t.Context(), second); err != nil {
			t.Fatal(err)
		}
		if now := p.Current(p.outputs, table); now.Run != secondRun {
			t.Errorf("after a broken document readers see %+v, want %s", now, secondRun)
		}
	})
}

// A folder that the run of another job may still load or publish is not deleted, however old it is: a deploy may have moved a table from
// one job to another.
func TestFolderOfALiveRunStays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := openPublisher(t)
		before := p.as("daily-parts", "before")
		if err := p.Claim(t.Context(), before, firstRun, orders); err != nil {
			t.Fatal(err)
		}
		file := catalog.Location("SALES", "ORDERS", firstRun) + "LOAD00000001.parquet"
		neighbour := "full/SALES__" + firstRun + "/ORDERS_OLD/LOAD00000001.parquet"
		p.Put(p.Bucket, file, []byte("loading"))
		p.Put(p.Bucket, neighbour, []byte("another table"))
		w := p.as("daily-orders", "after")
		now, err := p.publish(w, secondRun)
		if err != nil {
			t.Fatal(err)
		}
		clean := func(after time.Duration, want ...string) {
			t.Helper()
			time.Sleep(after)
			w.Now = time.Now()
			if err := p.Clean(t.Context(), w, "SALES.ORDERS", now); err != nil {
				t.Fatal(err)
			}
			got := p.files(p.outputs, "full/")
			if len(got) != len(want) {
				t.Errorf("files %v, want %v", got, want)
			}
		}
		clean(0, file, neighbour)
		clean(48*time.Hour, file, neighbour)
		p.release(before)
		clean(0, file, neighbour) // It has no use from now on.
		clean(59*time.Minute, file, neighbour)
		clean(time.Minute, neighbour)
	})
}
