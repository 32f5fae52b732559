package lake_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/parquet-go/parquet-go"

	"github.com/oralake/oralake/internal/lake"
	"github.com/oralake/oralake/internal/lake/laketest"
)

// bucket is a bucket in memory. Its pages of a list have two objects.
type bucket map[string][]byte

func (b bucket) ListObjectsV2(
	_ context.Context, in *s3.ListObjectsV2Input, _ ...func(*s3.Options),
) (*s3.ListObjectsV2Output, error) {
	out := &s3.ListObjectsV2Output{}
	for _, name := range slices.Sorted(maps.Keys(b)) {
		if !strings.HasPrefix(name, *in.Prefix) || in.ContinuationToken != nil && name <= *in.ContinuationToken {
			continue
		}
		if len(out.Contents) == 2 {
			out.IsTruncated, out.NextContinuationToken = aws.Bool(true), out.Contents[1].Key
			break
		}
		out.Contents = append(out.Contents, types.Object{Key: &name})
	}
	return out, nil
}

func (b bucket) GetObject(
	_ context.Context, in *s3.GetObjectInput, _ ...func(*s3.Options),
) (*s3.GetObjectOutput, error) {
	body, ok := b[*in.Key]
	if !ok {
		return nil, &types.NoSuchKey{}
	}
	return &s3.GetObjectOutput{Body: io.NopCloser(bytes.NewReader(body))}, nil
}

func reader(b bucket) lake.Reader {
	return lake.Reader{Objects: b, Bucket: "lake", Timestamp: "ORALAKE_TS"}
}

// customer is a row of a file that was written before the table got its column C_COMMENT.
type customer struct {
	Op        string `parquet:"Op,optional"`
	Timestamp string `parquet:"ORALAKE_TS,optional"`
	SCN       string `parquet:"ORALAKE_SCN,optional"`
	Sequence  string `parquet:"ORALAKE_SEQ,optional"`
	Key       int64  `parquet:"C_CUSTKEY,decimal(0:10)"`
	Name      string `parquet:"C_NAME"`
	Balance   int64  `parquet:"C_ACCTBAL,decimal(2:15)"` // cents
}

// comment returns the row of a later file: with C_COMMENT, and with a wider type of the key.
func (c customer) comment(text *string) laketest.Row {
	return laketest.Row{
		Op: c.Op, Timestamp: c.Timestamp, Key: c.Key, Name: c.Name, Balance: c.Balance, Comment: text, SCN: c.SCN, Sequence: c.Sequence,
	}
}

// fileOf writes rows as a Parquet file.
func fileOf[T any](t interface {
	Fatal(...any)
	Helper()
}, rows ...T,
) []byte {
	t.Helper()
	var b bytes.Buffer
	w := parquet.NewGenericWriter[T](&b, parquet.MaxRowsPerRowGroup(3))
	if _, err := w.Write(rows); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// loaded is a customer of a full load.
func loaded(key int64, name string, cents int64) customer {
	return customer{Op: "I", Timestamp: "2026-11-22 02:00:00.000000", Key: key, Name: name, Balance: cents}
}

// changed is the n-th committed change, of a customer.
func changed(op string, n int, key int64, name string, cents int64) customer {
	return customer{
		Op: op, Timestamp: fmt.Sprintf("2026-11-22 03:00:%02d.000000", n), SCN: fmt.Sprint(1000 + n),
		Sequence: fmt.Sprintf("2026112203%02d0000%019d", n, n), Key: key, Name: name, Balance: cents,
	}
}

func read(t *testing.T, b bucket, folder string, keys ...string) *lake.Table {
	t.Helper()
	table, err := reader(b).Read(t.Context(), folder, keys...)
	if err != nil {
		t.Fatal(err)
	}
	return table
}
