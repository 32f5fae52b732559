package readers_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/oralake/oralake/internal/lake"
	"github.com/oralake/oralake/test/oracledb"
)

// longestRead is how long the longest read lasts. lake.readersMinutes of the department is more.
const longestRead = 55 * time.Minute

// slow lists and reads with a pause before each call, until its time is over.
type slow struct {
	lake.Objects
	r     *rand.Rand
	until time.Time
	pause time.Duration // the longest
}

func (s slow) wait() {
	if pause := time.Duration(s.r.Int64N(int64(s.pause))); time.Now().Add(pause).Before(s.until) {
		time.Sleep(pause)
	}
}

func (s slow) ListObjectsV2(ctx context.Context, in *s3.ListObjectsV2Input, o ...func(*s3.Options)) (*s3.ListObjectsV2Output, error) {
	s.wait()
	return s.Objects.ListObjectsV2(ctx, in, o...)
}

func (s slow) GetObject(ctx context.Context, in *s3.GetObjectInput, o ...func(*s3.Options)) (*s3.GetObjectOutput, error) {
	s.wait()
	return s.Objects.GetObject(ctx, in, o...)
}

// readers read the tables in loops until the life ends. Each remembers what it has seen. Every other one knows only the Data Catalog.
func (w *world) reader(number uint64, done <-chan struct{}) {
	find := resolve(w.byCatalog)
	if number%2 == 0 {
		find = w.byDocument
	}
	r := rand.New(rand.NewPCG(w.seed, number))
	seen := map[string]lake.Current{}
	for {
		select {
		case <-done:
			return
		case <-time.After(time.Duration(1 + r.Int64N(int64(20*time.Minute)))):
			w.read(r, find, tableName(r.IntN(tables)), seen)
		}
	}
}

// read resolves a table and reads all its rows.
func (w *world) read(r *rand.Rand, find resolve, table string, seen map[string]lake.Current) {
	before := seen[table]
	current, err := find(table)
	if errors.Is(err, lake.ErrNotPublished) && before.Version == 0 {
		return
	}
	if err != nil {
		w.torn("%s cannot be resolved: %v", table, err)
		return
	}
	seen[table] = current
	w.checkOrder(table, before, current)
	reader := w.Lake(w.outputs)
	budget := time.Duration(1 + r.Int64N(int64(longestRead)))
	reader.Objects = slow{w.objects(w.Objects), r, time.Now().Add(budget), max(1, budget/4)}
	got, err := reader.ReadCurrent(w.t.Context(), current)
	w.count(func(s *summary) { s.Reads++ })
	if err != nil {
		w.torn("%s at %s: %v", table, current.Location, err)
		return
	}
	w.checkRows(table, current, got)
	after, err := find(table)
	if err != nil {
		w.torn("%s cannot be resolved again: %v", table, err)
	}
	if after.Version != current.Version {
		w.count(func(s *summary) { s.AcrossSwitch++ })
	}
}

// checkOrder checks that readers never see an older snapshot again, unless a rollback has put it back.
func (w *world) checkOrder(table string, before, current lake.Current) {
	if current.Version < before.Version || current.Run < before.Run && !w.rolledBack(table, current.Run) {
		w.count(func(s *summary) { s.Backwards++ })
		w.violated("%s goes back from %+v to %+v", table, before, current)
	}
}

// rolledBack says that a run has put back the snapshot of another run.
func (w *world) rolledBack(table, run string) bool {
	for _, r := range w.TableRecords(w.outputs, schema+"."+table) {
		if r.Published != nil && r.Published.Status == "rolled back" && r.Published.Run == run {
			return true
		}
	}
	return false
}

// checkRows checks that the rows are those of one generation, and all of them.
func (w *world) checkRows(table string, current lake.Current, got *lake.Table) {
	generations := map[string]int{}
	for _, row := range got.Rows {
		generations[fmt.Sprint(row[1])]++
	}
	if len(generations) > 1 {
		w.count(func(s *summary) { s.Mixed++ })
		w.violated("%s at %s has rows of several generations: %v", table, current.Location, generations)
		return
	}
	var generation int
	for text := range generations {
		if _, err := fmt.Sscan(text, &generation); err != nil {
			w.t.Error(err)
		}
	}
	whole := generation > 0 && len(got.Rows) == rowsOf(w.number(table), generation)
	if len(got.Rows) == 0 {
		whole = current.Rows == 0
	}
	if !whole || int64(len(got.Rows)) != current.Rows {
		w.torn("%s at %s has %d rows of generation %d, and was published with %d", table, current.Location, len(got.Rows), generation, current.Rows)
	}
	if w.hadColumns(table, current) && len(got.Columns) != 3 {
		w.torn("%s at %s has the columns %v", table, current.Location, got.Columns)
	}
}

// hadColumns says that a snapshot, or one before it, has rows: then the columns of the table are known.
func (w *world) hadColumns(table string, current lake.Current) bool {
	for _, r := range w.TableRecords(w.outputs, schema+"."+table) {
		if r.Published != nil && r.Published.Changes() && r.Rows > 0 && r.Published.Run <= current.Run {
			return true
		}
	}
	return false
}

func (w *world) number(table string) (n int) {
	for n = range tables {
		if tableName(n) == table {
			return n
		}
	}
	panic("no such table: " + table)
}

// tableOf is a table as the harness takes it.
func tableOf(name string) oracledb.Table { return oracledb.Table{Schema: schema, Name: name} }
