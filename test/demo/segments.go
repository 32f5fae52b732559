package demo

import (
	"context"
	"fmt"
	"path"
	"regexp"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// segmentFile matches the names that DMS gives the files of a range.
var segmentFile = regexp.MustCompile(`^SEGMENT([0-9]+)_LOAD`)

// countSegments counts the ranges with files below a prefix; 0 for a table that was loaded without ranges.
func countSegments(ctx context.Context, api *s3.Client, bucket, prefix string) (int, error) {
	segments := map[string]bool{}
	pages := s3.NewListObjectsV2Paginator(api, &s3.ListObjectsV2Input{Bucket: &bucket, Prefix: &prefix})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return 0, fmt.Errorf("list s3://%s/%s: %w", bucket, prefix, err)
		}
		for _, object := range page.Contents {
			if m := segmentFile.FindStringSubmatch(path.Base(aws.ToString(object.Key))); m != nil {
				segments[m[1]] = true
			}
		}
	}
	return len(segments), nil
}
