package sns

import (
	"github.com/oralake/oralake/test/aws/gateway"
)

// Keys find the KMS keys of encrypted topics. *kms.Service is one.
type Keys interface {
	Access(action, keyID, via string, context map[string]string) (gateway.Access, bool)
}

// Needs says as what the calls of roles are authorised. Who publishes to an encrypted topic needs its key: "Configure KMS permissions"
// of the developer guide.
func (s *Service) Needs(keys Keys) map[string]gateway.Needs {
	return map[string]gateway.Needs{
		"Publish": func(in gateway.Input) ([]gateway.Access, error) {
			arn := in.Form.Get("TopicArn")
			s.mu.Lock()
			t, found := s.topics[arn]
			needs := []gateway.Access{{Action: "sns:Publish", Resource: arn}}
			key := ""
			if found {
				needs[0].Policy, key = t.policy, t.key
			}
			s.mu.Unlock()
			if key == "" {
				return needs, nil
			}
			for _, action := range []string{"GenerateDataKey", "Decrypt"} {
				if a, ok := keys.Access(action, key, "sns", map[string]string{"aws:sns:topicArn": arn}); ok {
					needs = append(needs, a)
				}
			}
			return needs, nil
		},
	}
}
