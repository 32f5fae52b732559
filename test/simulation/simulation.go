// Package simulation has the code that the simulations share. A simulation runs random schedules or histories, each made
// from a seed, in virtual time, with the synthesized template, the real state machine and the real functions.
package simulation

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/oralake/oralake/test/aws/dms"
)

// FirstSeed is the seed of the first simulated life.
var FirstSeed = flag.Uint64("seed", 1, "first seed; each further life uses the next number")

// First ends a simulation with the first life that breaks a guarantee. What it broke is printed, a finding a line.
var First = flag.Bool("first", false, "stop after the first life that breaks a guarantee, and print what it broke as JSON")

// Regions are the regions of the accounts that are open at the same time.
var Regions = []string{"eu-central-1", "eu-west-1"}

// Main runs the tests of a simulation and returns the exit code. prepare gets a folder that Main deletes at the end. If
// total returns a value, the last line of the output is its JSON.
func Main(m *testing.M, prepare func(dir string) error, total func() any) int {
	flag.Parse()
	dir, err := os.MkdirTemp("", "oralake-simulation-")
	if err == nil {
		defer os.RemoveAll(dir)
		err = prepare(dir)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	debug.SetGCPercent(800) // A life allocates much and keeps none of it.
	runtime.MemProfileRate = 0
	code := m.Run()
	if summary := total(); summary != nil {
		line, err := json.Marshal(summary)
		if err != nil {
			panic(err) // numbers always have a JSON form
		}
		fmt.Println(string(line))
	}
	return code
}

// Lives calls live for n seeds from FirstSeed on, in all Regions in parallel. With First, no life begins after one has
// failed its test. It returns the number of lives per second.
func Lives(t *testing.T, name string, n int, live func(t *testing.T, region string, seed uint64)) float64 {
	began := time.Now()
	var next atomic.Uint64
	var failed atomic.Bool
	t.Run(name, func(t *testing.T) {
		for _, region := range Regions {
			t.Run(region, func(t *testing.T) {
				t.Parallel()
				for i := next.Add(1); i <= uint64(n) && !(*First && failed.Load()); i = next.Add(1) {
					live(t, region, *FirstSeed+i-1)
					if t.Failed() {
						failed.Store(true)
					}
				}
			})
		}
	})
	return float64(n) / time.Since(began).Seconds()
}

// Settle calls running after each pause until it returns nothing three times in a row. After timeout it returns what still
// runs.
func Settle(pause, timeout time.Duration, running func() []string) []string {
	for began, still := time.Now(), 0; still < 3; {
		time.Sleep(pause)
		now := running()
		if still++; len(now) > 0 {
			still = 0
		}
		if time.Since(began) > timeout {
			return now
		}
	}
	return nil
}

// Delays returns the delays of DMS, each pace times as long as on AWS.
func Delays(pace float64) *dms.Delays {
	at := func(d time.Duration) time.Duration { return time.Duration(pace * float64(d)) }
	d := dms.AWSDelays()
	return &dms.Delays{
		InstanceCreate: at(d.InstanceCreate), InstanceModify: at(d.InstanceModify), InstanceDelete: at(d.InstanceDelete),
		EndpointCreate: at(d.EndpointCreate), EndpointDelete: at(d.EndpointDelete), ConnectionTest: at(d.ConnectionTest),
		TaskCreate: at(d.TaskCreate), TaskModify: at(d.TaskModify), TaskDelete: at(d.TaskDelete),
		TaskStart: at(d.TaskStart), TaskStop: at(d.TaskStop), TaskFinish: at(d.TaskFinish),
		Tagging: at(d.Tagging),
	}
}

// RoleName returns the name of a role from its ARN, without the random suffix of CloudFormation.
func RoleName(arn string) string {
	name := arn[strings.LastIndexByte(arn, '/')+1:]
	if end := strings.LastIndexByte(name, '-'); end > 0 {
		return name[:end]
	}
	return name
}
