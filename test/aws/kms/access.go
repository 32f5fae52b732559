package kms

import (
	"strings"

	"github.com/oralake/oralake/test/aws/gateway"
)

// Access is an action on a key that a caller of a service needs, because the service calls KMS for it. via is the service, such as "s3";
// context is the encryption context that it gives. ok is false for a key that AWS manages: its policy lets everybody in the account use
// it through the service. The key is an id or an ARN. Sources: "kms:ViaService" and "Key policies in AWS KMS" of the developer guide.
func (s *Service) Access(action, keyID, via string, context map[string]string) (a gateway.Access, ok bool) {
	if strings.Contains(keyID, "alias/aws/") {
		return gateway.Access{}, false
	}
	a = gateway.Access{
		Action: "kms:" + action, Resource: keyID, PolicyDecides: true,
		Keys: map[string][]string{
			"kms:viaservice": {via + "." + s.acct.Region + ".amazonaws.com"}, "kms:calleraccount": {s.acct.ID},
		},
	}
	for name, value := range context {
		a.Keys["kms:encryptioncontext:"+strings.ToLower(name)] = []string{value}
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	k, found := s.find(keyID)
	if !found {
		return gateway.Access{}, false // The service says that the key does not exist.
	}
	a.Resource, a.Policy = k.arn, string(k.policy)
	return a, true
}
