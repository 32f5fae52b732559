package bench_test

import "time"

// What nobody has published, and the bench assumes. The shapes of its figures do not depend on it; the seconds and dollars do.
const (
	// instanceBytes is what one replication instance moves in a second, and subtaskBytes what one sub-task does.
	instanceBytes = 100e6
	subtaskBytes  = 25e6
	// tableSeconds is what a table takes besides its bytes.
	tableSeconds = 2
	// instanceHours is how long an instance that lives for a run exists besides the run: DMS makes one in six minutes and deletes it
	// in four (test/aws/dms, AWSDelays).
	instanceHours = 10.0 / 60
)

// latency is how long AWS takes to answer a call of a function. Functions wait for it, and their time is paid for.
var latency = map[string]time.Duration{
	"dms": 200 * time.Millisecond, "s3": 30 * time.Millisecond, "dynamodb": 8 * time.Millisecond, "glue": 50 * time.Millisecond,
	"states": 20 * time.Millisecond, "sns": 30 * time.Millisecond,
}

// bandwidth is what the instance moves in a night: up to a twentieth more or less than in another.
func bandwidth(night int) float64 {
	return instanceBytes * (1 + 0.5*(growth(night, -1)-1))
}
