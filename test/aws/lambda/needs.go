package lambda

import "github.com/oralake/oralake/test/aws/gateway"

// Needs says as what the calls of roles are authorised. Invoke has another name as an action.
func (s *Service) Needs() map[string]gateway.Needs {
	return map[string]gateway.Needs{"Invoke": func(in gateway.Input) ([]gateway.Access, error) {
		name, err := s.functionName(in.Request)
		if err != nil {
			return nil, err
		}
		return []gateway.Access{{Action: "lambda:InvokeFunction", Resource: s.account.ARN("lambda", "function:"+name)}}, nil
	}}
}
