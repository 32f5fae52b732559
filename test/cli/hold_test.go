package cli_test

import (
	"time"

	"github.com/oralake/oralake/test/aws/clock"
	"github.com/oralake/oralake/test/aws/gateway"
)

// deletions reports the calls of DeleteStack. Each call waits before it reaches CloudFormation, so that the moment of the
// deletion does not depend on the speed of the CLI.
type deletions struct {
	arriving <-chan time.Time // when a new call will reach CloudFormation
	arrived  <-chan struct{}  // a call was answered
}

// hold delays the calls of DeleteStack that a gateway receives, one at a time.
func hold(g *gateway.Gateway) deletions {
	arriving, arrived := make(chan time.Time, 1), make(chan struct{}, 1)
	g.Disturb(clock.Clock{}, func(c gateway.Call) gateway.Disturbance {
		if c.Operation != "DeleteStack" {
			return gateway.Disturbance{}
		}
		select {
		case arriving <- time.Now().Add(oldest):
		default: // The CLI retries the call, and nobody received the first one.
		}
		return gateway.Disturbance{Before: oldest}
	})
	g.Observe(func(c gateway.Call) {
		if c.Operation == "DeleteStack" {
			select {
			case arrived <- struct{}{}:
			default:
			}
		}
	})
	return deletions{arriving, arrived}
}
