package dms

import "time"

// errInstanceLost ends the runs on an instance that goes away.
const errInstanceLost verbatim = "Replication Instance is not available"

// LoseInstance has a replication instance go away: its tasks that run fail, those being created will, its connections
// must be tested anew, and calls that name it find nothing. It comes back after d on the clock, or never if d is 0. The
// error says that there is no such instance.
func (s *Service) LoseInstance(arn string, d time.Duration) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := s.instances[arn]
	if i == nil {
		return notFound("Replication Instance %s not found", arn)
	}
	delete(s.instances, arn)
	s.lost[arn] = i
	s.forgetConnections(arn)
	for _, t := range s.tasks {
		if t.instance == arn && t.active() {
			t.stop(errInstanceLost)
		}
	}
	s.tellInstance(InstanceLost, arn)
	if d > 0 {
		s.later(d, func() {
			if s.lost[arn] != i {
				return // deleted meanwhile
			}
			delete(s.lost, arn)
			s.instances[arn] = i
			s.tellInstance(InstanceBack, arn)
		})
	}
	return nil
}

func (s *Service) tellInstance(kind EventKind, arn string) {
	if s.observe != nil {
		s.observe(Event{Kind: kind, Time: time.Now(), Instance: arn})
	}
}

// forgetConnections drops what is known of an instance's connections. The caller holds the lock.
func (s *Service) forgetConnections(instance string) {
	for key := range s.connections {
		if key.instance == instance {
			delete(s.connections, key)
		}
	}
}
