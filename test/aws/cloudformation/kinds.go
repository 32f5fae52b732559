package cloudformation

import (
	"regexp"
	"strings"

	"github.com/oralake/oralake/test/aws/resource"
)

// kinds are the resource types that a template may name: those of the services, and the custom ones, which have any
// name after "Custom::".
type kinds struct {
	named  resource.Types
	custom customResources
}

// kind is one resource type.
type kind struct {
	resource.Type
	// custom says that a function of the user's own is behind the type.
	custom bool
}

func (k kinds) find(name string) (kind, bool) {
	if isCustom(name) {
		return kind{Type: k.custom.kind(name), custom: true}, true
	}
	t, ok := k.named[name]
	return kind{Type: t}, ok
}

// tagged tells whether the stack's tags are the resource's too. A function is told of its properties only.
func (k kind) tagged() bool { return k.Update != nil && !k.custom }

func isCustom(name string) bool {
	return name == "AWS::CloudFormation::CustomResource" || strings.HasPrefix(name, "Custom::")
}

// Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref.html
var customName = regexp.MustCompile(`^Custom::[\w@-]+$`)

const maxCustomName = 60 // characters, "Custom::" included

func checkCustomName(id, name string) error {
	if !strings.HasPrefix(name, "Custom::") || customName.MatchString(name) && len(name) <= maxCustomName {
		return nil
	}
	return validation("%s is no name for a type of custom resources: after Custom:: it must be letters, digits and _@-, "+
		"%d characters in all at most (logical id %s)", name, maxCustomName, id)
}
