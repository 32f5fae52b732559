package dms

import "strings"

// InstanceLoad is what a replication instance reports to CloudWatch about itself.
type InstanceLoad struct {
	CPUPercent                             float64
	FreeMemory, SwapUsed, FreeStorageBytes float64 // bytes
}

// usualLoad is the load of an instance that has enough of everything, with a storage of so many GB.
func usualLoad(storageGB int) InstanceLoad {
	return InstanceLoad{CPUPercent: 20, FreeMemory: 2 << 30, SwapUsed: 0, FreeStorageBytes: 0.8 * float64(storageGB) * (1 << 30)}
}

// SetLoad makes an instance report a load, by its identifier. Nil makes it report a usual one again.
func (s *Service) SetLoad(instance string, load *InstanceLoad) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, i := range s.instances {
		if i.ReplicationInstanceIdentifier == instance {
			i.load = load
		}
	}
}

// Gauge returns a metric of a task or an instance as it is now, for CloudWatch. ok is false if there is no value: the task or the
// instance does not exist, or does not run. Source: "Monitoring AWS DMS tasks" of the user guide.
func (s *Service) Gauge(metric string, dimensions map[string]string) (value float64, ok bool) {
	switch metric {
	case "CDCLatencySource", "CDCLatencyTarget":
		source, target, ok := s.Latency(dimensions["ReplicationTaskIdentifier"])
		if metric == "CDCLatencySource" {
			return source.Seconds(), ok
		}
		return target.Seconds(), ok
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, i := range s.instances {
		if !strings.EqualFold(i.ReplicationInstanceIdentifier, dimensions["ReplicationInstanceIdentifier"]) || i.status == "creating" {
			continue
		}
		load := usualLoad(int(i.AllocatedStorage))
		if i.load != nil {
			load = *i.load
		}
		value, ok = map[string]float64{
			"CPUUtilization": load.CPUPercent, "FreeableMemory": load.FreeMemory, "SwapUsage": load.SwapUsed, "FreeStorageSpace": load.FreeStorageBytes,
		}[metric]
		return value, ok
	}
	return 0, false
}
