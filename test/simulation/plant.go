package simulation

import (
	"log/slog"
	"maps"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/oralake/oralake/internal/run"
	"github.com/oralake/oralake/test/harness"
)

// Planted returns the real functions with a bug in one of them.
func Planted(step string, plant func(harness.NewStep) harness.NewStep) harness.Steps {
	steps := maps.Clone(harness.RealSteps())
	steps[step] = plant(steps[step])
	return steps
}

// Around returns a constructor whose step is wrapped by plant.
func Around(plant func(run.Step) run.Step) func(harness.NewStep) harness.NewStep {
	return func(newStep harness.NewStep) harness.NewStep {
		return func(cfg aws.Config, getenv func(string) string, log *slog.Logger) (run.Step, error) {
			step, err := newStep(cfg, getenv, log)
			return plant(step), err
		}
	}
}

// Through returns a constructor whose step calls AWS through another transport.
func Through(between func(http.RoundTripper) http.RoundTripper) func(harness.NewStep) harness.NewStep {
	return func(newStep harness.NewStep) harness.NewStep {
		return func(cfg aws.Config, getenv func(string) string, log *slog.Logger) (run.Step, error) {
			cfg.HTTPClient = &http.Client{Transport: between(cfg.HTTPClient.(*http.Client).Transport)}
			return newStep(cfg, getenv, log)
		}
	}
}

// RoundTrip is an http.RoundTripper.
type RoundTrip func(*http.Request) (*http.Response, error)

func (f RoundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
