package cloudwatchlogs

// LimitMemory lets a test fill the memory with few events.
func (s *Service) LimitMemory(bytes int) { s.limit = bytes }

// Held is how many bytes of events are in memory, as counted and as they are.
func (s *Service) Held() (counted, really int) {
	for _, g := range s.groups {
		for _, st := range g.streams {
			for _, e := range st.events {
				really += e.size()
			}
		}
	}
	return s.held, really
}

var FileName = fileName
