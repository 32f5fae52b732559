package dms_test

import (
	"flag"
	"io"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"
	"github.com/aws/aws-sdk-go-v2/service/databasemigrationservice/types"

	"github.com/oralake/oralake/test/aws/dms"
	"github.com/oralake/oralake/test/oracledb"
)

var (
	benchScale = flag.Float64("scale", 0.01, "scale factor of TPC-H in BenchmarkFullLoad")
	benchDir   = flag.String("tpch", "", "where BenchmarkFullLoad keeps TPC-H, to generate it once")
)

// BenchmarkFullLoad loads all of TPC-H into Parquet in an S3 that stores nothing. -scale=1 is the full scale factor 1.
func BenchmarkFullLoad(b *testing.B) {
	dir := *benchDir
	if dir == "" {
		dir = b.TempDir()
	}
	if err := oracledb.Generate(b.Context(), dir, *benchScale, nil); err != nil {
		b.Fatal(err)
	}
	database, err := oracledb.Open(dir)
	if err != nil {
		b.Fatal(err)
	}
	c := newCloudWith(b, database, parquetSet, dms.Options{Delays: &dms.Delays{}})
	c.gateway.Handle("s3", http.HandlerFunc(discard))
	rows := int64(0)
	for b.Loop() {
		rows += c.loadAll()
	}
	b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "rows/s")
	b.ReportMetric(peakMiB(b), "peakMiB")
}

// loadAll loads the schema SALES with a new task and returns the number of rows.
func (c *cloud) loadAll() (rows int64) {
	c.testedNow()
	arn := c.mustCreate("all-"+strconv.Itoa(c.dms.Tasks()), types.MigrationTypeValueFullLoad, rules(selects("include", "SALES.%")), "")
	c.until(arn, "ready")
	if err := c.start(arn, types.StartReplicationTaskTypeValueStartReplication); err != nil {
		c.t.Fatal(err)
	}
	c.until(arn, "stopped")
	out, err := c.client.DescribeTableStatistics(c.ctx, &databasemigrationservice.DescribeTableStatisticsInput{ReplicationTaskArn: &arn})
	if err != nil {
		c.t.Fatal(err)
	}
	for _, t := range out.TableStatistics {
		if *t.TableState != "Table completed" {
			c.t.Fatalf("%s: %s\n%s", *t.TableName, *t.TableState, c.log)
		}
		rows += t.FullLoadRows
	}
	return rows
}

func (c *cloud) until(arn, status string) {
	for *c.describe(arn).Status != status {
		time.Sleep(200 * time.Millisecond)
	}
}

func (c *cloud) testedNow() {
	for _, e := range []string{c.from, c.to} {
		if _, err := c.client.TestConnection(c.ctx, &databasemigrationservice.TestConnectionInput{
			EndpointArn: &e, ReplicationInstanceArn: aws.String(c.instance),
		}); err != nil {
			c.t.Fatal(err)
		}
		for status := ""; status != "successful"; time.Sleep(10 * time.Millisecond) {
			status, _ = c.connection(e)
		}
	}
}

// discard is an S3 that accepts every request and stores nothing.
func discard(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body) // a caller that closed the connection needs no answer
	w.Header().Set("ETag", `"x"`)
	query := r.URL.Query()
	switch {
	case r.Method == http.MethodPost && query.Has("uploads"):
		_, _ = io.WriteString(w, `<InitiateMultipartUploadResult><UploadId>x</UploadId></InitiateMultipartUploadResult>`)
	case r.Method == http.MethodPost:
		_, _ = io.WriteString(w, `<CompleteMultipartUploadResult/>`)
	case r.Method == http.MethodGet:
		_, _ = io.WriteString(w, `<ListBucketResult/>`)
	}
}

var highWater = regexp.MustCompile(`VmHWM:\s+(\d+) kB`)

// peakMiB returns the peak memory of this process in MiB, or 0 where the system does not report it.
func peakMiB(b *testing.B) float64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	m := highWater.FindSubmatch(status)
	if m == nil {
		return 0
	}
	kb, err := strconv.ParseFloat(string(m[1]), 64)
	if err != nil {
		b.Fatal(err)
	}
	return kb / 1024
}
