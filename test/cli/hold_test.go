package cli_test

import (
	"time"

	"github.com/oralake/oralake/test/aws/clock"
	"github.com/oralake/oralake/test/aws/gateway"
)

// deletions tells of the calls of DeleteStack. Each is held on its way to CloudFormation for as long as the oldest run is
// to live: how soon the CLI comes to make it depends on the machine, and the moment is not to.
type deletions struct {
	arriving <-chan time.Time // when a call that was just made will arrive
	arrived  <-chan struct{}  // a call was answered
}

// hold holds the calls of DeleteStack that a gateway gets, one at a time.
func hold(g *gateway.Gateway) deletions {
	arriving, arrived := make(chan time.Time, 1), make(chan struct{}, 1)
	g.Disturb(clock.Clock{}, func(c gateway.Call) gateway.Disturbance {
		if c.Operation != "DeleteStack" {
			return gateway.Disturbance{}
		}
		select {
		case arriving <- time.Now().Add(oldest):
		default: // The CLI tries again, and nobody asked for the first try.
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
