package dms

import "testing"

func TestStopCode(t *testing.T) {
	for reason, want := range map[string]string{
		"":                                    "",
		"Stop Reason FULL_LOAD_ONLY_FINISHED": "FULL_LOAD_ONLY_FINISHED",
		"RECYCLE_TASK":                        "RECYCLE_TASK",
		"Last Error  ORA-01291: missing logfile. Stop Reason FATAL_ERROR Error Level FATAL": "FATAL_ERROR",
		"stopped by the weather": "",
	} {
		if got := (Description{StopReason: reason}).StopCode(); got != want {
			t.Errorf("stop code of %q: %q, want %q", reason, got, want)
		}
	}
}

// Every status is exactly one of running, stopped, changing and unknown, in every spelling.
func TestEveryStatusIsOneOfFour(t *testing.T) {
	for status, want := range map[string]string{
		"running": "running", "Running with errors": "running", "running-with-errors": "running", "RUNNING_WITH_ERRORS": "running",
		"ready": "stopped", "stopped": "stopped", "failed": "stopped", "Error": "stopped", "failed-move": "stopped",
		"creating": "changing", "deleting": "changing", "modifying": "changing", "moving": "changing", "starting": "changing",
		"stopping": "changing", "testing": "changing",
		"hibernating": "unknown", "": "unknown",
	} {
		d := Description{Status: normalStatus(status)}
		var got []string
		for name, is := range map[string]bool{
			"running": d.IsRunning(), "stopped": d.IsStopped(), "changing": d.IsChanging(), "unknown": d.IsUnknown(),
		} {
			if is {
				got = append(got, name)
			}
		}
		if len(got) != 1 || got[0] != want {
			t.Errorf("status %q is %v, want %s", status, got, want)
		}
	}
}
