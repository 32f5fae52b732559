package faults_test

import (
	"fmt"
	"slices"
	"time"

	"github.com/oralake/oralake/internal/department"
)

// addRequests adds, in some schedules, requests of people to load some tables, or to roll them back, while another run of the job may
// hold its lease. It uses its own throws, so that the rest of a plan is the same.
func (p *plan) addRequests() {
	r := p.dice.throw("requests")
	if r.IntN(4) > 0 {
		return
	}
	for i, s := range slices.Clone(p.starts) {
		jobs := p.departments[s.Department].Jobs
		j := jobs[slices.IndexFunc(jobs, func(j department.Job) bool { return j.Name == s.Job })]
		if j.Type != department.FullLoad || r.IntN(2) == 0 {
			continue
		}
		request := start{
			Name: fmt.Sprintf("request-%d-%s", i+1, s.Name), Department: s.Department, Job: s.Job,
			At: s.At + between(r, time.Second, 20*time.Minute),
		}
		for _, t := range j.Tables[:1+r.IntN(len(j.Tables))] {
			request.Tables = append(request.Tables, t.String())
		}
		if r.IntN(3) == 0 {
			request.Tables, request.Rollback = nil, request.Tables
		}
		p.starts = append(p.starts, request)
	}
}
