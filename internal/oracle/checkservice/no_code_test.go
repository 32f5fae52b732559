package checkservice

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"strings"
	"testing"
)

// closed is a database that nobody can connect to.
type closed struct{ why error }

func (c closed) Connect(context.Context) (driver.Conn, error) { return nil, c.why }

func (c closed) Driver() driver.Driver { return nil }

// What is no number of Oracle's is not shown as one, whatever is asked.
func TestNoStrayCode(t *testing.T) {
	i := Service{DB: sql.OpenDB(closed{errors.New("ORA-00000: DPI-1047: no library")})}
	if _, err := i.Answer(t.Context(), Request{Do: SCN}); err == nil || strings.Contains(err.Error(), "ORA-00000") {
		t.Errorf("SCN: error %v, want one without ORA-00000", err)
	}
	a, err := i.Answer(t.Context(), Request{Do: Counts, Tables: []Table{{Schema: "S", Name: "T"}}})
	if err != nil || len(a.RowCounts) != 1 {
		t.Fatalf("counts: %+v, %v, want one proof", a.RowCounts, err)
	}
	if why := a.RowCounts[0].Why; !strings.Contains(why, ": DPI-1047") || strings.Contains(why, "ORA-00000") {
		t.Errorf("counts: %s, want a reason without ORA-00000", why)
	}
}
