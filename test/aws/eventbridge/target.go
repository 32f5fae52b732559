package eventbridge

import (
	"regexp"

	"github.com/oralake/oralake/test/aws/delivery"
)

// target is a target of a rule, in the form of CloudFormation. Other members, such as EcsParameters, are not
// implemented: the error names them.
type target struct {
	ID string `json:"Id"`
	delivery.Target
	InputTransformer *inputTransformer

	input func(*acceptedEvent) (string, error)
}

type inputTransformer struct {
	InputPathsMap map[string]string
	InputTemplate string
}

var targetID = regexp.MustCompile(`^[\.\-_A-Za-z0-9]{1,64}$`)

// check returns an error when the target is invalid. Otherwise it sets t.input.
func (s *Service) check(t *target) error {
	if !targetID.MatchString(t.ID) {
		return invalid("target Id %q: want 1 to 64 letters, digits, '.', '-' or '_'", t.ID)
	}
	if err := t.Target.Check(s.caller.Roles, "events"); err != nil {
		return err
	}
	var err error
	t.input, err = t.newInput()
	return err
}
