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

// position is where the capture of changes starts: after an SCN or at a time. The zero position means now.
type position struct {
	given string // the CdcStartPosition
	scn   int64
	at    time.Time
}

// checkpoint returns the RecoveryCheckpoint for an SCN up to which all changes are written. The meaning of the other
// numbers in a checkpoint of AWS is not public.
func checkpoint(scn int64) string { return fmt.Sprintf("checkpoint:V1#1#%d#0#0#*#0#0", scn) }

var (
	checkpointPattern = regexp.MustCompile(`^checkpoint:V1#\d+#(\d+)#0#0#\*#0#\d+$`)
	scnPattern        = regexp.MustCompile(`^\d{1,18}$`)
)

// positionLayout is the layout of a date in CdcStartPosition, in UTC.
const positionLayout = "2006-01-02T15:04:05"

// parsePosition parses CdcStartPosition and CdcStartTime. At most one may be given, and only for migration type cdc.
func parsePosition(given string, at *gateway.Time, migrationType string) (position, error) {
	p := position{given: given}
	switch {
	case given == "" && at == nil:
		return p, nil
	case given != "" && at != nil:
		return p, invalidCombination("CdcStartPosition and CdcStartTime cannot be given together")
	case migrationType != cdc:
		return p, invalidCombination("CdcStartPosition and CdcStartTime are for replication tasks of migration type cdc, not %s",
			migrationType)
	case at != nil:
		p.at = at.Time
		return p, nil
	}
	scn := given
	if m := checkpointPattern.FindStringSubmatch(given); m != nil {
		scn = m[1]
	}
	if scnPattern.MatchString(scn) {
		n, err := strconv.ParseInt(scn, 10, 64)
		p.scn = n
		return p, err
	}
	var err error
	if p.at, err = time.Parse(positionLayout, given); err != nil {
		return p, invalidValue("CdcStartPosition %q is not valid: want an SCN, a recovery checkpoint or a date such as %s",
			given, positionLayout)
	}
	return p, nil
}

// isZero reports whether neither was given.
func (p position) isZero() bool { return p.given == "" && p.at.IsZero() }

// start is where a run captures changes: those with SCNs after its SCN, of transactions that began at the SCN began or later.
//
// "DMS captures transactions that started after the chosen CDC start point", and "if you use the current SCN to start a CDC
// task, you miss the results of any open transactions" (CHAP_Task.CDC). A checkpoint knows the open transactions of its task,
// so a run that starts from one misses none of them: the guide calls it the recovery point of the change stream.
type start struct {
	scn, began int64
}

// find returns where the capture starts.
func (p position) find(ctx context.Context, d *oracledb.Database) (start, error) {
	var scn int64
	var err error
	switch {
	case !p.at.IsZero():
		scn, err = d.SCNAt(ctx, p.at)
	case p.isCheckpoint():
		return start{scn: p.scn}, nil
	case p.given != "":
		scn = p.scn
	default:
		scn, err = d.SCN(ctx)
	}
	return start{scn, scn}, err
}

func (p position) isCheckpoint() bool { return checkpointPattern.MatchString(p.given) }

// captureError adds the text of DMS to the error of a log that is no longer available.
func captureError(err error) error {
	if errors.Is(err, oracledb.ErrNoLog) {
		return fmt.Errorf("unable to read the archived redo log: %w", err)
	}
	return err
}
