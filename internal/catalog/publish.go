package catalog

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/oralake/oralake/internal/records"
)

// Also returns writes that take effect together with the publication of a snapshot, and only then. before is what readers saw until now:
// the zero Snapshot if nothing was published.
type Also func(before, now Snapshot) ([]types.TransactWriteItem, error)

// ErrOlder says that a newer snapshot of the table was published already.
var ErrOlder = errors.New("a newer snapshot is published already")

// ErrNoPrevious says that a rollback has nothing to put back.
var ErrNoPrevious = errors.New("the lake keeps no earlier snapshot of it: load the table again instead, or raise lake.keepSnapshots " +
	"for the next time")

// errUnclaimed says that a run publishes a folder that it has not claimed.
var errUnclaimed = errors.New("the run has not claimed its folder: this is a defect of oralake")

// Publish publishes a snapshot of a table, SCHEMA.TABLE in the lake, that the run has loaded and proven. It returns what is published
// after the call. A snapshot without rows has no files: it gets the columns of the snapshot before. A repeated call changes nothing,
// also after a rollback. It returns ErrOlder if a newer snapshot was published.
func (c Catalog) Publish(ctx context.Context, w Writer, table string, s Snapshot, also Also) (Publication, error) {
	for range changeAttempts {
		p, found, err := c.Find(ctx, table)
		switch {
		case err != nil:
			return Publication{}, err
		case found && s.Run == p.Newest:
			return p, nil
		case found && s.Run < p.Newest:
			return p, fmt.Errorf("publish table %s of run %s: %w: of run %s", table, s.Run, ErrOlder, p.Newest)
		}
		if s.Rows == 0 && len(s.Columns) == 0 {
			s.Columns = p.Current.Columns
		}
		next := p
		next.Previous = nil
		if found {
			next.Previous = append([]Kept{{Run: p.Current.Run, Location: p.Current.Location}}, p.Previous...)
		}
		next.Previous = next.Previous[:min(len(next.Previous), max(0, c.Keep-1))]
		next.Current, next.Newest = s, s.Run
		release, err := c.release(ctx, table, s.Run)
		if err != nil {
			return Publication{}, err
		}
		if next, err = c.change(ctx, w, table, p, next, release, also); !errors.Is(err, records.ErrCondition) {
			return next, err
		}
	}
	return Publication{}, fmt.Errorf("publish table %s of run %s: %w: %w", table, s.Run, errBusy, records.ErrConflict)
}

// Rollback puts back the snapshot of a table, SCHEMA.TABLE in the lake, that was published before the present one. The present one
// cannot be put back again. A repeated call of the same run changes nothing. It returns ErrNoPrevious if there is none.
func (c Catalog) Rollback(ctx context.Context, w Writer, table string, also Also) (Publication, error) {
	for range changeAttempts {
		p, found, err := c.Find(ctx, table)
		switch {
		case err != nil:
			return Publication{}, err
		case found && p.Execution == w.Execution:
			return p, nil
		case len(p.Previous) == 0:
			return p, fmt.Errorf("roll back table %s: %w", table, ErrNoPrevious)
		}
		var before claim
		if _, err := c.get(ctx, claimKey(table, p.Previous[0].Run), &before); err != nil {
			return Publication{}, fmt.Errorf("roll back table %s: %w", table, err)
		}
		if before.Published == nil {
			return p, fmt.Errorf("roll back table %s: nothing says what the snapshot of run %s has: %w", table, p.Previous[0].Run, ErrNoPrevious)
		}
		next := p
		next.Current, next.Previous = *before.Published, slices.Clone(p.Previous[1:])
		if next, err = c.change(ctx, w, table, p, next, nil, also); !errors.Is(err, records.ErrCondition) {
			return next, err
		}
	}
	return Publication{}, fmt.Errorf("roll back table %s: %w: %w", table, errBusy, records.ErrConflict)
}

// change replaces the publication that was read by the next one, and makes more writes, while the run holds its lease. It returns records.ErrCondition if
// another call has changed the publication since.
func (c Catalog) change(
	ctx context.Context, w Writer, table string, read, next Publication, more []types.TransactWriteItem, also Also,
) (Publication, error) {
	failed := func(err error) (Publication, error) {
		return Publication{}, fmt.Errorf("publish table %s of run %s: %w", table, next.Current.Run, err)
	}
	next.Key, next.Table, next.Version = Key(table), table, read.Version+1
	next.Job, next.Execution, next.ChangedAt = w.Owner.Job, w.Execution, w.Now
	condition, values := "attribute_not_exists(pk)", map[string]types.AttributeValue(nil)
	if read.Version > 0 {
		condition = "version = :read"
		values = map[string]types.AttributeValue{":read": &types.AttributeValueMemberN{Value: strconv.Itoa(read.Version)}}
	}
	published, err := c.put(next, condition, values)
	if err != nil {
		return failed(err)
	}
	var made claim
	if found, err := c.get(ctx, claimKey(table, next.Current.Run), &made); err != nil {
		return failed(err)
	} else if !found || made.Location != next.Current.Location {
		return failed(errUnclaimed)
	}
	made.Published = &next.Current
	claimed, err := c.put(made, "attribute_exists(pk)", nil)
	if err != nil {
		return failed(err)
	}
	writes, err := also(read.Current, next.Current)
	if err != nil {
		return failed(err)
	}
	writes = append(append(writes, published, claimed), more...)
	if err := records.WriteFenced(ctx, c.Records, c.Table, w.Owner, writes); err != nil {
		return failed(err)
	}
	return next, nil
}
