package department

import (
	"bytes"
	"encoding/json"
	"fmt"
)

//go:generate go test -run ^TestSchemaIsCurrent$ . -update

// Schema returns the JSON Schema of a department's file. With it an editor completes and explains keys, and shows most
// mistakes immediately. It is Draft 7, which YAML language servers support best.
func Schema() ([]byte, error) {
	s := fileKeys().Schema()
	s.Schema = "http://json-schema.org/draft-07/schema#"
	s.Title = "A department of oralake"
	s.Description = "Which Oracle tables oralake loads into the lake, how and when."
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
