package dms_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"
	"github.com/aws/aws-sdk-go-v2/service/databasemigrationservice/types"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/oralake/oralake/test/aws/account"
	"github.com/oralake/oralake/test/aws/dms"
	"github.com/oralake/oralake/test/aws/s3"
	"github.com/oralake/oralake/test/cputime"
	"github.com/oralake/oralake/test/oracledb"
)

// manyTables returns a source with n tables T00000, T00001 and so on, with two rows each. SQLite needs a time of n times n
// to create them, because it reads all definitions for each table: one second for 4,000 and ten for 10,000.
func manyTables(t testing.TB, n int) *oracledb.Database {
	t.Helper()
	var script strings.Builder
	for i := range n {
		fmt.Fprintf(&script, `CREATE TABLE T%05d (ID NUMBER(10) NOT NULL PRIMARY KEY, NAME VARCHAR2(40), PAID NUMBER(15, 2),
			SEEN DATE, CHANGED TIMESTAMP, NOTE VARCHAR2(200));
			INSERT INTO T%05[1]d VALUES (1, 'one', 1.25, '2024-01-01', '2024-01-01 10:00:00', NULL), (2, 'two', -7, NULL, NULL, 'x');`, i)
	}
	dir := t.TempDir()
	if err := oracledb.Create(dir, "SALES", script.String()); err != nil {
		t.Fatal(err)
	}
	database, err := oracledb.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := database.Close(); err != nil {
			t.Error(err)
		}
	})
	return database
}

// wholeLoad does a full load of n tables: it reads the dictionary, names every table in the mappings, loads all tables into
// the embedded S3, and reads the statistics.
func wholeLoad(t testing.TB, database *oracledb.Database, n int) {
	t.Helper()
	registry := &oracledb.Registry{}
	oracle := oracledb.Oracle{Host: "oracle.shop", Port: 1521, Service: "SHOPPDB", Username: "DMS", Password: "tiger"}
	registry.Add(oracle, database)
	db := registry.Open(oracle)
	var columns int
	if err := db.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM all_tab_cols").Scan(&columns); err != nil || columns != 6*n {
		t.Fatalf("%d columns in the dictionary, want %d: %v", columns, 6*n, err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}

	c := newCloudWith(t, database, parquetSet, dms.Options{Delays: &dms.Delays{}})
	defer c.dms.Close()
	store, err := s3.New(account.Account{ID: "111122223333", Region: "eu-west-1"}, "")
	if err != nil {
		t.Fatal(err)
	}
	c.gateway.Handle("s3", store.Handler())
	if _, err := c.s3.CreateBucket(c.ctx, &awss3.CreateBucketInput{Bucket: aws.String("lake")}); err != nil {
		t.Fatal(err)
	}
	var selections []string
	for i := range n {
		selections = append(selections, selects("explicit", fmt.Sprintf("SALES.T%05d", i)))
	}
	c.testedNow()
	arn := c.mustCreate("many", types.MigrationTypeValueFullLoad, rules(selections...), "")
	c.until(arn, "ready")
	if err := c.start(arn, types.StartReplicationTaskTypeValueStartReplication); err != nil {
		t.Fatal(err)
	}
	c.until(arn, "stopped")
	tables, rows := 0, int64(0)
	pages := databasemigrationservice.NewDescribeTableStatisticsPaginator(c.client,
		&databasemigrationservice.DescribeTableStatisticsInput{ReplicationTaskArn: &arn, MaxRecords: aws.Int32(500)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(c.ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, table := range page.TableStatistics {
			if *table.TableState == "Table completed" {
				tables++
				rows += table.FullLoadRows
			}
		}
	}
	if tables != n || rows != 2*int64(n) {
		t.Fatalf("%d tables with %d rows are loaded, want %d with %d:\n%.1000s", tables, rows, n, 2*n, c.log)
	}
}

// BenchmarkManyTables does a full load of small tables. The name of a sub-benchmark is the number of tables.
func BenchmarkManyTables(b *testing.B) {
	for _, n := range []int{500, 4_000, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			database := manyTables(b, n)
			began := cputime.Used()
			for b.Loop() {
				wholeLoad(b, database, n)
			}
			perTable := (cputime.Used() - began) / time.Duration(b.N*n)
			b.ReportMetric(float64(perTable.Microseconds())/1000, "cpu-ms/table")
		})
	}
}

// TestLoadGrowsWithItsTables checks that eight times as many tables take about eight times as long, not 64 times. It
// measures processor time, so that other work of the machine does not count.
func TestLoadGrowsWithItsTables(t *testing.T) {
	few, growth := 500, 8
	if testing.Short() {
		few = 100
	}
	perTable := func(n int) time.Duration {
		database := manyTables(t, n)
		began := cputime.Used()
		wholeLoad(t, database, n)
		return (cputime.Used() - began) / time.Duration(n)
	}
	perTable(few) // excludes the work that a process does once
	one, many := perTable(few), perTable(growth*few)
	t.Logf("a table of %d takes %v, one of %d takes %v", few, one, growth*few, many)
	if many > 2*one {
		t.Errorf("a table takes %v among %d tables and %v among %d, want at most twice as long", one, few, many, growth*few)
	}
}
