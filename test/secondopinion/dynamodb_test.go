// These tests send the same requests to the embedded DynamoDB and to npm's dynalite, an independent and strict
// implementation, and compare the responses.
package secondopinion

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/oralake/oralake/test/aws/account"
	"github.com/oralake/oralake/test/aws/dynamodb"
	"github.com/oralake/oralake/test/aws/gateway"
	"github.com/oralake/oralake/test/aws/iam"
	"github.com/oralake/oralake/test/aws/resource"
)

// exchange is one request of a file in testdata.
type exchange struct {
	// Why is the purpose of the request.
	Why string
	// Op is the operation, In its input.
	Op string
	In json.RawMessage
	// Differs names a known difference of dynalite from the service. Then the responses must differ, so that the test notices
	// when the difference is gone.
	Differs string
}

func TestAgreesWithDynalite(t *testing.T) {
	theirs := startDynalite(t)
	acct := account.Account{ID: "000000000000", Region: "us-east-1"}
	g := gateway.New(iam.New(acct))
	ours := dynamodb.New(acct)
	g.Handle("dynamodb", ours.Handler())

	files, err := filepath.Glob("testdata/dynamodb/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no requests in testdata (%v)", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".json"), func(t *testing.T) {
			for i, e := range exchanges(t, file) {
				name := fmt.Sprintf("%d %s: %s", i, e.Op, e.Why)
				want := call(t, theirs, e)
				if e.Op == "CreateTable" {
					createTable(t, ours, e)
					continue
				}
				got := call(t, func(r *http.Request) *http.Response {
					w := httptest.NewRecorder()
					g.ServeHTTP(w, r)
					return w.Result()
				}, e)
				diff := cmp.Diff(got, want)
				switch {
				case e.Differs == "" && diff != "":
					t.Errorf("%s (-ours +dynalite):\n%s", name, diff)
				case e.Differs != "" && diff == "":
					t.Errorf("%s: the responses agree; remove differs: %s", name, e.Differs)
				}
			}
		})
	}
}

// createTable creates a table as a stack does, since the embedded DynamoDB has no operation CreateTable.
func createTable(t *testing.T, s *dynamodb.Service, e exchange) {
	t.Helper()
	_, err := s.Resources()["AWS::DynamoDB::Table"].Create(t.Context(), resource.Request{Properties: e.In})
	if err != nil {
		t.Fatalf("%s: %v", e.Why, err)
	}
}

func exchanges(t *testing.T, file string) []exchange {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	var all []exchange
	if err := d.Decode(&all); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return all
}

// answer is a response without the texts and orders in which the two may differ.
type answer struct {
	Status int
	Body   any
}

func call(t *testing.T, send func(*http.Request) *http.Response, e exchange) answer {
	t.Helper()
	r := httptest.NewRequest(http.MethodPost, "/", bytes.NewReader(e.In))
	r.Header.Set("Content-Type", "application/x-amz-json-1.0")
	r.Header.Set("X-Amz-Target", "DynamoDB_20120810."+e.Op)
	r.Header.Set("X-Amz-Date", "20261101T000000Z")
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential="+iam.AdminAccessKeyID+
		"/20261101/us-east-1/dynamodb/aws4_request, SignedHeaders=host;x-amz-date, Signature=0")
	response := send(r)
	defer response.Body.Close()
	b, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatalf("%s: %v", e.Op, err)
	}
	a := answer{Status: response.StatusCode}
	if err := json.Unmarshal(b, &a.Body); err != nil {
		t.Fatalf("%s answered %q: %v", e.Op, b, err)
	}
	a.Body = plain(e.Op, a.Body)
	return a
}

// ignored has the members that always differ: times, random IDs, texts of messages, and numbers that the service estimates.
var ignored = []string{
	"message", "Message", "TableId", "CreationDateTime", "TableSizeBytes", "ItemCount", "IndexSizeBytes", "TableStatus",
	"IndexStatus", "NumberOfDecreasesToday", "LastUpdateToPayPerRequestDateTime", "DeletionProtectionEnabled",
	"TableThroughputModeSummary", // a preview member that the service does not return
}

func plain(op string, v any) any {
	switch v := v.(type) {
	case map[string]any:
		for _, name := range ignored {
			delete(v, name)
		}
		if code, ok := v["__type"].(string); ok {
			// One returns com.amazonaws.dynamodb.v20120810#X, the other X.
			v["__type"] = code[strings.LastIndexByte(code, '#')+1:]
		}
		for name, inside := range v {
			v[name] = plain(op, inside)
			switch name {
			case "SS", "NS", "BS", "AttributeDefinitions":
				sorted(v[name])
			case "Items":
				if op == "Scan" {
					sorted(v[name])
				}
			case "Responses":
				for _, items := range v[name].(map[string]any) {
					sorted(items)
				}
			}
		}
	case []any:
		for i := range v {
			v[i] = plain(op, v[i])
		}
	}
	return v
}

func sorted(list any) {
	slices.SortFunc(list.([]any), func(a, b any) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
}

var listening = regexp.MustCompile(`listening at: (http://127\.0\.0\.1:\d+)`)

// startDynalite runs dynalite until the test ends and returns a function that sends it requests.
func startDynalite(t *testing.T) func(*http.Request) *http.Response {
	t.Helper()
	bin, err := filepath.Abs("../../node_modules/.bin")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(bin, "dynalite")); err != nil {
		t.Fatalf("dynalite is not installed: %v: run `make node_modules`", err)
	}
	command := exec.Command(filepath.Join(bin, "node"), filepath.Join(bin, "dynalite"),
		"--host", "127.0.0.1", "--port", "0", "--createTableMs", "0", "--deleteTableMs", "0", "--updateTableMs", "0")
	var complaints bytes.Buffer
	command.Stderr = &complaints
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatalf("start dynalite: %v", err)
	}
	t.Cleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait()
	})
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if m := listening.FindStringSubmatch(lines.Text()); m != nil {
			return func(r *http.Request) *http.Response { return sendTo(t, m[1], r) }
		}
	}
	t.Fatalf("dynalite did not start: %s", &complaints)
	return nil
}

// sendTo sends a request over a socket. After CreateTable it waits until the table is active.
func sendTo(t *testing.T, base string, r *http.Request) *http.Response {
	t.Helper()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	response := post(t, base, r.Header, body)
	if !strings.HasSuffix(r.Header.Get("X-Amz-Target"), "CreateTable") || response.StatusCode != http.StatusOK {
		return response
	}
	var made struct{ TableName string }
	if err := json.Unmarshal(body, &made); err != nil {
		t.Fatal(err)
	}
	describe := r.Header.Clone()
	describe.Set("X-Amz-Target", "DynamoDB_20120810.DescribeTable")
	for {
		var out struct{ Table struct{ TableStatus string } }
		state := post(t, base, describe, fmt.Appendf(nil, `{"TableName": %q}`, made.TableName))
		err := json.NewDecoder(state.Body).Decode(&out)
		state.Body.Close()
		if err != nil {
			t.Fatalf("describe table %s of dynalite: %v", made.TableName, err)
		}
		if out.Table.TableStatus == "ACTIVE" {
			return response
		}
	}
}

func post(t *testing.T, base string, header http.Header, body []byte) *http.Response {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, base, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header = header
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatalf("call dynalite: %v", err)
	}
	return response
}
