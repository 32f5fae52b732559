package resource

import (
	"encoding/json"
	"fmt"
)

// Decode reads r's properties into a P, whose fields are named as CloudFormation names the properties. As
// CloudFormation does, it takes "60" where a number is wanted, "true" where a boolean is, and a number or a boolean
// where a text is. A property that P does not have is refused by its name, which counts to the letter: what the
// emulation would ignore, it must not accept.
func Decode[P any](r Request) (P, error) {
	return decode[P](r.LogicalID, r.Properties)
}

// DecodePrevious is Decode for the properties last applied.
func DecodePrevious[P any](r Request) (P, error) {
	return decode[P](r.LogicalID, r.Previous)
}

func decode[P any](logicalID string, properties json.RawMessage) (P, error) {
	var p P
	if len(properties) == 0 {
		return p, nil
	}
	fitting, err := fit[P](properties)
	if err == nil {
		err = json.Unmarshal(fitting, &p)
	}
	if err != nil {
		return p, fmt.Errorf("properties of %s: the embedded AWS does not take them: %w", logicalID, err)
	}
	return p, nil
}
