package department

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/oralake/oralake/internal/yamlschema"
)

// The values of lake.catalog.
const (
	CatalogGlue = "glue"
	CatalogOff  = "off"
)

// CatalogName returns the name in the Data Catalog of a table or column with that name in the lake. Glue folds names to lower case.
func CatalogName(name string) string { return strings.ToLower(name) }

// readable matches the names that Athena supports ("Name databases, tables, and columns").
var readable = regexp.MustCompile(`^[a-z0-9_]+$`)

// Readable says that queries can use the name in the Data Catalog of a table or column. Athena supports letters, digits and _. Queries
// that use other names may fail.
func Readable(name string) bool { return readable.MatchString(CatalogName(name)) }

// checkCatalog fills in the defaults of lake.catalog and lake.database, and refuses values that contradict others.
func checkCatalog(d *yamlschema.Decoder, n *yamlschema.Node, dep *Department) {
	lake := n.Get("lake")
	if lake != nil && lake.Refused() {
		return
	}
	off, fix := "", ""
	switch {
	case dep.Lake.Format == "csv":
		off = fmt.Sprintf("lake.format (line %d) is csv, and the catalog takes the columns of a table from its Parquet files", lake.Get("format").Line)
		fix = "write format: parquet, or remove this key"
		if dep.Lake.Catalog == CatalogGlue {
			d.Refuse(lake.Get("catalog"), yamlschema.Faultf(fix, "lake.catalog is glue, but %s", off))
		}
		dep.Lake.Catalog = CatalogOff
	case dep.Lake.Catalog == CatalogOff:
		off = fmt.Sprintf("lake.catalog (line %d) is off", lake.Get("catalog").Line)
		fix = "remove it, or catalog: off"
	default:
		dep.Lake.Catalog = CatalogGlue
		if dep.Lake.Database == "" {
			dep.Lake.Database = "oralake_" + dep.Name
		}
		return
	}
	if v := lake.Get("database"); v != nil && !v.Refused() {
		d.Refuse(v, yamlschema.Faultf(fix, "lake.database has no effect: %s", off))
	}
}

// catalogWarnings names the tables whose names in the catalog queries may not be able to use.
func (d *Department) catalogWarnings() []Warning {
	if d.Lake.Catalog != CatalogGlue {
		return nil
	}
	var names []string
	for _, j := range d.Jobs {
		for _, t := range j.Tables {
			if _, name := t.Target(); j.Type == FullLoad && !Readable(name) {
				names = append(names, t.String())
			}
		}
	}
	if len(names) == 0 {
		return nil
	}
	return []Warning{{"catalog", "queries in Athena may not be able to use the names of " + yamlschema.Listed(names, "and") + ": it supports " +
		"letters, digits and _ only; give each a name with rename: {table: NAME}"}}
}
