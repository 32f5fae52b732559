// Package cloudwatch emulates the part of CloudWatch that reports the latency of CDC tasks: GetMetricData of the AWS
// DMS metrics CDCLatencySource and CDCLatencyTarget. It keeps no history: a metric has one data point, that of the
// current period. All other requests are refused by name.
package cloudwatch

import (
	"net/http"
	"time"

	"github.com/oralake/oralake/test/aws/gateway"
)

// Tasks returns the latency of tasks.
type Tasks interface {
	// Latency returns how far a running CDC task is behind. source is the time from a commit until DMS captures it,
	// target the time until DMS writes it. resourceID is the last part of the task's ARN. ok is false for a task that
	// does not exist or publishes no latency.
	Latency(resourceID string) (source, target time.Duration, ok bool)
}

// Service answers requests for the metrics of one account. It is safe for concurrent use if its Tasks are.
type Service struct{ tasks Tasks }

// New makes a Service for the tasks of AWS DMS.
func New(tasks Tasks) *Service { return &Service{tasks: tasks} }

// Handler serves Smithy RPC v2 CBOR, the protocol of the SDK for Go, and awsJson, the protocol of other clients. Its
// signing name is "monitoring".
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
