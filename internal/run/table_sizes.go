package run

import (
	"context"
	"log/slog"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/oralake/oralake/internal/contract"
	"github.com/oralake/oralake/internal/records"
	"github.com/oralake/oralake/internal/verdict"
)

// ObjectLister lists S3 objects.
type ObjectLister interface {
	ListObjectsV2(context.Context, *s3.ListObjectsV2Input, ...func(*s3.Options)) (*s3.ListObjectsV2Output, error)
}

// measureSizes notes in the records how many bytes the files of each loaded table have in the lake. DMS counts no bytes, so it
// lists the files. It does not list those of a job that follows changes, because they grow by thousands a month. A missing size
// never blocks the record.
func (r Record) measureSizes(
	ctx context.Context, log *slog.Logger, doc *Document, record *records.Run, tables []records.Table, judged []taskVerdict,
) {
	if doc.Type.Continuous() {
		return
	}
	byName := map[string]verdict.Table{}
	for _, j := range judged {
		for _, t := range j.verdict.Tables {
			byName[t.String()] = t
		}
	}
	for i := range tables {
		table := &tables[i]
		if !table.Good {
			continue
		}
		t := byName[table.Table]
		bytes, err := r.folderSize(ctx, contract.FullFolder+"/"+t.TargetSchema+"/"+t.TargetName+"/")
		if err != nil {
			log.Warn("the sizes of the tables are unknown", "task", table.Task, "reason", err.Error())
			return
		}
		table.Bytes = bytes
		record.Bytes += bytes
	}
}

// folderSize returns the total size of the files in a folder of the lake, in bytes.
func (r Record) folderSize(ctx context.Context, folder string) (bytes int64, err error) {
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
