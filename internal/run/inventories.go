package run

import (
	"context"

	"github.com/oralake/oralake/internal/lake"
	"github.com/oralake/oralake/internal/verdict"
)

// inventory is what the files of a table say that DMS reports as loaded.
type inventory struct {
	task  int // index of the table's task
	table verdict.Table
	found lake.Inventory
	err   error
}

// inventoriesAtOnce is how many tables' files are counted at the same time. Most tables have one file, whose footer is one call of S3.
const inventoriesAtOnce = 32

// inventories counts the files of each good table. It lists the folders of the run together, and reads the footers of the files.
func inventories(ctx context.Context, reader lake.Reader, doc *Document, judged []taskVerdict) (all []*inventory) {
	var folders []string
	for i, j := range judged {
		for _, t := range j.verdict.Tables {
			if t.Good {
				all = append(all, &inventory{task: i, table: t})
				folders = append(folders, doc.snapshotLocation(t.Table))
			}
		}
	}
	listed, err := reader.List(ctx, folders)
	inParallel(all, inventoriesAtOnce, func(one *inventory) {
		if one.err = err; err == nil {
			one.found, one.err = reader.InventoryOf(ctx, listed, doc.snapshotLocation(one.table.Table))
		}
	})
	return all
}
