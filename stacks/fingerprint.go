package stacks

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
)

// fingerprint returns a short hash of a resource's properties, which changes when the properties change. It ignores values
// that CloudFormation fills in: the CDK's placeholders for them have other numbers at every synthesis.
func fingerprint(properties any) string {
	document, err := plain(properties)
	if err != nil {
		panic(err) // unreachable: properties of resources can be written as JSON
	}
	content, err := json.Marshal(document)
	if err != nil {
		panic(err)
	}
	sum := sha256.Sum256(token.ReplaceAll(content, []byte("?")))
	return hex.EncodeToString(sum[:6])
}

// plain returns the maps and lists of a struct's JSON form, without null values.
func plain(structure any) (map[string]any, error) {
	content, err := json.Marshal(structure)
	if err != nil {
		return nil, fmt.Errorf("write %T as JSON: %w", structure, err)
	}
	var document map[string]any
	if err := json.Unmarshal(content, &document); err != nil {
		return nil, fmt.Errorf("write %T as JSON: %w", structure, err)
	}
	prune(document)
	return document, nil
}

// prune removes the members that are null.
func prune(document map[string]any) {
	for key, value := range document {
		switch value := value.(type) {
		case nil:
			delete(document, key)
		case map[string]any:
			prune(value)
		}
	}
}
