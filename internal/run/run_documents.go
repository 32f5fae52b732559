package run

import (
	"strings"

	"github.com/oralake/oralake/internal/contract"
	"github.com/oralake/oralake/internal/records"
)

// RunObjectAddress returns the address of a document of a run: runs/JOB/START-EXECUTION/NAME in the lake.
func RunObjectAddress(lakeBucket string, doc *Document, name string) contract.Address {
	folder := strings.NewReplacer("#", "-", ":", "-").
		Replace(strings.TrimPrefix(records.RunKey(doc.StartedAt, doc.Execution), "RUN#"))
	return contract.Address{
		Bucket: lakeBucket, Key: strings.Join([]string{contract.RunsFolder, doc.Request.Job, folder, name}, "/"),
	}
}
