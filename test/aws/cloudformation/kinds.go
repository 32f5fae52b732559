package cloudformation

import (
	"regexp"
	"strings"

	"github.com/oralake/oralake/test/aws/resource"
)

// kinds has the resource types that a template can use: the types of the services, and custom resources, whose names
// start with "Custom::".
type kinds struct {
	named  resource.Types
	custom customResources
}

// kind is one resource type.
type kind struct {
	resource.Type
	// custom is true for a custom resource, which a Lambda function of the user implements.
	custom bool
}

func (k kinds) find(name string) (kind, bool) {
	if isCustom(name) {
		return kind{Type: k.custom.kind(name), custom: true}, true
	}
	t, ok := k.named[name]
	return kind{Type: t}, ok
}

// hasStackTags reports whether the resource has the tags of the stack too. The function of a custom resource receives
// only the properties.
func (k kind) hasStackTags() bool { return k.Update != nil && !k.custom }

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
	return validation("%s is no name for a type of custom resources: after Custom::, use letters, digits, _, @ and -, "+
		"and at most %d characters in total (logical id %s)", name, maxCustomName, id)
}
