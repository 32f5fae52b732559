// Package cloudwatch is CloudWatch on one machine, as far as it tells how late CDC tasks are: GetMetricData of the
// metrics CDCLatencySource and CDCLatencyTarget of AWS DMS. No history is kept: a metric has one data point, of the
// period that is now. Whatever else CloudWatch does is refused by name.
package cloudwatch

import (
	"net/http"
	"time"

	"github.com/oralake/oralake/test/aws/gateway"
)

// Tasks know how late their changes are.
type Tasks interface {
	// Latency is how far a running CDC task is behind: source is from a commit until DMS captured it, target until it is
	// written. resourceID is the last part of the task's ARN; ok is false for a task that publishes no latency, or is not
	// there.
	Latency(resourceID string) (source, target time.Duration, ok bool)
}

// Service answers for the metrics of one account. It is safe for concurrent use if its Tasks are.
type Service struct{ tasks Tasks }

// New makes CloudWatch for the tasks of AWS DMS.
func New(tasks Tasks) *Service { return &Service{tasks: tasks} }

// Handler serves Smithy RPC v2 CBOR, which the SDK for Go speaks, and awsJson, which others prefer; its signing name is
// "monitoring".
func (s *Service) Handler() http.Handler {
	operations := map[string]gateway.Operation{"GetMetricData": gateway.Op(s.getMetricData)}
	inCBOR, inJSON := gateway.CBOR("cloudwatch", operations), gateway.JSON("cloudwatch", operations)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case gateway.SpeaksCBOR(r):
			inCBOR.ServeHTTP(w, r)
		case r.Header.Get("X-Amz-Target") != "":
			inJSON.ServeHTTP(w, r)
		default:
			gateway.WriteError(w, r, gateway.NotImplemented("the query protocol of cloudwatch: use a client that speaks "+
				"Smithy RPC v2 CBOR or AWS JSON"))
		}
	})
}
