package lambda

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"time"
)

// newTrace returns a new X-Ray trace for an invocation without one, in the form of the X-Amzn-Trace-Id header. Source:
// https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader
func newTrace(sampled bool) string {
	b := make([]byte, 20)
	_, _ = rand.Read(b) // never fails
	decision := 0
	if sampled {
		decision = 1
	}
	return fmt.Sprintf("Root=1-%08x-%s;Parent=%s;Sampled=%d",
		time.Now().Unix(), hex.EncodeToString(b[:12]), hex.EncodeToString(b[12:]), decision)
}
