package department

import (
	"bytes"
	"encoding/json"
	"fmt"
)

//go:generate go test -run ^TestSchemaIsCurrent$ . -update

// Schema is the JSON Schema of a department's file, for editors: it completes and explains keys and finds most mistakes
// while they are made. Draft 7 is what YAML language servers understand best.
func Schema() ([]byte, error) {
	s := fileKeys().Schema()
	s.Schema = "http://json-schema.org/draft-07/schema#"
	s.Title = "A department of oralake"
	s.Description = "Which Oracle tables move to the lake, how and when."
	compact, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("write the schema of department files: %w", err)
	}
	var out bytes.Buffer
	if err := json.Indent(&out, compact, "", "  "); err != nil {
		return nil, fmt.Errorf("write the schema of department files: %w", err)
	}
	out.WriteByte('\n')
	return out.Bytes(), nil
}
