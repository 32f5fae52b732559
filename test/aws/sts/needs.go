package sts

import "github.com/oralake/oralake/test/aws/gateway"

// Needs says as what the calls of roles are authorised. GetCallerIdentity needs no permission, says the API reference.
func (s *Service) Needs() map[string]gateway.Needs {
	return map[string]gateway.Needs{
		"GetCallerIdentity": func(gateway.Input) ([]gateway.Access, error) { return nil, nil },
	}
}
