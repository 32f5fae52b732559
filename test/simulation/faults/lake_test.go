package faults_test

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/glue"

	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/lake"
	"github.com/oralake/oralake/internal/records"
)

// readCurrent returns which snapshot of a table readers see, and the number of rows in its files.
func (w *world) readCurrent(d int, t department.Table) (lake.Current, int64, error) {
	reader := w.Lake(w.outputs[d])
	current, err := reader.Current(w.t.Context(), t.Schema, t.Name)
	if err != nil {
		return current, 0, err
	}
	found, err := reader.Inventory(w.t.Context(), strings.TrimPrefix(current.Location, "s3://"+w.outputs[d]["LakeBucket"]+"/"))
	return current, found.Rows, err
}

// inCatalog returns the location of a table in the Data Catalog; empty if it is not there.
func (w *world) inCatalog(database string, t department.Table) string {
	out, err := glue.NewFromConfig(w.Admin()).GetTable(w.t.Context(), &glue.GetTableInput{
		DatabaseName: &database, Name: aws.String(department.CatalogName(t.Name)),
	})
	if err != nil {
		return ""
	}
	return aws.ToString(out.Table.StorageDescriptor.Location)
}

// readers watches what readers see until the faults end: at any moment, it is the whole of one load that a run has called good.
func (w *world) readers(until time.Time) {
	versions := map[string]int{}
	r := w.plan.dice.throw("readers")
	for time.Now().Before(until) {
		time.Sleep(between(r, time.Second, 40*time.Minute))
		w.checkReaders(versions)
	}
}

// checkReaders checks what readers see of every table now. versions has the versions that they saw before.
func (w *world) checkReaders(versions map[string]int) {
	for d, dep := range w.plan.departments {
		for _, j := range dep.Jobs {
			if !leavesRows(j) {
				continue
			}
			for _, t := range j.Tables {
				current, rows, err := w.readCurrent(d, t)
				if errors.Is(err, lake.ErrNotPublished) && versions[dep.Name+t.String()] == 0 {
					continue
				}
				problem := ""
				switch {
				case err != nil:
					problem = err.Error()
				case rows != current.Rows:
					problem = fmt.Sprintf("its files have %d rows, and it was published with %d", rows, current.Rows)
				case current.Version < versions[dep.Name+t.String()]:
					problem = fmt.Sprintf("readers have seen version %d before", versions[dep.Name+t.String()])
				default:
					problem = w.notWhole(d, t, current)
				}
				if problem != "" {
					w.violated(torn, "readers of %s see %+v: %s", t, current, problem)
				}
				versions[dep.Name+t.String()] = current.Version
			}
		}
	}
}

// notWhole returns why a snapshot that readers see is not the whole of one load; empty if it is.
func (w *world) notWhole(d int, t department.Table, current lake.Current) string {
	for _, record := range w.TableRecords(w.outputs[d], t.String()) {
		if s := record.Snapshot; record.Good && s != nil && s.Run == current.Run && record.Rows == current.Rows {
			return ""
		}
	}
	return "no run has called this load good"
}

// neverPublished returns why the snapshot that a run has put back was not published before; empty if it was.
func (w *world) neverPublished(d int, record records.Table) string {
	for _, before := range w.TableRecords(w.outputs[d], record.Table) {
		p := before.Published
		if p != nil && p.Status == records.PublishedNow && p.Run == record.Published.Run && before.SK < record.SK && before.Rows == record.Rows {
			return ""
		}
	}
	return "no run before has published the snapshot that it has put back"
}
