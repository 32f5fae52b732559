package lambda

// HasExitedIdle reports whether an idle environment of the function has exited.
func (s *Service) HasExitedIdle(name string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.functions[name].idle {
		if e.exited() {
			return true
		}
	}
	return false
}
