package readers_test

import (
	"errors"
	"fmt"
	"path"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/glue"
	"github.com/aws/aws-sdk-go-v2/service/glue/types"

	"github.com/oralake/oralake/internal/lake"
)

// resolve finds out which snapshot of a table readers see.
type resolve func(table string) (lake.Current, error)

// byDocument reads the document of the table in the lake.
func (w *world) byDocument(table string) (lake.Current, error) {
	return w.Lake(w.outputs).Current(w.t.Context(), schema, table)
}

// byCatalog asks the Data Catalog, as Athena does. The catalog does not have the number of the rows: it is in the record of the run
// that has published the snapshot.
func (w *world) byCatalog(table string) (lake.Current, error) {
	out, err := glue.NewFromConfig(w.Admin()).GetTable(w.t.Context(), &glue.GetTableInput{
		DatabaseName: aws.String(w.outputs["CatalogDatabase"]), Name: aws.String(strings.ToLower(table)),
	})
	var missing *types.EntityNotFoundException
	if errors.As(err, &missing) {
		return lake.Current{}, fmt.Errorf("%w: %w", lake.ErrNotPublished, err)
	}
	if err != nil {
		return lake.Current{}, err
	}
	d := out.Table.StorageDescriptor
	c := lake.Current{Table: schema + "." + table, Location: aws.ToString(d.Location)}
	if c.Version, err = strconv.Atoi(out.Table.Parameters["oralake:version"]); err != nil {
		return lake.Current{}, err
	}
	_, c.Run, _ = strings.Cut(path.Base(path.Dir(strings.TrimSuffix(c.Location, "/"))), "__")
	for _, column := range d.Columns {
		c.Columns = append(c.Columns, lake.Column{Name: strings.ToUpper(aws.ToString(column.Name)), Type: aws.ToString(column.Type)})
	}
	for _, r := range w.TableRecords(w.outputs, schema+"."+table) {
		if r.Published.Changes() && r.Published.Run == c.Run {
			c.Rows = r.Rows
		}
	}
	return c, nil
}

// checkCatalog checks that the catalog and the document of a table show the same snapshot.
func (w *world) checkCatalog(table string, document lake.Current) {
	catalog, err := w.byCatalog(table)
	if err != nil || catalog.Location != document.Location || catalog.Version != document.Version {
		w.violated("%s in the catalog is %+v (%v), and its document says %+v", table, catalog, err, document)
	}
}
