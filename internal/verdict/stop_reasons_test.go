package verdict

import "testing"

func TestStopCode(t *testing.T) {
	for reason, want := range map[string]string{
		"":                                    "",
		"Stop Reason FULL_LOAD_ONLY_FINISHED": "FULL_LOAD_ONLY_FINISHED",
		"Last Error  ORA-01291: missing logfile. Stop Reason FATAL_ERROR Error Level FATAL": "FATAL_ERROR",
		"stopped by the weather": "",
	} {
		if got := StopCode(reason); got != want {
			t.Errorf("StopCode(%q) = %q, want %q", reason, got, want)
		}
	}
}
