package dms

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"time"

	"github.com/oralake/oralake/test/aws/gateway"
	"github.com/oralake/oralake/test/oracledb"
)

// position is where the capture of changes begins: after an SCN, or at a time, or, of the zero position, now.
type position struct {
	given string // as CdcStartPosition has it
	scn   int64
	at    time.Time
}

// checkpoint words an SCN up to which everything is at the target. What AWS's own numbers around it mean is not public.
func checkpoint(scn int64) string { return fmt.Sprintf("checkpoint:V1#1#%d#0#0#*#0#0", scn) }

var (
	checkpointForm = regexp.MustCompile(`^checkpoint:V1#\d+#(\d+)#0#0#\*#0#\d+$`)
	scnForm        = regexp.MustCompile(`^\d{1,18}$`)
)

// positionLayout is that of a date in CdcStartPosition; it is UTC.
const positionLayout = "2006-01-02T15:04:05"

// parsePosition reads CdcStartPosition and CdcStartTime, of which one may be given, for a task of a migration type.
func parsePosition(given string, at *gateway.Time, migrationType string) (position, error) {
	p := position{given: given}
	switch {
	case given == "" && at == nil:
		return p, nil
	case given != "" && at != nil:
		return p, invalidCombination("CdcStartPosition and CdcStartTime exclude each other")
	case migrationType != cdc:
		return p, invalidCombination("CdcStartPosition and CdcStartTime are for replication tasks of migration type cdc, not %s",
			migrationType)
	case at != nil:
		p.at = at.Time
		return p, nil
	}
	scn := given
	if m := checkpointForm.FindStringSubmatch(given); m != nil {
		scn = m[1]
	}
	if scnForm.MatchString(scn) {
		n, err := strconv.ParseInt(scn, 10, 64)
		p.scn = n
		return p, err
	}
	var err error
	if p.at, err = time.Parse(positionLayout, given); err != nil {
		return p, invalidValue("CdcStartPosition %q is neither an SCN, nor a recovery checkpoint, nor a date such as %s",
			given, positionLayout)
	}
	return p, nil
}

// isZero is whether nothing was given.
func (p position) isZero() bool { return p.given == "" && p.at.IsZero() }

// find is the SCN after which the changes are read.
func (p position) find(ctx context.Context, d *oracledb.Database) (int64, error) {
	switch {
	case !p.at.IsZero():
		return d.SCNAt(ctx, p.at)
	case p.given != "":
		return p.scn, nil
	default:
		return d.SCN(ctx)
	}
}

// captureError words why the log could not be read, as Oracle and DMS do.
func captureError(err error) error {
	if errors.Is(err, oracledb.ErrNoLog) {
		return fmt.Errorf("unable to read the archived redo log: %w", err)
	}
	return err
}
