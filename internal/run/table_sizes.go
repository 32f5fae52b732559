package run

import (
	"context"
	"log/slog"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/oralake/oralake/internal/records"
	"github.com/oralake/oralake/internal/verdict"
)

// size notes how many bytes each table that was loaded has in the lake now. DMS counts rows and no bytes, so the files
// are asked. Those of a job that follows changes are not counted: they grow by thousands a month. That the lake does not
// tell is no reason to have no record.
func (r Record) size(ctx context.Context, log *slog.Logger, run *Document, record *records.Run, tables []records.Table, judged []taskVerdict) {
	if run.Type.Continuous() {
		return
	}
	folder := map[string]verdict.Table{}
	for _, j := range judged {
		for _, t := range j.verdict.Tables {
			folder[t.String()] = t
		}
	}
	for i := range tables {
		table := &tables[i]
		if !table.Good {
			continue
		}
		t := folder[table.Table]
		bytes, err := r.listed(ctx, r.LakeFolder+"/"+t.TargetSchema+"/"+t.TargetName+"/")
		if err != nil {
			log.Warn("sizes are not known", "task", table.Task, "reason", err.Error())
			return
		}
		table.Bytes = bytes
		record.Bytes += bytes
	}
}

// listed sums the sizes of the files below a folder.
func (r Record) listed(ctx context.Context, folder string) (bytes int64, err error) {
	pages := s3.NewListObjectsV2Paginator(r.Lake, &s3.ListObjectsV2Input{Bucket: aws.String(r.LakeBucket), Prefix: &folder})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return 0, err
		}
		for _, object := range page.Contents {
			bytes += aws.ToInt64(object.Size)
		}
	}
	return bytes, nil
}
