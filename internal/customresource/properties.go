package customresource

import (
	"encoding/json"
	"fmt"
)

// Read reads the properties of a resource, which CloudFormation passes on as texts, lists of them and objects. Those that
// P does not have are left out: some are only for people, and in an update, or when one is taken back, a function may get
// what another version of it was to read. For the same reason P should hold no more than is needed.
func Read[P any](properties map[string]any) (P, error) {
	var p P
	content, err := json.Marshal(properties)
	if err == nil {
		err = json.Unmarshal(content, &p)
	}
	if err != nil {
		return p, fmt.Errorf("read the resource's properties: %w", err)
	}
	return p, nil
}
