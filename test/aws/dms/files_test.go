package dms_test

import (
	"bytes"
	"database/sql/driver"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/big"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/databasemigrationservice/types"
	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"

	"github.com/oralake/oralake/test/oracledb"
)

// readParquet returns the content of a Parquet file: its columns with their types, and its rows as text.
func readParquet(t testing.TB, file []byte) (columns []string, rows [][]string) {
	t.Helper()
	f, err := parquet.OpenFile(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	elements := f.Metadata().Schema[1:]
	for _, e := range elements {
		columns = append(columns, fmt.Sprintf("%s %s", e.Name, f.Schema().Fields()[len(columns)].String()))
	}
	for _, g := range f.RowGroups() {
		r := g.Rows()
		defer r.Close()
		buffer := make([]parquet.Row, 100)
		for {
			n, err := r.ReadRows(buffer)
			for _, row := range buffer[:n] {
				var texts []string
				for i, v := range row {
					texts = append(texts, show(v, elements[i]))
				}
				rows = append(rows, texts)
			}
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	return columns, rows
}

// show formats a value by the type in the file. It uses no code of the writer.
func show(v parquet.Value, e format.SchemaElement) string {
	if v.IsNull() {
		return "-"
	}
	decimal, isDecimal := e.LogicalType.Value.(*format.DecimalType)
	timestamp, isTimestamp := e.LogicalType.Value.(*format.TimestampType)
	switch {
	case isDecimal:
		n := new(big.Int).SetBytes(v.ByteArray())
		if v.ByteArray()[0] >= 0x80 {
			n.Sub(n, new(big.Int).Lsh(big.NewInt(1), 128))
		}
		scale := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(decimal.Scale)), nil)
		return new(big.Rat).SetFrac(n, scale).FloatString(int(decimal.Scale))
	case isTimestamp:
		if _, millis := timestamp.Unit.Value.(*format.MilliSeconds); millis {
			return time.UnixMilli(v.Int64()).UTC().Format("2006-01-02 15:04:05.000")
		}
		return time.UnixMicro(v.Int64()).UTC().Format("2006-01-02 15:04:05.000000")
	case v.Kind() == parquet.ByteArray && e.LogicalType.Value == nil:
		return fmt.Sprintf("%x", v.ByteArray())
	case v.Kind() == parquet.ByteArray:
		return fmt.Sprintf("%q", v.ByteArray())
	default:
		return v.String()
	}
}

func TestEveryTypeArrives(t *testing.T) {
	tests := []struct{ name, settings string }{
		{"parquet-millis", parquetSet},
		{"parquet-micros", `"DataFormat":"PARQUET","ParquetVersion":"PARQUET_1_0","EncodingType":"plain","CompressionType":"GZIP",
			"EnableStatistics":false,"IncludeOpForFullLoad":true,"TimestampColumnName":"LOADED_AT",
			"UseTaskStartTimeForFullLoadTimestamp":"true"`},
		{"csv", ``},
		{"csv-dressed", `"CsvDelimiter":"|","CsvRowDelimiter":"\\r\\n","CsvNullValue":"","AddColumnName":true,
			"TimestampColumnName":"LOADED_AT","IncludeOpForFullLoad":"y","Rfc4180":false,"AddTrailingPaddingCharacter":true`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			database := shop(t)
			synctest.Test(t, func(t *testing.T) {
				c := newCloud(t, database, test.settings)
				task := c.load(rules(selects("explicit", "SHOP.PRODUCT")), "")
				if got, want := c.tables(*task.ReplicationTaskArn), "SHOP.PRODUCT: Table completed, 4 rows\n"; got != want {
					t.Fatalf("tables:\n%swant:\n%s%s", got, want, c.log)
				}
				var b strings.Builder
				for key, file := range c.objects() {
					fmt.Fprintln(&b, key)
					if !strings.HasSuffix(key, ".parquet") {
						b.Write(file)
						continue
					}
					columns, rows := readParquet(t, file)
					for i, column := range columns {
						fmt.Fprintln(&b, column)
						for _, row := range rows {
							fmt.Fprintln(&b, "\t"+row[i])
						}
					}
				}
				golden(t, "files/"+test.name+".txt", b.String())
			})
		})
	}
}

// sourceRows returns the rows of a query at the source, as text.
func sourceRows(t testing.TB, database *oracledb.Database, query string) [][]string {
	t.Helper()
	r, err := database.Select(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var all [][]string
	row := make([]driver.Value, len(r.Columns()))
	for {
		if err := r.Next(row); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		var texts []string
		for _, v := range row {
			texts = append(texts, fmt.Sprint(v))
		}
		all = append(all, texts)
	}
}

// csvRows returns the sorted rows of the CSV files below a folder, file by file.
func csvRows(t testing.TB, objects map[string][]byte, folder string) [][]string {
	t.Helper()
	var all [][]string
	for _, key := range slices.Sorted(maps.Keys(objects)) {
		if !strings.HasPrefix(key, folder) {
			continue
		}
		rows, err := csv.NewReader(bytes.NewReader(objects[key])).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, rows...)
	}
	slices.SortFunc(all, slices.Compare)
	return all
}

const ordersAsCSV = `SELECT ID || '', PLACED || ' 00:00:00.000000', ifnull(REGION, 'NULL'), printf('%.2f', TOTAL)
	FROM SHOP.ORDERS`

func TestRowsAreThoseOfTheSource(t *testing.T) {
	all := func(table string) string { return selects("include", table) }
	tests := []struct {
		name     string
		mappings string
		settings string
		folder   string
		files    []string // below folder
		query    string   // at the source
	}{
		{"whole table", rules(all("SHOP.ORDERS")), ``, "full/SHOP/ORDERS/", []string{"LOAD00000001.csv"}, ordersAsCSV},
		{
			"split by size", rules(all("SHOP.ORDERS")), `"MaxFileSize":40`, "full/SHOP/ORDERS/",
			[]string{"LOAD00000001.csv", "LOAD00000002.csv", "LOAD00000003.csv"},
			ordersAsCSV,
		},
		{
			"in ranges", rules(
				all("SHOP.ORDERS"),
				`"rule-type":"table-settings","object-locator":{"schema-name":"SHOP","table-name":"ORDERS"},
				"parallel-load":{"type":"ranges","columns":["ID"],"boundaries":[[500],["1200"]]}`,
			), ``, "full/SHOP/ORDERS/",
			[]string{"SEGMENT1_LOAD00000001.csv", "SEGMENT2_LOAD00000001.csv", "SEGMENT3_LOAD00000001.csv"},
			ordersAsCSV,
		},
		{
			"in ranges of two columns, with a renamed and a removed column", rules(
				all("SHOP.ORDER_LINE"),
				`"rule-type":"table-settings","object-locator":{"schema-name":"SHOP","table-name":"ORDER_LINE"},
				"parallel-load":{"type":"ranges","columns":["ORDER_ID","LINE"],"boundaries":[["100","2"]]}`,
				`"rule-type":"transformation","rule-target":"schema","rule-action":"rename","value":"shop",
				"object-locator":{"schema-name":"SHOP"}`,
				`"rule-type":"transformation","rule-target":"table","rule-action":"rename","value":"lines",
				"object-locator":{"schema-name":"SHOP","table-name":"ORDER[_]LINE"}`,
				`"rule-type":"transformation","rule-target":"column","rule-action":"remove-column",
				"object-locator":{"schema-name":"%","table-name":"%","column-name":"ITEM"}`,
			), ``, "full/shop/lines/",
			[]string{"SEGMENT1_LOAD00000001.csv", "SEGMENT2_LOAD00000001.csv"},
			`SELECT ORDER_ID, LINE FROM SHOP.ORDER_LINE`,
		},
		{
			"filtered", rules(selects("include", "SHOP.ORDERS", `,"filters":[
				{"filter-type":"source","column-name":"PLACED","filter-conditions":[
					{"filter-operator":"between","start-value":"2024-03-01","end-value":"2024-03-31 00:00:00"}]},
				{"filter-type":"source","column-name":"REGION","filter-conditions":[
					{"filter-operator":"eq","value":"NORTH"},{"filter-operator":"null"}]}]`)), ``, "full/SHOP/ORDERS/",
			[]string{"LOAD00000001.csv"},
			ordersAsCSV + ` WHERE PLACED BETWEEN '2024-03-01' AND '2024-03-31' AND (REGION = 'NORTH' OR REGION IS NULL)`,
		},
		{"an empty table leaves no file", rules(all("SHOP.VACANT")), ``, "full/SHOP/VACANT/", nil, `SELECT ID FROM SHOP.VACANT`},
		{"partitions-auto for a table without partitions", rules(
			all("SHOP.ORDERS"),
			`"rule-type":"table-settings","object-locator":{"schema-name":"SHOP","table-name":"ORDERS"},"parallel-load":{"type":"partitions-auto"}`,
		), ``, "full/SHOP/ORDERS/", []string{"LOAD00000001.csv"}, ordersAsCSV},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			database := shop(t)
			synctest.Test(t, func(t *testing.T) {
				c := newCloud(t, database, test.settings)
				task := c.load(test.mappings, `{"FullLoadSettings":{"MaxFullLoadSubTasks":2}}`)
				objects := c.objects()
				var files []string
				for _, key := range slices.Sorted(maps.Keys(objects)) {
					files = append(files, strings.TrimPrefix(key, test.folder))
				}
				if diff := cmp.Diff(files, test.files); diff != "" {
					t.Errorf("files (-got +want):\n%s%s", diff, c.log)
				}
				want := sourceRows(t, database, test.query)
				slices.SortFunc(want, slices.Compare)
				if diff := cmp.Diff(csvRows(t, objects, test.folder), want); diff != "" {
					t.Errorf("rows (-got +want):\n%s", diff)
				}
				if got := c.tables(*task.ReplicationTaskArn); !strings.Contains(got, fmt.Sprintf("completed, %d rows", len(want))) {
					t.Errorf("the statistics do not have %d rows: %s", len(want), got)
				}
			})
		})
	}
}

// TestParquetSplits checks that no file is larger than MaxFileSize and that no row is lost between files.
func TestParquetSplits(t *testing.T) {
	database := shop(t)
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t, database, parquetSet+`,"MaxFileSize":8,"RowGroupLength":100`)
		c.load(rules(selects("include", "SHOP.ORDERS")), "")
		objects := c.objects()
		var got [][]string
		for _, key := range slices.Sorted(maps.Keys(objects)) {
			const footer = 8 << 10 // MaxFileSize does not include the metadata of a file
			if size := len(objects[key]); size > 8<<10+footer {
				t.Errorf("%s has %d bytes", key, size)
			}
			_, rows := readParquet(t, objects[key])
			got = append(got, rows...)
		}
		if len(objects) < 3 {
			t.Errorf("%d files, want several", len(objects))
		}
		want := sourceRows(t, database, `SELECT ID || '', PLACED || ' 00:00:00.000', ifnull('"' || REGION || '"', '-'),
			printf('%.2f', TOTAL) FROM SHOP.ORDERS`)
		if diff := cmp.Diff(got, want); diff != "" {
			t.Errorf("rows (-got +want):\n%s", diff)
		}
	})
}

func TestLOBs(t *testing.T) {
	long := strings.Repeat("ü", 1000) // 2000 bytes
	tests := []struct {
		name, mapping, settings string
		want                    string // the expected row
		failed                  string // part of the failure message
		strict                  bool
	}{
		{"limited", ``, `{"TargetMetadata":{"LobMaxSize":1}}`, "1," + long[:1024], "", false},
		{"limited by the table", `{"mode":"limited","bulk-max-size":"2"}`, `{"TargetMetadata":{"LobMaxSize":1}}`, "1," + long, "", false},
		{"left out by the table", `{"mode":"none"}`, ``, "1", "", false},
		{"left out by the task", ``, `{"TargetMetadata":{"SupportLobs":false}}`, "1", "", false},
		{"strict", ``, `{"TargetMetadata":{"LobMaxSize":1}}`, "", "2000 bytes, but the limit is 1024", true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			if err := oracledb.Create(dir, "S", `CREATE TABLE T (ID NUMBER(10), C CLOB); INSERT INTO T VALUES (1, '`+long+`')`); err != nil {
				t.Fatal(err)
			}
			database, err := oracledb.Open(dir)
			if err != nil {
				t.Fatal(err)
			}
			synctest.Test(t, func(t *testing.T) {
				c := newCloud(t, database, "")
				if test.strict {
					c.from = c.create("AWS::DMS::Endpoint", "Strict", `{"EndpointType":"source","EngineName":"oracle","DatabaseName":"SHOPPDB",
						"OracleSettings":{"FailTasksOnLobTruncation":true,"SecretsManagerAccessRoleArn":"`+secretRole+`",
						"SecretsManagerSecretId":"`+secretID+`"}}`)
				}
				all := []string{selects("include", "S.T")}
				if test.mapping != "" {
					all = append(all, `"rule-type":"table-settings","object-locator":{"schema-name":"S","table-name":"T"},"lob-settings":`+test.mapping)
				}
				task := c.load(rules(all...), test.settings)
				if test.failed != "" {
					if *task.Status != "failed" || !strings.Contains(*task.LastFailureMessage, test.failed) {
						t.Errorf("%s: %s", *task.Status, *task.LastFailureMessage)
					}
					return
				}
				if got, want := string(c.objects()["full/S/T/LOAD00000001.csv"]), test.want+"\n"; got != want {
					t.Errorf("got %.50q, want %.50q\n%s", got, want, c.log)
				}
			})
		})
	}
}

// TestTargetTablePrepMode checks that DROP_AND_CREATE clears only the folder of the table, and that DO_NOTHING clears
// nothing.
func TestTargetTablePrepMode(t *testing.T) {
	for mode, want := range map[string]bool{"DROP_AND_CREATE": false, "TRUNCATE_BEFORE_LOAD": false, "DO_NOTHING": true} {
		t.Run(mode, func(t *testing.T) {
			database := shop(t)
			synctest.Test(t, func(t *testing.T) {
				c := newCloud(t, database, "")
				c.put("full/SHOP/ORDERS/LOAD0000000F.csv", "stale")
				c.put("full/SHOP/ORDERS_OLD/LOAD00000001.csv", "another table's")
				c.load(rules(selects("explicit", "SHOP.ORDERS")), `{"FullLoadSettings":{"TargetTablePrepMode":"`+mode+`"}}`)
				objects := c.objects()
				if _, got := objects["full/SHOP/ORDERS/LOAD0000000F.csv"]; got != want {
					t.Errorf("the stale file exists: %v, want %v", got, want)
				}
				if _, got := objects["full/SHOP/ORDERS_OLD/LOAD00000001.csv"]; !got {
					t.Error("the file of another table is deleted")
				}
				if _, got := objects["full/SHOP/ORDERS/LOAD00000001.csv"]; !got {
					t.Error("the load wrote no file")
				}
			})
		})
	}
}

// TestLoadOrder checks that tables with a higher load-order load first. One subtask loads them one after another.
func TestLoadOrder(t *testing.T) {
	database := shop(t)
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t, database, "")
		c.tested()
		arn := c.newTask(types.MigrationTypeValueFullLoad, rules(
			selects("include", "SHOP.ORDERS"), selects("include", "SHOP.ORDER_LINE", `,"load-order":"2"`),
			selects("include", "SHOP.PRODUCT", `,"load-order":1`),
		), `{"FullLoadSettings":{"MaxFullLoadSubTasks":1}}`)
		var puts []string
		c.onPut.Store(new(func(key string) {
			if strings.HasPrefix(key, "/lake/full/") {
				puts = append(puts, strings.Split(key, "/")[4])
			}
		}))
		if err := c.start(arn, types.StartReplicationTaskTypeValueStartReplication); err != nil {
			t.Fatal(err)
		}
		c.ended(arn)
		if diff := cmp.Diff(puts, []string{"ORDER_LINE", "PRODUCT", "ORDERS"}); diff != "" {
			t.Errorf("order (-got +want):\n%s", diff)
		}
	})
}
