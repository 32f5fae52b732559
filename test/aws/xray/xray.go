// Package xray counts the traces that services of the embedded AWS send to X-Ray. It has no API: nobody reads traces.
package xray

import "sync"

// Service has the traces of one account. It is safe for concurrent use.
type Service struct {
	mu       sync.Mutex
	segments map[string]int
}

// New makes an account without traces.
func New() *Service { return &Service{segments: map[string]int{}} }

// Put adds a segment of a function or a state machine, by its name.
func (s *Service) Put(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.segments[name]++
}

// Segments is the number of segments that a function or a state machine has sent.
func (s *Service) Segments(name string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.segments[name]
}
