package run

import "time"

// KnownLooks returns how many times a full load that knows the pace of its job waits and looks, in a run whose tasks take so long to be
// created, to load and to be deleted, as in the last runs.
func KnownLooks(creating, loading, deleting time.Duration) (creation, load, deletion int) {
	known := func(phase, first time.Duration) (n int) {
		for last := time.Duration(0); last < phase; n++ {
			last += paceWait(last, int(phase.Seconds()), first).Truncate(time.Second) // WaitSeconds has whole seconds.
		}
		return n
	}
	return known(creating, firstTaskLook), known(loading, firstLoadLook), known(deleting, firstTaskLook)
}
