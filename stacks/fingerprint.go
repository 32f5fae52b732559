package stacks

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
)

// fingerprint changes when the properties of a resource change. What CloudFormation fills in is left out: the placeholders for
// it have other numbers at every synthesis.
func fingerprint(properties any) string {
	document, err := plain(properties)
	if err != nil {
		panic(err) // Properties of resources always have a JSON form.
	}
	content, err := json.Marshal(document)
	if err != nil {
		panic(err)
	}
	sum := sha256.Sum256(token.ReplaceAll(content, []byte("?")))
	return hex.EncodeToString(sum[:6])
}

// plain is a struct as the maps and lists of its JSON form, without what is not set.
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

// prune takes out the members that are null.
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
