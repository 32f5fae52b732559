package department

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/oralake/oralake/internal/yamlschema"
)

// slug is the pattern of job names. A job's name is part of AWS names. A DMS task identifier has letters, digits and single
// hyphens, and does not end in a hyphen.
const slug = `^[a-z][a-z0-9]*(-[a-z0-9]+)*$`

// slugText is text that matches slug and has at most longest characters. noun names the thing in messages.
func slugText(noun, example string, longest int) yamlschema.Text {
	return yamlschema.Text{
		Pattern: slug, Example: example,
		Form: "lower-case letters and digits with single hyphens between, beginning with a letter",
		Tidy: func(v string) string {
			return strings.Join(strings.FieldsFunc(strings.ToLower(v), func(c rune) bool { return strings.ContainsRune("-_ .", c) }), "-")
		},
		Check: func(v string) *yamlschema.Fault {
			if len(v) <= longest {
				return nil
			}
			return yamlschema.Faultf("shorten it", "%s has %d characters: %s has at most %d, to fit into AWS names",
				yamlschema.Clipped(v), len(v), noun, longest)
		},
	}
}

// departmentName has no hyphen. Tasks are named oralake-DEPARTMENT-JOB-NUMBER, so with a hyphen tasks of two departments
// could have the same name. The name account is reserved for the stack oralake-account.
var departmentName = yamlschema.Text{
	Pattern: `^[a-z][a-z0-9]*$`, Form: "lower-case letters and digits, beginning with a letter", Example: "sales",
	Tidy: yamlschema.Fold,
	Check: func(v string) *yamlschema.Fault {
		switch {
		case len(v) > 24:
			return yamlschema.Faultf("shorten it", "%s has %d characters: a department's name has at most 24, to fit into AWS names",
				yamlschema.Clipped(v), len(v))
		case v == "account":
			return yamlschema.Faultf("choose another name", "account is reserved: the stack oralake-account serves all departments of an AWS account")
		}
		return nil
	},
}

// lakeName is a name that S3 keys, Glue and Athena accept.
var lakeName = yamlschema.Text{
	Pattern: `^[A-Za-z][A-Za-z0-9_]{0,127}$`,
	Form:    "a letter and then letters, digits and underscores, at most 128",
	Example: "RETAIL",
}

// defaultEngine is the DMS engine version of a file that names none.
const defaultEngine = "3.6.1"

var engine = regexp.MustCompile(`^([0-9]+)\.([0-9]+)\.([0-9]+)$`)

// oldestEngine is the oldest DMS version of which AWS still creates instances (CHAP_ReleaseNotes: none of 3.5.3 since
// February 2026).
var oldestEngine = [3]int{3, 5, 4}

func checkEngine(v string) *yamlschema.Fault {
	var have [3]int
	for i, digits := range engine.FindStringSubmatch(v)[1:] {
		if _, err := fmt.Sscanf(digits, "%d", &have[i]); err != nil || len(digits) > 4 {
			return yamlschema.Faultf("write a version such as 3.6.1", "engine version %s has a number that is too large", yamlschema.Quoted(v))
		}
	}
	for i := range have {
		switch {
		case have[i] > oldestEngine[i]:
			return nil
		case have[i] < oldestEngine[i]:
			return yamlschema.Faultf("write 3.6.1 or a later version", "engine version %s is retired: AWS creates no new instances of it", v)
		}
	}
	return nil
}

// endingEngine reports whether AWS creates no new instances of the version from some day between autumn 2026 and 31 January
// 2027 on (CHAP_ReleaseNotes; the copies disagree).
func endingEngine(v string) bool { return strings.HasPrefix(v, "3.5.") }
