// Package cloudwatchlogs is CloudWatch Logs: log groups, their streams, and a file for each stream that a person can read.
// Groups are made by stacks and events are written by services; through the API they are read.
package cloudwatchlogs

import (
	"cmp"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/oralake/oralake/test/aws/account"
	"github.com/oralake/oralake/test/aws/gateway"
)

// Service holds log groups. It is safe for concurrent use.
//
// The newest events, up to memoryLimit bytes in all, can be read through the API; older ones only in the files.
type Service struct {
	acct  account.Account
	files files

	mu       sync.RWMutex
	groups   map[string]*group
	sequence int64     // of the newest event
	arrivals []*stream // whose event came, oldest first, one entry for each event held
	held     int       // bytes of the events held
	limit    int
}

// memoryLimit is how many bytes of events are held in memory.
const memoryLimit = 64 << 20

// eventOverhead is what CloudWatch Logs counts for an event on top of its message.
const eventOverhead = 26

type group struct {
	name, arn     string
	created       time.Time
	retentionDays int // 0 keeps events for ever
	kmsKey        string
	streams       map[string]*stream
}

type stream struct {
	group   *group
	name    string
	created time.Time
	first   time.Time // of all events that ever came
	last    time.Time
	stored  int64
	events  []event // in the order in which they came
}

type event struct {
	stream   *stream
	sequence int64
	at       time.Time
	message  string
}

func (e event) size() int { return len(e.message) + eventOverhead }

// inTime orders events by their time stamps, and those of one millisecond in the order in which they came.
func inTime(a, b event) int {
	return cmp.Or(cmp.Compare(a.at.UnixMilli(), b.at.UnixMilli()), cmp.Compare(a.sequence, b.sequence))
}

// New makes an account without log groups. With a dir every event is also written to the file dir/GROUP/STREAM.log, in
// whose names a + stands for a slash; the files outlive their log group. An empty dir writes none.
func New(acct account.Account, dir string) *Service {
	return &Service{
		acct: acct, files: files{dir: dir}, groups: map[string]*group{}, limit: memoryLimit,
	}
}

// Handler answers requests signed for "logs".
func (s *Service) Handler() http.Handler {
	return gateway.JSON("logs", map[string]gateway.Operation{
		"DescribeLogGroups":  gateway.Op(s.describeLogGroups),
		"DescribeLogStreams": gateway.Op(s.describeLogStreams),
		"FilterLogEvents":    gateway.Op(s.filterLogEvents),
		"GetLogEvents":       gateway.Op(s.getLogEvents),
	})
}

// Put writes one event of now, as the services of AWS do. A stream that is not there is made. An event for a group that
// is not there is lost, as it is on AWS when the writer may not create groups: otherwise a late line would bring back the
// group of a stack that was deleted.
func (s *Service) Put(groupName, streamName, message string) {
	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	g, ok := s.groups[groupName]
	if !ok {
		return
	}
	st, ok := g.streams[streamName]
	if !ok {
		st = g.addStream(streamName)
	}
	s.add(st, event{at: now, message: strings.TrimRight(message, "\r\n")})
}

// add needs mu.
func (s *Service) add(st *stream, e event) {
	s.sequence++
	e.stream, e.sequence = st, s.sequence
	st.events = append(st.events, e)
	s.arrivals = append(s.arrivals, st)
	s.held += e.size()
	st.stored += int64(e.size())
	if st.first.IsZero() {
		st.first = e.at
	}
	st.last = e.at
	s.files.write(st, e)
	for s.held > s.limit {
		oldest := s.arrivals[0]
		s.held -= oldest.events[0].size()
		oldest.events[0] = event{} // so that its message can be collected before the slice grows anew
		oldest.events, s.arrivals = oldest.events[1:], s.arrivals[1:]
	}
}

var validGroup = regexp.MustCompile(`^[.\-_/#A-Za-z0-9]{1,512}$`)

// addGroup needs mu.
func (s *Service) addGroup(name string) *group {
	g := &group{
		name: name, arn: s.acct.ARN("logs", "log-group:"+name), created: time.Now(), streams: map[string]*stream{},
	}
	s.groups[name] = g
	return g
}

func (g *group) addStream(name string) *stream {
	st := &stream{group: g, name: name, created: time.Now()}
	g.streams[name] = st
	return st
}

// removeGroup needs mu.
func (s *Service) removeGroup(g *group) {
	delete(s.groups, g.name)
	for _, st := range g.streams {
		for _, e := range st.events {
			s.held -= e.size()
		}
	}
	s.arrivals = slices.DeleteFunc(s.arrivals, func(st *stream) bool { return st.group == g })
}

// kept are the events that the retention of their group has not taken yet.
func (st *stream) kept() []event {
	if st.group.retentionDays == 0 {
		return st.events
	}
	oldest := time.Now().AddDate(0, 0, -st.group.retentionDays)
	var kept []event
	for _, e := range st.events {
		if !e.at.Before(oldest) {
			kept = append(kept, e)
		}
	}
	return kept
}
