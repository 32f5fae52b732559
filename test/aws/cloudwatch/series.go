package cloudwatch

import (
	"maps"
	"slices"
	"strings"
	"time"
)

// Datum is one value of a metric.
type Datum struct {
	Namespace, Metric string
	Dimensions        map[string]string
	Value             float64
	Time              time.Time // zero means now
}

// keep is how long the values of a metric are kept: the longest time that an alarm looks back is a week, and two periods.
const keep = 15 * 24 * time.Hour

// series are the values of one metric with one set of dimensions, a bucket a minute, in the order of time.
type series struct {
	metric  Datum // without value and time
	buckets []bucket
}

type bucket struct {
	minute                  time.Time
	count                   int
	sum, smallest, greatest float64
}

// add adds b, which may be of another minute.
func (b *bucket) add(other bucket) {
	if b.count == 0 {
		b.smallest, b.greatest = other.smallest, other.greatest
	}
	b.count, b.sum = b.count+other.count, b.sum+other.sum
	b.smallest, b.greatest = min(b.smallest, other.smallest), max(b.greatest, other.greatest)
}

// statistic returns a statistic of the values. ok is false for one that is not implemented.
func (b bucket) statistic(name string) (value float64, ok bool) {
	switch name {
	case "Sum":
		return b.sum, true
	case "Average":
		return b.sum / float64(b.count), true
	case "Minimum":
		return b.smallest, true
	case "Maximum":
		return b.greatest, true
	case "SampleCount":
		return float64(b.count), true
	}
	return 0, false
}

// seriesKey names a metric with its dimensions.
func seriesKey(namespace, metric string, dimensions map[string]string) string {
	parts := []string{namespace, metric}
	for _, name := range slices.Sorted(maps.Keys(dimensions)) {
		parts = append(parts, name+"="+dimensions[name])
	}
	return strings.Join(parts, "\x00")
}

// Put adds values to their metrics, as a service that publishes them does.
func (s *Service) Put(data ...Datum) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, d := range data {
		s.put(d)
	}
}

// put must be called with mu held.
func (s *Service) put(d Datum) {
	if d.Time.IsZero() {
		d.Time = time.Now()
	}
	minute := d.Time.UTC().Truncate(time.Minute)
	key := seriesKey(d.Namespace, d.Metric, d.Dimensions)
	one := s.series[key]
	if one == nil {
		one = &series{metric: d}
		s.series[key] = one
	}
	at, found := slices.BinarySearchFunc(one.buckets, minute, func(b bucket, t time.Time) int { return b.minute.Compare(t) })
	if !found {
		one.buckets = slices.Insert(one.buckets, at, bucket{minute: minute})
	}
	one.buckets[at].add(bucket{count: 1, sum: d.Value, smallest: d.Value, greatest: d.Value})
	if old := minute.Add(-keep); one.buckets[0].minute.Before(old) && len(one.buckets) > 2*int(keep/time.Minute) {
		one.buckets = slices.DeleteFunc(one.buckets, func(b bucket) bool { return b.minute.Before(old) })
	}
	for _, a := range s.watchers[key] {
		a.settled = false
	}
	if len(s.watchers[key]) > 0 {
		s.signal()
	}
}

// between returns what was measured from one time on, but not at another. It must be called with mu held.
func (s *Service) between(key string, from, to time.Time) (b bucket, any bool) {
	one := s.series[key]
	if one == nil {
		return b, false
	}
	at, _ := slices.BinarySearchFunc(one.buckets, from, func(b bucket, t time.Time) int { return b.minute.Compare(t) })
	for ; at < len(one.buckets) && one.buckets[at].minute.Before(to); at++ {
		b.add(one.buckets[at])
	}
	return b, b.count > 0
}

// sample reads a gauge and adds its value, unless it has one of this minute. Call it without mu: a service answers it.
func (s *Service) sample(namespace, metric string, dimensions map[string]string) {
	if !isGauge(namespace, metric) {
		return
	}
	value, ok := s.gauges.Gauge(namespace, metric, dimensions)
	if !ok {
		return
	}
	now := time.Now().UTC().Truncate(time.Minute)
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, any := s.between(seriesKey(namespace, metric, dimensions), now, now.Add(time.Minute)); !any {
		s.put(Datum{Namespace: namespace, Metric: metric, Dimensions: dimensions, Value: value, Time: now})
	}
}
