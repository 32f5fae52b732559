package dms

import "time"

// errInstanceLost ends the runs on an instance that is lost.
const errInstanceLost verbatim = "Replication Instance is not available"

// LoseInstance makes a replication instance unavailable. Its running tasks fail, and tasks in creation will fail. Its
// connections must be tested again. Calls that name the instance fail with ResourceNotFoundFault. The instance returns
// after d on the clock, or never if d is 0. LoseInstance fails when the instance does not exist.
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
	s.notifyInstance(InstanceLost, arn)
	if d > 0 {
		s.later(d, func() {
			if s.lost[arn] != i {
				return // the instance was deleted meanwhile
			}
			delete(s.lost, arn)
			s.instances[arn] = i
			s.notifyInstance(InstanceBack, arn)
		})
	}
	return nil
}

func (s *Service) notifyInstance(kind EventKind, arn string) {
	if s.observe != nil {
		s.observe(Event{Kind: kind, Time: time.Now(), Instance: arn})
	}
}

// forgetConnections deletes the results of the connection tests of an instance. The caller holds the lock.
func (s *Service) forgetConnections(instance string) {
	for key := range s.connections {
		if key.instance == instance {
			delete(s.connections, key)
		}
	}
}
