package secretsmanager

import (
	"strings"

	"github.com/oralake/oralake/test/aws/gateway"
)

// Needs says as what the calls of roles are authorised. A secret that does not exist has the given name for its ARN, with question
// marks for the six characters that only an existing one has.
func (s *Service) Needs() map[string]gateway.Needs {
	needs := func(action string) gateway.Needs {
		return gateway.NeedsOf(func(in struct {
			SecretID string `json:"SecretId"`
		},
		) []gateway.Access {
			s.mu.RLock()
			defer s.mu.RUnlock()
			if x, ok := s.find(in.SecretID); ok {
				return []gateway.Access{{Action: action, Resource: x.arn}}
			}
			if strings.HasPrefix(in.SecretID, "arn:") {
				return []gateway.Access{{Action: action, Resource: in.SecretID}}
			}
			return []gateway.Access{{Action: action, Resource: s.acct.ARN("secretsmanager", "secret:"+in.SecretID+"-??????")}}
		})
	}
	return map[string]gateway.Needs{
		"GetSecretValue": needs("secretsmanager:GetSecretValue"), "DescribeSecret": needs("secretsmanager:DescribeSecret"),
	}
}
