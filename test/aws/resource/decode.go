package resource

import (
	"encoding/json"
	"fmt"
)

// Decode reads r's properties into a P. The fields of P have CloudFormation's property names. Like CloudFormation,
// Decode accepts "60" for a number, "true" for a boolean, and a number or a boolean for a text. It refuses a property
// that P does not have, by name: the emulation must not accept what it would ignore. Names are case-sensitive.
func Decode[P any](r Request) (P, error) {
	return decode[P](r.LogicalID, r.Properties)
}

// DecodePrevious does what Decode does for the last applied properties.
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
		return p, fmt.Errorf("properties of %s: the embedded AWS does not accept them: %w", logicalID, err)
	}
	return p, nil
}
