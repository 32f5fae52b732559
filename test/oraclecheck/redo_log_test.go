package oraclecheck_test

import (
	"slices"
	"testing"

	"github.com/oralake/oralake/internal/oracle"
)

// How a database keeps its redo log, and what the endpoint says of it.
func TestRedoLogs(t *testing.T) {
	const (
		encrypted = `UPDATE dba_tablespaces SET encrypted = 'YES';`
		asm       = `INSERT INTO v$logfile (member) VALUES ('+DATA/ORCL/redo01.log');`
		cluster   = `INSERT INTO v$thread (enabled) VALUES ('PUBLIC');`
		second    = `INSERT INTO v$archived_log (dest_id, first_time) VALUES (2, JULIANDAY('now', '-50 hours'));`
		standby   = `UPDATE v$database SET database_role = 'PHYSICAL STANDBY', open_mode = 'READ ONLY WITH APPLY';` + primaryLink
	)
	for name, test := range map[string]struct {
		change  string
		capture string // default: Binary Reader
		redo    oracle.RedoLog
		want    []string // severity, assessment and fix
	}{
		"encrypted": {change: encrypted, want: []string{
			"failed oracle-check-tde-enabled source: {oracle: {tde: {keyName: NAME, secretName: NAME}}}",
		}},
		"an encrypted column": {change: `INSERT INTO all_encrypted_columns (owner, table_name, column_name) VALUES ('SALES', 'ORDERS', 'NOTE')`, want: []string{
			"failed oracle-check-tde-enabled source: {oracle: {tde: {keyName: NAME, secretName: NAME}}}",
		}},
		"encrypted, with the key":     {change: encrypted, redo: oracle.RedoLog{TDE: true}},
		"encrypted, read by LogMiner": {change: encrypted + notPluggable, capture: oracle.LogMiner},
		"encrypted on RDS": {change: encrypted + onRDS, redo: oracle.RedoLog{TDE: true}, want: []string{
			"failed oracle-check-tde-enabled move it to a full-load job",
		}},
		"encrypted, without a grant": {change: encrypted + `DROP TABLE sys_enc$`, redo: oracle.RedoLog{TDE: true}, want: []string{
			"failed oracle-validate-permissions-on-source GRANT SELECT ON SYS.ENC$ TO DMS;",
		}},
		"ASM":                   {change: asm, want: []string{"failed oralake-asm source: {oracle: {asm: {secretName: NAME}}}"}},
		"ASM, with its secret":  {change: asm, redo: oracle.RedoLog{ASM: true}},
		"ASM, read by LogMiner": {change: asm + notPluggable, capture: oracle.LogMiner},
		"a cluster":             {change: cluster},
		"a cluster without a grant": {change: cluster + `DROP TABLE gv$transaction`, want: []string{
			"note oracle-validate-permissions-on-source GRANT SELECT ON SYS.GV_$TRANSACTION TO DMS;",
		}},
		"a standby without a grant": {change: standby + `DROP TABLE v$dataguard_stats`, want: []string{
			"failed oracle-validate-permissions-on-source at the primary: GRANT SELECT ON SYS.V_$DATAGUARD_STATS TO DMS;",
		}},
		"RDS without a grant": {change: onRDS + `DELETE FROM all_tab_privs WHERE table_name = 'RDSADMIN_UTIL'`, want: []string{
			"failed oracle-validate-permissions-on-source GRANT EXECUTE ON RDSADMIN.RDSADMIN_UTIL TO DMS;",
		}},
		"the logs are in another destination": {change: second + `DELETE FROM v$archived_log WHERE dest_id = 1`, want: []string{
			"warning oralake-archived-log-destination source: {oracle: {archivedLogDestId: 2}}",
		}},
		"DMS reads that destination": {
			change: second + `DELETE FROM v$archived_log WHERE dest_id = 1`, redo: oracle.RedoLog{Destinations: []int{2}},
		},
		"DMS reads a destination without logs": {change: second, redo: oracle.RedoLog{Destinations: []int{3}}, want: []string{
			"failed oralake-archived-log-destination source: {oracle: {archivedLogDestId: 2}}",
		}},
		"another destination keeps them for longer": {
			change: second + `DELETE FROM v$archived_log WHERE first_time < JULIANDAY('now', '-24 hours') AND dest_id = 1`,
			want:   []string{"warning oracle-check-archivelog-retention-rds source: {oracle: {archivedLogDestId: 2}}"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			db := ready(t)
			db.Run(t, test.change)
			needs := following
			needs.RedoLog = test.redo
			if test.capture != "" {
				needs.Capture = test.capture
			}
			var got []string
			for _, f := range oracle.Check(t.Context(), db, []oracle.Table{orders}, needs).Findings {
				got = append(got, string(f.Severity)+" "+f.Assessment+" "+f.Fix)
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("findings %q, want %q", got, test.want)
			}
		})
	}
}
