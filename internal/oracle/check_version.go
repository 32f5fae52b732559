package oracle

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
)

// release is the release of a database, such as 12.2. It is zero if it is not known.
type release struct{ major, minor int }

// parseRelease reads a version such as 12.2.0.1.0. It returns zero for a text that is none.
func parseRelease(version string) release {
	parts := strings.SplitN(version, ".", 3)
	major, err := strconv.Atoi(parts[0])
	if err != nil || len(parts) < 2 {
		return release{}
	}
	minor, _ := strconv.Atoi(parts[1]) // 0 if it is not a number
	return release{major, minor}
}

func (r release) before(other release) bool {
	return cmp.Or(cmp.Compare(r.major, other.major), cmp.Compare(r.minor, other.minor)) < 0
}

func (r release) known() bool { return r != release{} }

// The releases that DMS reads (CHAP_Introduction.Sources: "11g and up to 12.2, 18c, and 19c"). It also reads 10.2, whose dictionary
// lacks columns that the check reads.
var (
	firstRelease = release{11, 0}
	afterRelease = release{20, 0} // the first that the guide does not list: 19c is followed by 21c
)

// checkRelease checks the release and the edition of the database.
func (c *checker) checkRelease() {
	const name = "oracle-validate-supported-versions-of-source"
	version := c.report.Database.Version
	switch r := c.release; {
	case !r.known():
		c.database(Warning, name, "", "the release of the database is not known: DMS reads Oracle 10.2 to 19c")
	case r.before(firstRelease):
		c.database(Warning, name, "", "Oracle %s is older than the releases whose dictionary this check knows, from 11.2 on: DMS reads Oracle from 10.2 on, "+
			"and parts of this check may be missing", version)
	case !r.before(afterRelease):
		c.database(Warning, name, "", "the DMS guide lists Oracle up to 19c, and not %s: what DMS does with it is not known", version)
	}
	c.checkEdition()
}

// checkEdition checks kinds of databases that DMS does not follow.
func (c *checker) checkEdition() {
	if c.known.autonomous {
		level := Warning
		if c.needs.CDC {
			level = Failed
		}
		c.database(level, "oralake-autonomous-database", "", "this is an Autonomous Database: DMS does not support it")
	}
	// From release 18 on the edition is a part of the product's name.
	if c.needs.CDC && strings.Contains(c.known.product, "Express Edition") && !c.release.before(release{18, 0}) {
		c.database(Failed, "oracle-check-cdc-support-express-edition", toFullLoad,
			"this is %s: DMS does not follow the changes of an Express Edition from 18c on", strings.TrimSpace(c.known.product))
	}
}

// database adds a finding about the whole database.
func (c *checker) database(s Severity, assessment, fix, format string, args ...any) {
	c.report.add(Finding{Assessment: assessment, Severity: s, Text: fmt.Sprintf(format, args...), Fix: fix})
}
