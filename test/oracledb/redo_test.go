package oracledb

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

var emp = Table{"HR", "EMP"}

// change runs statements in one transaction.
func change(t testing.TB, d *Database, statements ...string) {
	t.Helper()
	if err := d.Write(t.Context(), func(tx *Tx) error {
		for _, s := range statements {
			if err := tx.Exec(s); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

// redo prints the log after an SCN, one line for each change. SCNs count from the first.
func redo(t testing.TB, d *Database, after int64) string {
	t.Helper()
	changes, err := d.Changes(t.Context(), after, 1000)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, c := range changes {
		fmt.Fprintf(&b, "%d in %d: %s %s", c.SCN-firstSCN, c.Transaction, c.Op, c.Table)
		for i, v := range c.Values {
			fmt.Fprintf(&b, " %s=%v", c.Columns[i].Name, v)
		}
		b.WriteString("\n")
	}
	return b.String()
}

func TestRedo(t *testing.T) {
	d := hr(t)
	if err := d.Alter(t.Context(), "ALTER DATABASE ADD SUPPLEMENTAL LOG DATA (ALL) COLUMNS"); err != nil {
		t.Fatal(err)
	}
	if got, want := redo(t, d, 0), ""; got != want {
		t.Errorf("before the first write: %s", got)
	}
	change(t, d,
		"INSERT INTO HR.EMP VALUES (3, 'Cid', 8.5, '2001-02-03', NULL), (4, 'Dee', 9, NULL, NULL)",
		"UPDATE HR.EMP SET PAY = PAY + 1 WHERE ID IN (1, 3)",
	)
	change(t, d, "UPDATE HR.EMP SET NAME = 'none' WHERE ID = 99") // changes nothing
	change(t, d, "UPDATE HR.EMP SET ID = 5 WHERE ID = 4")
	change(t, d, "DELETE FROM HR.EMP WHERE ID = 2", "REPLACE INTO HR.EMP (ID, NAME) VALUES (5, 'Eve')")
	want := `1 in 1: I HR.EMP ID=3 NAME=Cid PAY=8.5 BORN=2001-02-03 SEEN=<nil>
2 in 1: I HR.EMP ID=4 NAME=Dee PAY=9 BORN=<nil> SEEN=<nil>
3 in 1: U HR.EMP ID=1 NAME=Ann PAY=11.25 BORN=1990-05-17 SEEN=<nil>
4 in 1: U HR.EMP ID=3 NAME=Cid PAY=9.5 BORN=2001-02-03 SEEN=<nil>
5 in 2: D HR.EMP ID=4 NAME=Dee PAY=9 BORN=<nil> SEEN=<nil>
6 in 2: I HR.EMP ID=5 NAME=Dee PAY=9 BORN=<nil> SEEN=<nil>
7 in 3: D HR.EMP ID=2 NAME=Bob PAY=7 BORN=<nil> SEEN=<nil>
8 in 3: D HR.EMP ID=5 NAME=Dee PAY=9 BORN=<nil> SEEN=<nil>
9 in 3: I HR.EMP ID=5 NAME=Eve PAY=<nil> BORN=<nil> SEEN=<nil>
`
	if diff := cmp.Diff(redo(t, d, 0), want); diff != "" {
		t.Errorf("log (-got +want):\n%s", diff)
	}
	scn, err := d.SCN(t.Context())
	if err != nil || scn != firstSCN+9 {
		t.Errorf("SCN is %d, %v, want %d", scn, err, firstSCN+9)
	}
	for limit, want := range []int{0, 4, 4, 4, 4, 6} {
		changes, err := d.Changes(t.Context(), 0, limit)
		if err != nil || len(changes) != want {
			t.Errorf("limit %d: %d changes, %v, want the %d of whole transactions", limit, len(changes), err, want)
		}
	}

	d.ForgetBefore(firstSCN + 5)
	if _, err := d.Changes(t.Context(), firstSCN+3, 9); !errors.Is(err, ErrNoLog) {
		t.Errorf("read deleted changes: got %v, want %v", err, ErrNoLog)
	}
	if got, want := redo(t, d, firstSCN+4), want[strings.Index(want, "5 in 2"):]; got != want {
		t.Errorf("read the remaining changes:\n%swant:\n%s", got, want)
	}
}

func TestRedoOfNothing(t *testing.T) {
	d := hr(t)
	stopped := errors.New("the function fails")
	err := d.Write(t.Context(), func(tx *Tx) error {
		if err := tx.Exec("DELETE FROM HR.EMP"); err != nil {
			return err
		}
		return stopped
	})
	if !errors.Is(err, stopped) {
		t.Errorf("got %v, want %v", err, stopped)
	}
	for _, statement := range []string{"COMMIT", "CREATE TABLE HR.T (A)", "INSERT INTO HR.EMP (ID) VALUES (NULL)"} {
		if err := d.Write(t.Context(), func(tx *Tx) error { return tx.Exec(statement) }); err == nil {
			t.Errorf("%s: no error", statement)
		}
	}
	if got := redo(t, d, 0); got != "" {
		t.Errorf("rolled back, but in the log: %s", got)
	}
	if got, want := one(t, d, "SELECT count(*) FROM HR.EMP"), "2"; got != want {
		t.Errorf("%s rows, want %s", got, want)
	}
}

func TestRedoOfDefinitions(t *testing.T) {
	d := hr(t)
	dept := Table{"HR", "DEPT"}
	change(t, d, "DELETE FROM HR.EMP WHERE ID = 1")
	for _, err := range []error{
		d.CreateTable(t.Context(), dept, "ID NUMBER(4) NOT NULL, PRIMARY KEY (ID)"),
		d.AddColumn(t.Context(), emp, "NOTE VARCHAR2(20) DEFAULT 'new'"),
		d.Truncate(t.Context(), dept),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	change(t, d, "INSERT INTO HR.DEPT VALUES (7)", "UPDATE HR.EMP SET NOTE = 'seen'")
	if err := d.Truncate(t.Context(), emp); err != nil {
		t.Fatal(err)
	}
	if err := d.Drop(t.Context(), dept); err != nil {
		t.Fatal(err)
	}
	want := `1 in 1: D HR.EMP ID=1 NAME=Ann PAY=10.25 BORN=1990-05-17 SEEN=<nil>
2 in 2: CREATE HR.DEPT
3 in 3: ALTER HR.EMP
4 in 4: TRUNCATE HR.DEPT
5 in 5: I HR.DEPT ID=7
6 in 5: U HR.EMP ID=2 NAME=Bob PAY=7 BORN=<nil> SEEN=<nil> NOTE=seen
7 in 6: TRUNCATE HR.EMP
8 in 7: DROP HR.DEPT
`
	if diff := cmp.Diff(redo(t, d, 0), want); diff != "" {
		t.Errorf("log (-got +want):\n%s", diff)
	}
	for _, err := range []error{
		d.Drop(t.Context(), dept), d.Truncate(t.Context(), Table{"NONE", "EMP"}), d.AddColumn(t.Context(), dept, "A NUMBER"),
	} {
		if !errors.Is(err, ErrNoTable) {
			t.Errorf("got %v, want %v", err, ErrNoTable)
		}
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if err := d.Write(t.Context(), func(*Tx) error { return nil }); !errors.Is(err, errClosed) {
		t.Errorf("write to a closed database: got %v, want %v", err, errClosed)
	}
}

func TestSCNAt(t *testing.T) {
	d := hr(t)
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		for i := range 3 {
			time.Sleep(time.Hour)
			change(t, d, fmt.Sprintf("INSERT INTO HR.EMP (ID) VALUES (%d)", 10+i))
		}
		for _, test := range []struct {
			after time.Duration
			want  int64
		}{{0, 0}, {time.Hour, 0}, {time.Hour + 1, 1}, {2 * time.Hour, 1}, {9 * time.Hour, 3}} {
			if got, err := d.SCNAt(t.Context(), began.Add(test.after)); err != nil || got != firstSCN+test.want {
				t.Errorf("after %s: %d, %v, want %d", test.after, got-firstSCN, err, test.want)
			}
		}
		d.ForgetBefore(firstSCN + 3)
		if _, err := d.SCNAt(t.Context(), began.Add(2*time.Hour)); !errors.Is(err, ErrNoLog) {
			t.Errorf("a time before the remaining log: got %v, want %v", err, ErrNoLog)
		}
		if got, err := d.SCNAt(t.Context(), began.Add(2*time.Hour+1)); err != nil || got != firstSCN+2 {
			t.Errorf("the first time in the remaining log: %d, %v", got-firstSCN, err)
		}
	})
}

func TestWatch(t *testing.T) {
	d := hr(t)
	synctest.Test(t, func(t *testing.T) {
		woken := make(chan struct{}, 1)
		stop := d.Watch(func() {
			select {
			case woken <- struct{}{}:
			default:
			}
		})
		go func() {
			time.Sleep(time.Hour)
			change(t, d, "DELETE FROM HR.EMP WHERE ID = 1")
		}()
		<-woken
		if scn, _ := d.SCN(t.Context()); scn != firstSCN+1 {
			t.Errorf("called at SCN %d, want a call after the commit", scn-firstSCN)
		}
		stop()
		change(t, d, "DELETE FROM HR.EMP WHERE ID = 2")
		select {
		case <-woken:
			t.Error("called after stop")
		default:
		}
	})
}

// A reader sees the data as it was when its read began. A read that starts after SCN returns sees at least the changes
// up to that number.
func TestReadersDuringWrites(t *testing.T) {
	d := hr(t)
	var readers sync.WaitGroup
	done := make(chan struct{})
	for range 4 {
		readers.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				scn, err := d.SCN(t.Context())
				if err != nil {
					t.Error(err)
					return
				}
				rows, err := d.Select(t.Context(), "SELECT count(*), sum(PAY) FROM HR.EMP WHERE ID >= 100")
				if err != nil {
					t.Error(err)
					return
				}
				row := make([]driver.Value, 2)
				if err := errors.Join(rows.Next(row), rows.Close()); err != nil {
					t.Error(err)
					return
				}
				if n := row[0].(int64); n%2 != 0 || n < scn-firstSCN {
					t.Errorf("%d rows at SCN %d: want whole transactions of 2, and all of them", n, scn-firstSCN)
				}
			}
		})
	}
	for i := range 100 {
		change(t, d, fmt.Sprintf("INSERT INTO HR.EMP (ID, PAY) VALUES (%d, 1)", 100+2*i),
			fmt.Sprintf("INSERT INTO HR.EMP (ID, PAY) VALUES (%d, -1)", 101+2*i))
	}
	close(done)
	readers.Wait()
}

// The old content and the redo log are enough to rebuild a table.
func TestRedoIsEnough(t *testing.T) {
	original := hr(t)
	rapid.Check(t, func(rt *rapid.T) {
		d, err := original.Clone(t.TempDir())
		if err != nil {
			rt.Fatal(err)
		}
		defer d.Close()
		id := rapid.IntRange(1, 6)
		pay := rapid.SampledFrom([]any{nil, int64(3), 2.5})
		for range rapid.IntRange(1, 10).Draw(rt, "transactions") {
			keep := rapid.Bool().Draw(rt, "commit")
			n := rapid.IntRange(1, 4).Draw(rt, "statements")
			err := d.Write(t.Context(), func(tx *Tx) error {
				for range n {
					var err error
					switch rapid.SampledFrom([]string{"replace", "update", "move", "delete"}).Draw(rt, "statement") {
					case "replace":
						err = tx.Exec("REPLACE INTO HR.EMP (ID, PAY) VALUES (?, ?)", int64(id.Draw(rt, "id")), pay.Draw(rt, "pay"))
					case "update":
						err = tx.Exec("UPDATE HR.EMP SET PAY = ? WHERE ID <= ?", pay.Draw(rt, "pay"), int64(id.Draw(rt, "id")))
					case "move":
						err = tx.Exec("UPDATE OR REPLACE HR.EMP SET ID = ? WHERE ID = ?", int64(id.Draw(rt, "to")),
							int64(id.Draw(rt, "id")))
					case "delete":
						err = tx.Exec("DELETE FROM HR.EMP WHERE ID = ?", int64(id.Draw(rt, "id")))
					}
					if err != nil {
						return err
					}
				}
				if !keep {
					return errStopped
				}
				return nil
			})
			if err != nil && !errors.Is(err, errStopped) {
				rt.Fatal(err)
			}
		}
		changes, err := d.Changes(t.Context(), 0, 1000)
		if err != nil {
			rt.Fatal(err)
		}
		model := contents(rt, original)
		for _, c := range changes {
			if id := c.Values[0].(int64); c.Op == Delete {
				delete(model, id)
			} else {
				model[id] = fmt.Sprintf("%T %v", c.Values, c.Values)
			}
		}
		if diff := cmp.Diff(model, contents(rt, d)); diff != "" {
			rt.Fatalf("rebuilt from the redo log (-) and read (+):\n%s", diff)
		}
	})
}

func contents(t *rapid.T, d *Database) map[int64]string {
	rows, err := d.Select(t.Context(), "SELECT +ID, +NAME, +PAY, +BORN, +SEEN FROM HR.EMP")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	all := map[int64]string{}
	for row := make([]driver.Value, 5); rows.Next(row) == nil; {
		all[row[0].(int64)] = fmt.Sprintf("%T %v", row, row)
	}
	return all
}

func BenchmarkWrite(b *testing.B) {
	d := hr(b)
	for i := 0; b.Loop(); i++ {
		change(b, d, fmt.Sprintf("INSERT INTO HR.EMP (ID) VALUES (%d)", 1000+i))
	}
}
