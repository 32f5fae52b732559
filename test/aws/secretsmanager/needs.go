package secretsmanager

import (
	"strings"

	"github.com/oralake/oralake/test/aws/gateway"
)

// Keys are the KMS keys of the account.
type Keys interface {
	// Access is an action on a key that the caller of a service needs; ok is false for a key that AWS manages.
	Access(action, keyID, via string, context map[string]string) (a gateway.Access, ok bool)
}

// UseKeys makes reading a secret with a key of its own need that key. The caller calls UseKeys before the first request.
func (s *Service) UseKeys(keys Keys) { s.keys = keys }

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
				return append(s.keyNeeds(action, x), gateway.Access{Action: action, Resource: x.arn})
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

// keyNeeds is the permission to decrypt a secret that has a key of its own: Secrets Manager asks KMS in the name of its caller
// ("Secret encryption and decryption in AWS Secrets Manager" of the user guide).
func (s *Service) keyNeeds(action string, x *secret) []gateway.Access {
	if s.keys == nil || x.kms == "" || action != "secretsmanager:GetSecretValue" {
		return nil
	}
	if a, ok := s.keys.Access("Decrypt", x.kms, "secretsmanager", map[string]string{"SecretARN": x.arn}); ok {
		return []gateway.Access{a}
	}
	return nil
}
