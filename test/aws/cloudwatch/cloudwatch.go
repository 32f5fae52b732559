// Package cloudwatch emulates the part of CloudWatch that stacks and functions use: metrics of services, metrics that programs put,
// metric alarms on one metric each, composite alarms, and dashboards. A stack makes alarms; the API has GetMetricData, PutMetricData
// and DescribeAlarms. All other requests are refused by name.
//
// An alarm is evaluated at every whole minute over a sliding window, as "Alarm evaluation" of the user guide says. Time is the
// machine's, or virtual in a testing/synctest bubble. A data point can be read at once; on AWS it takes some minutes.
package cloudwatch

import (
	"compress/gzip"
	"context"
	"net/http"
	"sync"

	"github.com/oralake/oralake/test/aws/account"
	"github.com/oralake/oralake/test/aws/gateway"
)

// Gauges have values that a service knows at any time, and publishes every minute.
type Gauges interface {
	// Gauge returns the value of a metric now. ok is false if the service publishes none.
	Gauge(namespace, metric string, dimensions map[string]string) (value float64, ok bool)
}

// Publish publishes a message to a topic in the name of an alarm, by their ARNs.
type Publish func(ctx context.Context, alarmARN, topicARN, subject, message string) error

// Service has the metrics and alarms of one account. It is safe for concurrent use.
type Service struct {
	acct    account.Account
	gauges  Gauges
	publish Publish

	live   context.Context
	cancel context.CancelFunc
	work   sync.WaitGroup
	wake   chan struct{} // has room for one signal

	mu         sync.Mutex
	running    bool // the evaluator
	series     map[string]*series
	watchers   map[string][]*alarm // by the key of a series
	alarms     map[string]*alarm   // by name
	composites map[string]*composite
	dashboards map[string]string // bodies by name
	history    []Change
}

// New makes a Service without alarms. publish may be nil: then actions do nothing.
func New(acct account.Account, gauges Gauges, publish Publish) *Service {
	s := &Service{
		acct: acct, gauges: gauges, publish: publish, wake: make(chan struct{}, 1), series: map[string]*series{},
		watchers: map[string][]*alarm{}, alarms: map[string]*alarm{}, composites: map[string]*composite{}, dashboards: map[string]string{},
	}
	s.live, s.cancel = context.WithCancel(context.Background())
	return s
}

// Close stops the evaluation of alarms, and returns when it has ended.
func (s *Service) Close() {
	s.cancel()
	s.work.Wait()
}

// Handler serves Smithy RPC v2 CBOR, the protocol of the SDK for Go, and awsJson, the protocol of other clients. Its
// signing name is "monitoring".
func (s *Service) Handler() http.Handler {
	operations := map[string]gateway.Operation{
		"DescribeAlarms": gateway.Op(s.describeAlarms),
		"GetMetricData":  gateway.Op(s.getMetricData),
		"PutMetricData":  gateway.Op(s.putMetricData),
	}
	inCBOR, inJSON := gateway.CBOR("cloudwatch", operations), gateway.JSON("cloudwatch", operations)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Content-Encoding") == "gzip" { // SDKs compress large requests of PutMetricData.
			plain, err := gzip.NewReader(r.Body)
			if err != nil {
				gateway.WriteError(w, r, gateway.Errorf("SerializationException", "the body is not in gzip: %v", err))
				return
			}
			r.Body = plain
		}
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
