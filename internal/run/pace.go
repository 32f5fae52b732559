package run

import (
	"context"
	"log/slog"
	"math"
	"time"

	"github.com/oralake/oralake/internal/contract"
	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/dms"
	"github.com/oralake/oralake/internal/records"
)

// Pace is what a full load knows of how long its parts take: from the last runs of the job, and from this one. A run that knows the
// pace of its job looks at DMS when something may have happened, and not all the time.
type Pace struct {
	// Learned says that the run has read what the last runs say. Shortest is the shortest that each part took in them; zero if
	// nothing is known. Tables identifies the tables of the run: see records.Pace.
	Learned  bool            `json:"learned,omitempty"`
	Shortest records.RunPace `json:"shortest,omitzero"`
	Tables   string          `json:"tables,omitempty"`
	// Packed says that the run has packed its tables. Unpacked is the manifest before.
	Packed   bool             `json:"packed,omitempty"`
	Unpacked contract.Address `json:"unpacked,omitzero"`

	// When the parts of this run began, and when they ended as far as they have.
	CreatingSince time.Time `json:"creatingSince,omitzero"`
	ReadyAt       time.Time `json:"readyAt,omitzero"`
	LoadingSince  time.Time `json:"loadingSince,omitzero"`
	LoadedAt      time.Time `json:"loadedAt,omitzero"`
	DeletingSince time.Time `json:"deletingSince,omitzero"`
}

func (p *Pace) noteCreation(now time.Time) { noteFirst(&p.CreatingSince, now) }

func (p *Pace) noteStart(now time.Time) { noteFirst(&p.LoadingSince, now) }

func (p *Pace) noteDeletion(now time.Time) { noteFirst(&p.DeletingSince, now) }

// noteReady notes that the run has left the phase in which its tasks are created.
func (p *Pace) noteReady(phase dms.Phase, now time.Time) {
	if phase == dms.Ready || phase == Checking {
		noteFirst(&p.ReadyAt, now)
	}
}

// noteEnds notes the end of the last task that has ended, as DMS reports it.
func (p *Pace) noteEnds(found map[string]dms.Description) {
	for _, d := range found {
		if d.StoppedAt.After(p.LoadedAt) {
			p.LoadedAt = d.StoppedAt
		}
	}
}

func noteFirst(at *time.Time, now time.Time) {
	if at.IsZero() {
		*at = now
	}
}

// took is how long the parts of this run took.
func (p Pace) took(now time.Time) records.RunPace {
	between := func(from, to time.Time) int { return int(math.Ceil(max(0, to.Sub(from).Seconds()))) }
	return records.RunPace{
		Creating: between(p.CreatingSince, p.ReadyAt), Loading: between(p.LoadingSince, p.LoadedAt), Deleting: between(p.DeletingSince, now),
		Packed: p.Packed,
	}
}

// keepPace adds a run that has succeeded to the pace of its job. A run of some tables, or one that DMS has held up, says nothing about
// the others. If it cannot be written, the next run knows one run less.
func (d Delete) keepPace(ctx context.Context, log *slog.Logger, doc *Document, now time.Time) {
	p := doc.Pace
	if doc.Type != department.FullLoad || doc.Error != nil || doc.Recovering != nil || p.Tables == "" || p.LoadedAt.IsZero() {
		return
	}
	pace, err := records.FindPace(ctx, d.Leases, d.Table, doc.Request.Job, p.Tables)
	if err == nil {
		pace.Add(doc.recordKey().SK, p.took(now))
		err = records.WritePace(ctx, d.Leases, d.Table, doc.Owner(), pace, now, d.RecordDays)
	}
	if err != nil {
		log.Warn("the pace of the run is not kept", "task", "", "reason", err.Error())
	}
}

// A run that knows the pace of its job looks first when the part that it waits for may have ended: paceMargin before the shortest that
// it ever took in the last runs. From there on it looks after a twentieth of the time already spent, so it sees the end within a
// twentieth of that time, or minWait.
//
// Before, it looks only for what has failed. Each look comes at most at paceRatio times the time of the look before, the first after
// firstLoadLook or firstTaskLook, and no wait is longer than maxBlindWait. So a load that fails after a minute is seen as failed within
// two, one that fails after ten minutes within twenty, and any failure within half an hour. The same holds for a load that ends much
// earlier than in the last runs.
const (
	paceMargin    = 0.05
	paceFraction  = 20
	paceRatio     = 3
	firstLoadLook = time.Minute
	firstTaskLook = 5 * time.Minute // at tasks that are created or deleted: nothing is lost if one fails unseen
	maxBlindWait  = 30 * time.Minute
)

// wait returns how long to wait in a phase that began at since.
func (d *Document) wait(since, now time.Time) time.Duration {
	p := d.Pace
	switch {
	case d.Phase == dms.Running && p.Shortest.Loading > 0 && !p.LoadingSince.IsZero():
		return paceWait(now.Sub(p.LoadingSince), p.Shortest.Loading, firstLoadLook)
	case d.Phase == dms.Pending && p.Shortest.Creating > 0 && d.isCreating():
		return paceWait(now.Sub(p.CreatingSince), p.Shortest.Creating, firstTaskLook)
	case d.Phase == Deleting && p.Shortest.Deleting > 0 && !p.DeletingSince.IsZero():
		return paceWait(now.Sub(p.DeletingSince), p.Shortest.Deleting, firstTaskLook)
	default:
		return waitTime(now.Sub(since))
	}
}

// isCreating says that a pending run waits for DMS to create its tasks, and not for something that goes on for another reason.
func (d *Document) isCreating() bool {
	return !d.Pace.CreatingSince.IsZero() && d.Pace.ReadyAt.IsZero() && d.HeldUpSince.IsZero() && d.RefusedSince.IsZero()
}

// paceWait returns how long to wait, after spent time in a part that took at least shortest seconds in the last runs.
func paceWait(spent time.Duration, shortest int, first time.Duration) time.Duration {
	earliest := time.Duration(float64(shortest) * (1 - paceMargin) * float64(time.Second))
	if spent >= earliest {
		return min(max(spent/paceFraction, minWait), maxWait)
	}
	next := min(first, earliest)
	if spent >= first {
		looks := math.Ceil(math.Log(float64(earliest)/float64(spent)) / math.Log(paceRatio))
		next = time.Duration(float64(spent) * math.Pow(float64(earliest)/float64(spent), 1/max(1, looks)))
	}
	// Up to a whole second: WaitSeconds has no parts of one, and a look just before the earliest end would be one for nothing.
	return min(max(next-spent, minWait), maxBlindWait).Truncate(time.Second) + time.Second
}
