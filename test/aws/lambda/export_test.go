package lambda

// IdleDied says whether an environment of the function died while it was idle.
func (s *Service) IdleDied(name string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.functions[name].idle {
		if e.dead() {
			return true
		}
	}
	return false
}
