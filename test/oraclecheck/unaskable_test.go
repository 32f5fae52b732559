package oraclecheck_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/oralake/oralake/internal/oracle"
)

// A query that fails gives a finding that explains the failure.
func TestQueriesThatFail(t *testing.T) {
	for name, test := range map[string]struct {
		statement string
		err       error
		want      oracle.Finding
		text      string
	}{
		"wrong password": {
			"dual", errors.New("ORA-01017: invalid username/password; logon denied\nHelp: https://docs.oracle.com/error-help/"),
			oracle.Finding{
				Assessment: "oralake-connection", Severity: oracle.Failed,
				Fix: "write the right username and password into the secret",
			},
			"Oracle refuses the user or the password: ORA-01017: invalid username/password; logon denied",
		},
		"locked account": {
			"dual", errors.New("ORA-28000: The account is locked."),
			oracle.Finding{Assessment: "oralake-connection", Severity: oracle.Failed, Fix: "ALTER USER name ACCOUNT UNLOCK;"},
			"locked",
		},
		"wrong service": {
			"dual", errors.New("ORA-12514: TNS:listener does not currently know of service"),
			oracle.Finding{
				Assessment: "oralake-connection", Severity: oracle.Failed,
				Fix: "write the service name that `lsnrctl services` shows: source: {database: NAME}",
			},
			"the listener has no service of this name",
		},
		"unreachable": {
			"dual", errors.New("dial tcp 10.0.0.1:1521: connect: connection refused"),
			oracle.Finding{
				Assessment: "oralake-connection", Severity: oracle.Failed,
				Fix: "check that the function's security group allows the database's port, that the database's firewall and listener " +
					"accept the connection, and that the secret has the right host and port: " +
					"that of TCPS for sslMode: verify-ca, that of TCP for none",
			},
			"cannot be reached",
		},
		"an error without advice": {
			"dual", errors.New("ORA-00600: internal error code"),
			oracle.Finding{Assessment: "oralake-connection", Severity: oracle.Failed},
			"ORA-00600",
		},
		"no privilege on a view": {
			"current_scn FROM v$database", errors.New("ORA-00942: table or view does not exist"),
			oracle.Finding{
				Assessment: "oracle-validate-permissions-on-source", Severity: oracle.Failed,
				Fix: "GRANT SELECT ON SYS.V_$DATABASE TO DMS;",
			},
			"not known: archive log mode",
		},
		"no privilege, as Oracle 23ai says it": {
			"v$archived_log", errors.New("ORA-41900: missing READ privilege on SYS.V_$ARCHIVED_LOG"),
			oracle.Finding{
				Assessment: "oracle-validate-permissions-on-source", Severity: oracle.Failed,
				Fix: "GRANT SELECT ON SYS.V_$ARCHIVED_LOG TO DMS;",
			},
			"how long archived redo logs are kept",
		},
		"no privilege on archived logs": {
			"v$archived_log", errors.New("ORA-01031: insufficient privileges"),
			oracle.Finding{
				Assessment: "oracle-validate-permissions-on-source", Severity: oracle.Failed,
				Fix: "GRANT SELECT ON SYS.V_$ARCHIVED_LOG TO DMS;",
			},
			"how long archived redo logs are kept",
		},
		"dictionary view fails": {
			"all_tables WHERE (", errors.New("ORA-01652: unable to extend temp segment"),
			oracle.Finding{Assessment: "oralake-not-checked", Severity: oracle.Failed},
			"whether the tables exist: ORA-01652",
		},
		"log groups fail": {
			"all_log_groups WHERE (", errors.New("ORA-03113: end-of-file on communication channel"),
			oracle.Finding{Assessment: "oralake-not-checked", Severity: oracle.Failed},
			"supplemental logging of the tables",
		},
	} {
		t.Run(name, func(t *testing.T) {
			db := ready(t)
			db.FailWith(test.statement, test.err)
			got := oracle.Check(t.Context(), db, []oracle.Table{orders}, following).Findings
			if diff := cmp.Diff([]oracle.Finding{test.want}, got, cmpopts.IgnoreFields(oracle.Finding{}, "Text")); diff != "" {
				t.Fatalf("findings (-want +got):\n%s\n%+v", diff, got)
			}
			if !strings.Contains(got[0].Text, test.text) {
				t.Errorf("text %q, want it to contain %q", got[0].Text, test.text)
			}
			if strings.Contains(got[0].Text, "\n") {
				t.Errorf("text has several lines: %q", got[0].Text)
			}
		})
	}
}

// The driver's own explanation comes before Oracle's message.
func TestExplain(t *testing.T) {
	db := ready(t)
	db.FailWith("dual", errors.New("DPI-1047: no client"))
	needs := following
	needs.Explain = func(error) (string, string, bool) { return "there is no client library", "make the layer", true }
	got := oracle.Check(t.Context(), db, []oracle.Table{orders}, needs).Findings
	want := []oracle.Finding{{
		Assessment: "oralake-connection", Severity: oracle.Failed, Fix: "make the layer",
		Text: "there is no client library: DPI-1047: no client",
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
}

func TestSlowQueryIsCancelled(t *testing.T) {
	db := ready(t)
	db.Stall("all_ind_columns\n")
	needs := following
	needs.QueryTime = 50 * time.Millisecond
	got := oracle.Check(t.Context(), db, []oracle.Table{orders}, needs).Findings
	if len(got) != 1 || got[0].Assessment != "oralake-not-checked" || !strings.Contains(got[0].Text, "longer than 50ms") {
		t.Errorf("findings %+v, want one that says that the indexes are not known", got)
	}
}

// A job that follows changes fails if the check cannot be made. A full load is loaded, and the record says what is not known.
func TestWhatIsNotKnownOfAFullLoad(t *testing.T) {
	db := ready(t)
	db.FailWith("all_ind_columns\n", errors.New("ORA-00604: error occurred at recursive SQL level 1"))
	for _, test := range []struct {
		needs oracle.Needs
		want  oracle.Severity
	}{{following, oracle.Failed}, {oracle.Needs{FullLoad: true}, oracle.Warning}} {
		got := oracle.Check(t.Context(), db, []oracle.Table{orders}, test.needs).Findings
		if len(got) != 1 || got[0].Severity != test.want || !strings.Contains(got[0].Text, "the columns of the primary keys") {
			t.Errorf("needs %+v: findings %+v, want one, %s", test.needs, got, test.want)
		}
	}
}

func TestDatabaseThatDoesNotAnswer(t *testing.T) {
	db := ready(t)
	db.Stall("dual")
	needs := following
	needs.QueryTime = 50 * time.Millisecond
	report := oracle.Check(t.Context(), db, []oracle.Table{orders}, needs)
	if len(report.Findings) != 1 || !strings.Contains(report.Findings[0].Text, "does not answer in time") {
		t.Errorf("findings %+v, want one that says that the database does not answer", report.Findings)
	}
	if report.Queries != 1 {
		t.Errorf("%d queries, want 1", report.Queries)
	}
}

// An error without an ORA code that ends a connection comes from the network.
func TestConnectionThatIsCut(t *testing.T) {
	for _, text := range []string{"EOF", "read tcp 10.0.0.2:4711->10.0.0.1:1521: read: connection reset by peer"} {
		db := ready(t)
		db.FailWith("dual", errors.New(text))
		got := oracle.Check(t.Context(), db, []oracle.Table{orders}, following).Findings
		if len(got) != 1 || !strings.Contains(got[0].Text, "cannot be reached") || got[0].Fix == "" {
			t.Errorf("%s: findings %+v, want one that says that the database cannot be reached", text, got)
		}
	}
}

// A refused connection gives a finding that explains Oracle's error and a fix.
func TestConnectionsRefused(t *testing.T) {
	for code, want := range map[string]string{
		"ORA-01033: ORACLE initialization or shutdown in progress":                              "is not open",
		"ORA-12519: TNS:no appropriate service handler found":                                   "accepts no more sessions",
		"ORA-12516: TNS:listener could not find available handler with matching protocol stack": "accepts no more sessions",
		"ORA-00018: maximum number of sessions exceeded":                                        "accepts no more sessions",
		"ORA-02391: exceeded simultaneous SESSIONS_PER_USER limit":                              "accepts no more sessions",
		"ORA-12269: client uses weak encryption/crypto-checksumming version":                    "requires an encryption that the driver does not have",
		"ORA-12535: TNS:operation timed out":                                                    "cannot be reached",
		"ORA-12547: TNS:lost contact":                                                           "cannot be reached",
		"ORA-03134: Connections to this server version are no longer supported":                 "is too new for the database",
		"ORA-12737: Instant Client Light: unsupported server character set EL8ISO8859P7":        "does not know the character set",
		"ORA-12570: TNS: packet reader failure":                                                 "the first query failed",
	} {
		db := ready(t)
		db.FailWith("dual", errors.New(code))
		got := oracle.Check(t.Context(), db, []oracle.Table{orders}, following).Findings
		if len(got) != 1 || !strings.Contains(got[0].Text, want) || (got[0].Fix == "") != (want == "the first query failed") {
			t.Errorf("%s: findings %+v, want %q and a fix", code, got, want)
		}
	}
}
