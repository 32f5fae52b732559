package checkfunction_test

import (
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/oralake/oralake/internal/oracle"
	"github.com/oralake/oralake/internal/oracle/checkservice"
	"github.com/oralake/oralake/lambda_layer/layer"
	"github.com/oralake/oralake/lambda_layer/layertest"
)

type (
	request = checkservice.Request
	answer  = checkservice.Answer
)

var job = request{
	Tables: []checkservice.Table{{Schema: "SALES", Name: "ORDERS"}}, FullLoad: true, CDC: true, Capture: oracle.LogMiner,
}

// standInEnvironment returns the environment variables with the path of the stand-in client's answers.
func standInEnvironment(t *testing.T) map[string]string {
	t.Helper()
	path, err := filepath.Abs("testdata/answers.txt")
	if err != nil {
		t.Fatal(err)
	}
	return map[string]string{"STANDIN_ANSWERS": path}
}

// The function with the real driver finds the client in the layer through Lambda's LD_LIBRARY_PATH, logs in with the
// secret, and queries the database.
func TestFunctionWithTheLayer(t *testing.T) {
	code := codeZip(t, godror(t))
	for name, major := range map[string]int{"client 19": 19, "client 23": 23} {
		t.Run(name, func(t *testing.T) {
			h := newHost(t, code)
			got := h.invoke(h.function(buildStandIn(t, major).layer(t), standInEnvironment(t)), job)
			want := oracle.Database{User: "ORALAKE", Container: "ORCLPDB1", Version: "19.0.0.0.0", SCN: 4711}
			if got.Driver != "godror" || got.Database != want {
				t.Errorf("got %s, %+v, want godror, %+v", got.Driver, got.Database, want)
			}
			mustFind(t, got, "", "ORA-01031")
			mustFind(t, got, "", "ORA-00942")
		})
	}
}

// Each defect of the client has its own finding, and no defect ends the function.
func TestDefectiveClients(t *testing.T) {
	code := codeZip(t, godror(t))
	nineteen, twentyThree := buildStandIn(t, 19), buildStandIn(t, 23)
	text := func(s string) *layertest.File { return &layertest.File{Content: []byte(s), Mode: 0o644} }
	cut := func(part int) *layertest.File {
		whole := nineteen.files["libclntsh.so.19.1"]
		return &layertest.File{Content: whole[:len(whole)*part/8], Mode: 0o755}
	}
	gone := layertest.Link("", "gone.so")
	tests := map[string]struct {
		layer []byte
		want  string
	}{
		"no layer": {nil, "there is no Oracle client: no libclntsh.so in "},
		"no client": {
			layertest.ZipBytes(t, []layertest.File{{Name: "lib/README", Mode: 0o644}}),
			"there is no Oracle client: no libclntsh.so in ",
		},
		"no libaio": {
			nineteen.broken(t, map[string]*layertest.File{"libaio.so.1": nil}),
			"the Oracle client needs libaio.so.1, and that library is missing",
		},
		"no part": {
			nineteen.broken(t, map[string]*layertest.File{"libclntshcore.so.19.1": nil}),
			"the Oracle client needs libclntshcore.so.19.1, and that library is missing",
		},
		"link as text": {
			twentyThree.broken(t, map[string]*layertest.File{"libclntsh.so": text("libclntsh.so.23.1")}),
			"lib/libclntsh.so is a text file with the name libclntsh.so.23.1, and must be a symbolic link to it",
		},
		"no link": {
			twentyThree.broken(t, map[string]*layertest.File{"libclntsh.so": nil}),
			"exists, but the symbolic link libclntsh.so to it, which the driver needs, is missing",
		},
		"link to nothing": {
			nineteen.broken(t, map[string]*layertest.File{"libclntsh.so": &gone}),
			"is a symbolic link to gone.so, which does not exist",
		},
		"too old": {
			buildStandIn(t, 18).broken(t, nil),
			"the Oracle client is version 18.5, and the driver needs 19.1 or newer",
		},
		"cut early": {
			nineteen.broken(t, map[string]*layertest.File{"libclntsh.so.19.1": cut(1)}),
			"the Oracle client is incomplete",
		},
		"cut late": {
			nineteen.broken(t, map[string]*layertest.File{"libclntsh.so.19.1": cut(7)}),
			"the Oracle client is incomplete",
		},
		"another library": {
			nineteen.broken(t, map[string]*layertest.File{"libclntsh.so.19.1": {Content: nineteen.files["libociicus.so"], Mode: 0o755}}),
			"libclntsh.so is not an Oracle client, or it is far too old",
		},
		"a function missing": {
			buildStandIn(t, 19, "-DINCOMPLETE").broken(t, nil),
			"the Oracle client has no function OCIServerAttach: it is incomplete",
		},
		"another processor": {
			nineteen.broken(t, map[string]*layertest.File{"libclntsh.so.19.1": {Content: layertest.Library{Machine: 258}.Bytes(), Mode: 0o755}}),
			"is for the processor loongarch, and this one is x86_64",
		},
	}
	environment := standInEnvironment(t)
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if name == "no libaio" && hasLibrary(t, "libaio.so.1") {
				t.Skip("this machine has libaio, so the test cannot remove it")
			}
			h := newHost(t, code)
			got := h.invoke(h.function(test.layer, environment), job)
			if len(got.Findings) != 1 || got.Findings[0].Severity != oracle.Failed {
				t.Fatalf("got %+v, want one finding that fails the job", got.Findings)
			}
			f := got.Findings[0]
			if !strings.Contains(f.Text, test.want) {
				t.Errorf("got %q, want it to contain %q", f.Text, test.want)
			}
			if !strings.Contains(f.Fix, "lambda_layer") && !strings.Contains(f.Fix, "the client for") {
				t.Errorf("got the fix %q, want one that names the layer's program", f.Fix)
			}
		})
	}
}

// For a wrong password or an unreachable database, the finding has Oracle's error and does not blame the client.
func TestRefusedByOracle(t *testing.T) {
	code, s := codeZip(t, godror(t)), buildStandIn(t, 19)
	for name, test := range map[string]struct {
		environment map[string]string
		want        string
	}{
		"no listener":    {map[string]string{"STANDIN_ANSWERS": "/nowhere"}, "ORA-12541"},
		"wrong password": {map[string]string{"STANDIN_ANSWERS": absolute(t, "testdata/other.c")}, "ORA-01017"},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHost(t, code)
			got := h.invoke(h.function(s.layer(t), test.environment), job)
			if len(got.Findings) != 1 || !strings.Contains(got.Findings[0].Text, test.want) {
				t.Errorf("got %+v, want one finding with %s", got.Findings, test.want)
			}
			for _, f := range got.Findings {
				if strings.Contains(f.Text, "tiger") {
					t.Errorf("the finding shows the password: %q", f.Text)
				}
			}
		})
	}
}

// The function with go-ora needs no layer. When no server listens, its finding is that the database is unreachable.
func TestFunctionWithoutALayer(t *testing.T) {
	h := newHost(t, codeZip(t, goOra(t)))
	got := h.invoke(h.function(nil, nil), job)
	if got.Driver != "go-ora" {
		t.Errorf("got driver %s, want go-ora", got.Driver)
	}
	mustFind(t, got, "oralake-connection", "")
}

// A function that needs a newer glibc than Lambda has does not start there. No other test finds that before a deploy.
func TestFunctionsNeedOnlyLambdasGlibc(t *testing.T) {
	processor := map[string]layer.Architecture{"amd64": layer.X8664, "arm64": layer.ARM64}[runtime.GOARCH]
	newest, err := layer.CheckProgram(godror(t), processor)
	if err != nil {
		t.Error(err)
	}
	if newest == "" {
		t.Error("the function with godror needs no glibc version; want a dynamic program")
	}
	newest, err = layer.CheckProgram(goOra(t), processor)
	if err != nil || newest != "" {
		t.Errorf("the function with go-ora needs GLIBC %q, %v; want a static program", newest, err)
	}
}

func absolute(t *testing.T, path string) string {
	t.Helper()
	all, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// mustFind checks that a finding has an assessment and a text that contains word. Either may be empty.
func mustFind(t *testing.T, a answer, assessment, word string) {
	t.Helper()
	for _, f := range a.Findings {
		if (assessment == "" || f.Assessment == assessment) && strings.Contains(f.Text, word) {
			return
		}
	}
	t.Errorf("got %+v, want a finding %s with %q", a.Findings, assessment, word)
}
