package cloudwatchlogs

// LimitMemory sets the memory limit in bytes, so that a test can reach it with few events.
func (s *Service) LimitMemory(bytes int) { s.limit = bytes }

// Held returns the size of the events in memory in bytes: the size that the service has counted, and the actual size.
func (s *Service) Held() (counted, actual int) {
	for _, g := range s.groups {
		for _, st := range g.streams {
			for _, e := range st.events {
				actual += e.size()
			}
		}
	}
	return s.held, actual
}

var FileName = fileName
