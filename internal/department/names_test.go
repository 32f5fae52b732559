package department_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/oralake/oralake/internal/department"
)

// withTable returns the file of a department with one more job, whose only table is written as given.
func withTable(table string) []byte {
	return []byte(strings.Replace(short, "SALES.PRICE", table, 1))
}

func TestTableNames(t *testing.T) {
	thirty := strings.Repeat("A", 30)
	for table, accepted := range map[string]bool{
		"SALES.PRICE":            true,
		"SALES.PRICE_2026$#":     true,
		"SALES.ÜBERWEISUNG":      true,
		"SALES.表":                true, // a letter without upper and lower case
		"SALES." + thirty:        true,
		thirty + "." + thirty:    true,
		"SALES." + thirty + "A":  false,
		"SALES.Ü" + thirty[1:]:   false, // 30 characters, 31 bytes
		"SALES.price":            false,
		"sales.PRICE":            false,
		"SALES.\"PRICE\"":        false,
		"SALES.PRI%":             false,
		"SALES.PRI?E":            false,
		"'SALES.*'":              false,
		"SALES.BIN$xyz":          false,
		"SALES.DR$IDX$I":         false,
		"SALES.DRAFT":            true,
		"SALES._PRICE":           false,
		"SALES.9PRICE":           false,
		"SALES.A.B":              false,
		"PRICE":                  false,
		"SALES. PRICE":           false,
		"\"SALES.PRI\\nCE\"":     false,
		"\"SALES.PRI\\u00a0CE\"": false,
	} {
		d, err := department.Parse("sales.yaml", withTable(table))
		if got := err == nil; got != accepted {
			t.Errorf("table %s: accepted %v, want %v (%v)", table, got, accepted, err)
		}
		if err == nil && d.Jobs[1].Tables[0].String() != table {
			t.Errorf("Parse read table %s as %s", table, d.Jobs[1].Tables[0])
		}
	}
}

func TestScalars(t *testing.T) {
	for line, accepted := range map[string]bool{
		"timezone: Europe/Berlin":                                       true,
		"timezone: UTC":                                                 true,
		"timezone: Etc/GMT+3":                                           true,
		"timezone: Local":                                               false,
		"timezone: ''":                                                  false,
		"timezone: ../Europe/Berlin":                                    false,
		"timezone: posixrules":                                          false,
		"timezone: Europe/Atlantis":                                     false,
		"logDays: 3653":                                                 true,
		"logDays: 3654":                                                 false,
		"logDays: 0":                                                    false,
		"recordDays: 99999999999999999999":                              false,
		"recordDays: 1.0":                                               false,
		"replication: {class: dms.t3.micro}":                            true,
		"replication: {class: dms.r6i.24xlarge}":                        true,
		"replication: {class: dms.r6i.2large}":                          false,
		"replication: {class: c6i.large}":                               false,
		"replication: {engineVersion: 3.6.1}":                           true,
		"replication: {engineVersion: 4.0.0}":                           true,
		"replication: {engineVersion: 3.4.7}":                           false,
		"replication: {engineVersion: 3.99999999999999999999.1}":        false,
		"replication: {multiAz: true, storageGB: 6144}":                 true,
		"lake: {format: csv, cdcMinFileMB: 1, timestampColumn: ts}":     true,
		"lake: {format: json}":                                          false,
		"lake: {maxFileMB: 1025}":                                       false,
		"lake: {timestampColumn: a-b}":                                  false,
		"lake: {cdcMaxBatchSeconds: 59}":                                false,
		"replication: {}":                                               true,
		"replication: []":                                               false,
		"replication: |\n  text":                                        false,
		"timezone: >-\n  Europe/Berlin":                                 true,
		"{a: 1}":                                                        false,
		"replication: {storageGB: 100, storageGB: 100}":                 false,
		"recordDays: !!int 5":                                           false,
		"replication: {class: dms.c6i.large, 'engineVersion': '3.5.4'}": true,
	} {
		_, err := department.Parse("sales.yaml", []byte(short+line+"\n"))
		if got := err == nil; got != accepted {
			t.Errorf("%s: accepted %v, want %v (%v)", line, got, accepted, err)
		}
	}
}

func TestNetworks(t *testing.T) {
	for network, accepted := range map[string]bool{
		"{create: 10.0.0.0/16}":                           true,
		"{create: 192.168.1.192/26}":                      true,
		"{create: 172.31.0.0/20}":                         true,
		"{create: 172.32.0.0/20}":                         false,
		"{create: 10.0.0.0/15}":                           false,
		"{create: 10.0.0.0/27}":                           false,
		"{create: 10.40.0.1/24}":                          false,
		"{create: 100.64.0.0/24}":                         false,
		"{create: 'fd00::/64'}":                           false,
		"{create: 10.40.0.0}":                             false,
		"{create: 300.40.0.0/24}":                         false,
		"{create: 10.040.0.0/24}":                         false,
		"{vpcId: vpc-1}":                                  false,
		"{subnetIds: [subnet-1, subnet-2]}":               false,
		"{vpcId: vpc-1, subnetIds: [subnet-1, subnet-1]}": false,
		"{vpcId: vpc-1, subnetIds: [subnet-1, subnet-2], securityGroupIds: [sg-1]}":                                true,
		"{create: 10.0.0.0/16, securityGroupIds: [sg-1]}":                                                          false,
		"{create: 10.0.0.0/16, databaseRanges: [10.1.2.0/24, 10.9.9.9/32]}":                                        true,
		"{create: 10.0.0.0/16, databaseRanges: [10.1.2.1/24]}":                                                     false,
		"{create: 10.0.0.0/16, databaseRanges: [10.1.2.300/32]}":                                                   false,
		"{create: 10.0.0.0/16, databaseRanges: []}":                                                                false,
		"{vpcId: vpc-1, subnetIds: [subnet-1, subnet-2], securityGroupIds: [sg-1], databaseRanges: [10.1.2.0/24]}": false,
	} {
		src := strings.Replace(short, "{vpcId: vpc-0a1b, subnetIds: [subnet-1, subnet-2]}", network, 1)
		_, err := department.Parse("sales.yaml", []byte(src))
		if got := err == nil; got != accepted {
			t.Errorf("network %s: accepted %v, want %v (%v)", network, got, accepted, err)
		}
	}
}

// Parse reads a department of 5001 tables in a short time.
func TestManyTables(t *testing.T) {
	var b strings.Builder
	b.WriteString(short)
	for i := range 5000 {
		fmt.Fprintf(&b, "      , {table: SALES.T%d, exclude: [C1, C2]}\n", i)
	}
	src := strings.Replace(b.String(), "tables: [SALES.PRICE]\n", "tables: [SALES.PRICE\n", 1) + "      ]\n"
	d, err := department.Parse("sales.yaml", []byte(src))
	if err != nil {
		t.Fatal(err)
	}
	if got := len(d.Jobs[1].Tables); got != 5001 {
		t.Errorf("%d tables, want 5001", got)
	}
}
