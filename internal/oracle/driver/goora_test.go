//go:build goora

package driver

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	goora "github.com/sijms/go-ora/v2"
	"pgregory.net/rapid"

	"github.com/oralake/oralake/internal/oracle"
)

// listener starts a listener that answers each connect packet, as Oracle's listener does, with answer. With a nil answer it
// does not answer.
func listener(t *testing.T, answer []byte) Connection {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return serve(t, l, answer)
}

// encryptedListener is like listener, with TLS.
func encryptedListener(t *testing.T, config *tls.Config, answer []byte) Connection {
	t.Helper()
	l, err := tls.Listen("tcp", "127.0.0.1:0", config)
	if err != nil {
		t.Fatal(err)
	}
	return serve(t, l, answer)
}

func serve(t *testing.T, l net.Listener, answer []byte) Connection {
	t.Helper()
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return // the test is over
			}
			head := make([]byte, 8)
			if _, err := io.ReadFull(c, head); err != nil {
				_ = c.Close() // such as a failed handshake
				continue
			}
			if answer != nil {
				_, _ = io.CopyN(io.Discard, c, int64(binary.BigEndian.Uint16(head))-8) // the rest of the packet
				_, _ = c.Write(answer)
			}
			t.Cleanup(func() { _ = c.Close() })
		}
	}()
	return Connection{
		Host: "127.0.0.1", Port: l.Addr().(*net.TCPAddr).Port, Service: "ORCLPDB1", User: "DMS", Password: "t/g:e@r+%",
	}
}

// refuse returns a packet of type 4, REFUSE, with which a listener refuses a client.
func refuse(text string) []byte {
	packet := make([]byte, 12, 12+len(text))
	binary.BigEndian.PutUint16(packet, uint16(12+len(text)))
	packet[4] = 4
	binary.BigEndian.PutUint16(packet[10:], uint16(len(text)))
	return append(packet, text...)
}

// noService is the answer of a listener that does not know the service.
var noService = refuse("(DESCRIPTION=(TMP=)(VSNNUM=318767104)(ERR=12514)(ERROR_STACK=(ERROR=(CODE=12514)(EMFI=4))))")

// The driver's error contains the listener's code, which the check needs, and not the password.
func TestListenerThatRefuses(t *testing.T) {
	c := listener(t, noService)
	db, err := Open(c)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	err = db.PingContext(t.Context())
	if err == nil || !strings.Contains(err.Error(), "ORA-12514") || strings.Contains(err.Error(), "t/g") {
		t.Errorf("got %v, want ORA-12514", err)
	}
	found := oracle.Check(t.Context(), db, nil, oracle.Needs{FullLoad: true}).Findings
	if len(found) != 1 || !strings.Contains(found[0].Text, "has no service of this name: ORA-12514") {
		t.Errorf("findings %+v, want one that the listener has no such service", found)
	}
}

// If a listener does not answer, the driver waits only until the context ends.
func TestListenerThatSaysNothing(t *testing.T) {
	db, err := Open(listener(t, nil))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	began := time.Now()
	if err := db.PingContext(ctx); err == nil || time.Since(began) > connectTimeout/2 {
		t.Errorf("got %v after %s, want an error within the time", err, time.Since(began))
	}
}

// The driver reads every password from the URL exactly as it was written.
func TestPasswordsInURLs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := Connection{
			Host: "db.example", Port: 1521, Service: "ORCL_PDB1.example", User: rapid.StringMatching(`[A-Z][A-Z0-9_$#]{0,9}`).Draw(t, "user"),
			Password: rapid.StringMatching(`([ -~]|[äß€]){1,12}`).Draw(t, "password"),
		}
		for _, by := range []string{byService, bySID} {
			config, err := goora.ParseConfig(address(want, by))
			if err != nil {
				t.Fatal(err)
			}
			got := Connection{
				Host: config.Servers[0].Addr, Port: config.Servers[0].Port, Service: config.ServiceName,
				User: config.UserID, Password: config.Password,
			}
			if by == bySID {
				if config.ServiceName != "" {
					t.Errorf("service %q beside a SID", config.ServiceName)
				}
				got.Service = config.SID
			}
			if got != want || config.PrefetchRows != fetched {
				t.Errorf("by %s: got %+v with %d rows, want %+v with %d", by, got, config.PrefetchRows, want, fetched)
			}
		}
	})
}
