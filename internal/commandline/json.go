package commandline

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// jsonVersion is the version of all JSON that the program prints. A release that removes or renames a member, or changes what one
// means, raises it. A new member does not.
const jsonVersion = 1

// printJSON prints an object as indented JSON, with its version as the first member.
func (s *session) printJSON(object any) error {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(object); err != nil {
		return fmt.Errorf("write the result as JSON: %w", err)
	}
	members, isObject := bytes.CutPrefix(b.Bytes(), []byte("{"))
	if !isObject {
		return fmt.Errorf("write the result as JSON: %T is not an object", object)
	}
	separator := ","
	if bytes.HasPrefix(members, []byte("}")) {
		separator = ""
	}
	var indented bytes.Buffer
	versioned := fmt.Appendf(nil, `{"version":%d%s%s`, jsonVersion, separator, members)
	if err := json.Indent(&indented, versioned, "", "  "); err != nil {
		return fmt.Errorf("write the result as JSON: %w", err)
	}
	_, err := s.Stdout.Write(indented.Bytes())
	return err
}
