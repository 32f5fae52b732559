package sqs

import (
	"strings"

	"github.com/oralake/oralake/test/aws/gateway"
)

// Needs says as what the calls of roles, and of services that act as themselves, are authorised.
func (s *Service) Needs() map[string]gateway.Needs {
	needs := func(action string) gateway.Needs {
		return gateway.NeedsOf(func(in struct {
			QueueURL string `json:"QueueUrl"`
		},
		) []gateway.Access {
			name := in.QueueURL[strings.LastIndexByte(in.QueueURL, '/')+1:]
			return []gateway.Access{{Action: action, Resource: s.acct.ARN("sqs", name), Policy: s.Policy(in.QueueURL)}}
		})
	}
	return map[string]gateway.Needs{
		"GetQueueAttributes": needs("sqs:GetQueueAttributes"), "SendMessage": needs("sqs:SendMessage"),
		"ReceiveMessage": needs("sqs:ReceiveMessage"),
	}
}
