package lambda

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"time"
)

// newTrace begins an X-Ray trace for an invocation that came without one. Its form is that of the X-Amzn-Trace-Id
// header: https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader
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
