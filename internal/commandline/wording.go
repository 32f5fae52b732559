package commandline

import (
	"strconv"

	"github.com/oralake/oralake/internal/yamlschema"
)

func number(n int) string { return strconv.Itoa(n) }

// counted returns a number with its unit, such as "1 file" and "2 files".
func counted(n int, unit string) string { return strconv.Itoa(n) + " " + yamlschema.Plural(n, unit) }
