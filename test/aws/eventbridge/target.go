package eventbridge

import (
	"regexp"

	"github.com/oralake/oralake/test/aws/delivery"
)

// target is what a rule hands its events to, as CloudFormation spells it. Its other members, such as EcsParameters, are
// refused by name.
type target struct {
	ID string `json:"Id"`
	delivery.Target
	InputTransformer *inputTransformer

	input func(*arrived) (string, error)
}

type inputTransformer struct {
	InputPathsMap map[string]string
	InputTemplate string
}

var targetID = regexp.MustCompile(`^[\.\-_A-Za-z0-9]{1,64}$`)

// check fills in what the target's members mean, and says why they cannot be meant.
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
