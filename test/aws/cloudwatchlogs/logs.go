// Package cloudwatchlogs is the CloudWatch Logs of the embedded AWS. It has log groups with log streams, and it writes
// each stream to a text file. Stacks create log groups. Services write events. The API only reads.
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
// The API returns the newest events, up to memoryLimit bytes in total. Older events are in the files only.
type Service struct {
	acct  account.Account
	files files

	mu       sync.RWMutex
	groups   map[string]*group
	queries  map[string]Query // by id
	sequence int64            // sequence number of the newest event
	arrivals []*stream        // stream of each event in memory, oldest event first
	held     int              // size of the events in memory, in bytes
	limit    int              // maximum of held, in bytes
}

// memoryLimit is the largest total size of the events in memory, in bytes.
const memoryLimit = 64 << 20

// eventOverhead is the size in bytes that CloudWatch Logs adds to the message of each event.
const eventOverhead = 26

type group struct {
	name, arn     string
	created       time.Time
	retentionDays int // 0 keeps events without a limit
	kmsKey        string
	streams       map[string]*stream
}

type stream struct {
	group   *group
	name    string
	created time.Time
	first   time.Time // time of the first event, also when it is no longer in memory
	last    time.Time // time of the last event
	stored  int64     // size of all events in bytes, also of those no longer in memory
	events  []event   // events in memory, in the order of arrival
}

type event struct {
	stream   *stream
	sequence int64
	at       time.Time
	message  string
}

func (e event) size() int { return len(e.message) + eventOverhead }

// byTime compares events by time, and events of the same millisecond by their order of arrival.
func byTime(a, b event) int {
	return cmp.Or(cmp.Compare(a.at.UnixMilli(), b.at.UnixMilli()), cmp.Compare(a.sequence, b.sequence))
}

// New returns a service without log groups. It also writes each event to the file dir/GROUP/STREAM.log, in whose names
// a + replaces a slash. Deleting a log group does not delete its files. With an empty dir the service writes no files.
func New(acct account.Account, dir string) *Service {
	return &Service{
		acct: acct, files: files{dir: dir}, groups: map[string]*group{}, queries: map[string]Query{}, limit: memoryLimit,
	}
}

// Handler serves the API of CloudWatch Logs. The signing name is "logs".
func (s *Service) Handler() http.Handler {
	return gateway.JSON("logs", map[string]gateway.Operation{
		"DescribeLogGroups":  gateway.Op(s.describeLogGroups),
		"DescribeLogStreams": gateway.Op(s.describeLogStreams),
		"FilterLogEvents":    gateway.Op(s.filterLogEvents),
		"GetLogEvents":       gateway.Op(s.getLogEvents),
	})
}

// Put writes an event with the current time. It creates a missing log stream. It drops an event for a missing log
// group, as AWS does when the writer may not create groups. Otherwise a late line would create the group of a deleted
// stack again.
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

// add stores an event, and removes the oldest events above the memory limit. The caller holds mu.
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
		oldest.events[0] = event{} // so that the garbage collector can free its message
		oldest.events, s.arrivals = oldest.events[1:], s.arrivals[1:]
	}
}

var validGroup = regexp.MustCompile(`^[.\-_/#A-Za-z0-9]{1,512}$`)

// addGroup creates a log group. The caller holds mu.
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

// removeGroup deletes a log group with its streams and events. The caller holds mu.
func (s *Service) removeGroup(g *group) {
	delete(s.groups, g.name)
	for _, st := range g.streams {
		for _, e := range st.events {
			s.held -= e.size()
		}
	}
	s.arrivals = slices.DeleteFunc(s.arrivals, func(st *stream) bool { return st.group == g })
}

// retained returns the events that are within the retention time of the group.
func (st *stream) retained() []event {
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
