package lambda_test

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/oralake/oralake/test/aws/clock"
	"github.com/oralake/oralake/test/aws/lambda"
)

// codeAt returns the property Code for the zip with the object key.
func codeAt(key string) map[string]any {
	return map[string]any{"Code": map[string]any{"S3Bucket": "assets", "S3Key": key}}
}

func TestInvalidFunctions(t *testing.T) {
	other := map[string]string{"amd64": "arm64"}[runtime.GOARCH]
	if other == "" {
		other = "x86_64"
	}
	tests := map[string]struct {
		changes map[string]any
		want    string
	}{
		"another runtime":      {map[string]any{"Runtime": "nodejs22.x"}, `the Lambda runtime "nodejs22.x"`},
		"an image":             {map[string]any{"PackageType": "Image"}, "package type Image"},
		"inline code":          {map[string]any{"Code": map[string]any{"ZipFile": "exports"}}, `unknown field "ZipFile"`},
		"an unknown property":  {map[string]any{"SnapStart": map[string]any{}}, `unknown field "SnapStart"`},
		"a dead-letter queue":  {map[string]any{"DeadLetterConfig": map[string]any{}}, `unknown field "DeadLetterConfig"`},
		"another architecture": {map[string]any{"Architectures": []any{other}}, "for " + other + " on this"},
		"unknown architecture": {map[string]any{"Architectures": []any{"mips"}}, `architecture "mips" is not x86_64 or arm64`},
		"no handler":           {map[string]any{"Handler": ""}, "Runtime and Handler are mandatory"},
		"too little memory":    {map[string]any{"MemorySize": 64}, "MemorySize 64 is not between 128 and 10240 MB"},
		"too long a timeout":   {map[string]any{"Timeout": 901}, "Timeout 901 is not between 1 and 900 seconds"},
		"a missing role":       {map[string]any{"Role": role + "2"}, "cannot be assumed by Lambda"},
		"missing code":         {codeAt("none.zip"), "GetObject s3://assets/none.zip"},
		"a broken zip":         {codeAt("broken.zip"), "could not unzip uploaded file"},
		"a name outside":       {codeAt("slip.zip"), "the name is outside of the archive"},
		"a link outside":       {codeAt("link.zip"), "the link leads outside of the archive"},
		"a missing layer":      {map[string]any{"Layers": []any{"arn:aws:lambda:eu-central-1:123456789012:layer:l:1"}}, "does not exist"},
		"a reserved variable": {
			map[string]any{"Environment": map[string]any{"Variables": map[string]any{"AWS_REGION": "mars"}}},
			"Reserved keys used in this request: AWS_REGION",
		},
		"large variables": {
			map[string]any{"Environment": map[string]any{"Variables": map[string]any{"A": strings.Repeat("x", 4096)}}},
			"exceeded the 4KB limit",
		},
		"a log level without JSON": {
			map[string]any{"LoggingConfig": map[string]any{"SystemLogLevel": "WARN"}}, "with the log format JSON only",
		},
	}
	h := newHost(t, clock.Clock{}, lambda.Options{})
	h.objects["code.zip"] = zipOf(t, file{"bootstrap", "#!/bin/sh\n", 0o755})
	h.objects["broken.zip"] = []byte("PK, not really")
	h.objects["slip.zip"] = zipOf(t, file{"../escaped", "out", 0o644})
	h.objects["link.zip"] = zipOf(t, file{"lib/out", "../../etc", os.ModeSymlink | 0o777})
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := h.create("AWS::Lambda::Function", properties(test.changes))
			if err == nil {
				t.Fatalf("got no error, want %q", test.want)
			}
			mustContain(t, err.Error(), test.want)
		})
	}
}

func TestFunctionName(t *testing.T) {
	h := newHost(t, clock.Clock{}, lambda.Options{})
	h.function(nil)
	_, err := h.create("AWS::Lambda::Function", properties(nil))
	if err == nil || !strings.Contains(err.Error(), "Function already exist: work") {
		t.Errorf("got %v, want a conflict", err)
	}
	unnamed := properties(nil)
	delete(unnamed, "FunctionName")
	created, err := h.create("AWS::Lambda::Function", unnamed)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(created.PhysicalID, "stack-Work-") || len(created.PhysicalID) > 64 {
		t.Errorf("got name %q, want one from the stack and the logical id", created.PhysicalID)
	}
	want := "arn:aws:lambda:eu-central-1:123456789012:function:" + created.PhysicalID
	if got := created.Attributes["Arn"]; got != want {
		t.Errorf("got ARN %v, want %s", got, want)
	}
}

// The library path has the layers first. Files of a later layer replace files of an earlier one. Links inside a layer
// work.
func TestLayers(t *testing.T) {
	h := newHost(t, clock.Clock{}, lambda.Options{})
	h.objects["first.zip"] = zipOf(t,
		file{"lib/libclntsh.so.23.1", "client 23", 0o644},
		file{"lib/libclntsh.so", "libclntsh.so.23.1", os.ModeSymlink | 0o777},
		file{"lib/network.ora", "first", 0o644})
	h.objects["second.zip"] = zipOf(t, file{"lib/network.ora", "second", 0o644}, file{"bin/", "", os.ModeDir | 0o755})
	var arns []any
	for _, key := range []string{"first.zip", "second.zip"} {
		layer, err := h.create("AWS::Lambda::LayerVersion", map[string]any{
			"LayerName": "oracle", "Content": map[string]any{"S3Bucket": "assets", "S3Key": key},
		})
		if err != nil {
			t.Fatal(err)
		}
		arns = append(arns, layer.PhysicalID)
	}
	if want := "arn:aws:lambda:eu-central-1:123456789012:layer:oracle:2"; arns[1] != want {
		t.Errorf("got layer %v, want %s", arns[1], want)
	}
	h.function(map[string]any{"Layers": arns})
	variables := h.reply(command{Do: "variables"}).Variables
	lib, rest, _ := strings.Cut(variables["LD_LIBRARY_PATH"], ":")
	if want := variables["LAMBDA_TASK_ROOT"]; !strings.HasPrefix(rest, want) {
		t.Errorf("got library path %s after the layers, want %s first", rest, want)
	}
	for name, want := range map[string]string{"libclntsh.so": "client 23", "network.ora": "second"} {
		if got := h.reply(command{Do: "read", Text: filepath.Join(lib, name)}).Text; got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	if got, want := filepath.Dir(lib)+"/bin", variables["PATH"]; !strings.HasSuffix(want, got) {
		t.Errorf("got PATH %s, want it to end with %s", want, got)
	}
}

// A function without a bootstrap that can run deploys. Its invocation fails.
func TestBootstrapThatCannotRun(t *testing.T) {
	tests := map[string]struct {
		file file
		want string
	}{
		"none":           {file{"main", "x", 0o755}, "Couldn't find valid bootstrap(s)"},
		"not executable": {file{"bootstrap", "#!/bin/sh\n", 0o644}, "permission denied"},
		"not a program":  {file{"bootstrap", "\x7fELF nonsense", 0o755}, "exec format error"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			h := newHost(t, clock.Clock{}, lambda.Options{})
			h.objects["code.zip"] = zipOf(t, test.file)
			h.function(nil)
			out := h.invoke(command{})
			if out.FunctionError == nil {
				t.Fatalf("invocation succeeded: %s", out.Payload)
			}
			mustContain(t, string(out.Payload), `"errorType":"Runtime.InvalidEntrypoint"`)
			mustContain(t, string(out.Payload), test.want)
		})
	}
}

// A shell script can be a bootstrap: it calls the Runtime API with curl.
func TestScriptAsBootstrap(t *testing.T) {
	if _, err := os.Stat("/usr/bin/curl"); err != nil {
		t.Skip("this test needs curl to call the Runtime API")
	}
	const script = `#!/bin/sh
api="http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime"
while true; do
  id=$(curl -sS -D - -o "$TMPDIR/event" "$api/invocation/next" | tr -d '\r' | sed -n 's/^Lambda-Runtime-Aws-Request-Id: //Ip')
  curl -sS -X POST "$api/invocation/wrong-id/response" -d '{}' >&2
  curl -sS -X POST "$api/invocation/$id/response" -d @"$TMPDIR/event" >/dev/null
done
`
	h := newHost(t, clock.Clock{}, lambda.Options{})
	h.objects["code.zip"] = zipOf(t, file{"bootstrap", script, 0o755})
	h.function(nil)
	if got := h.reply(command{Do: "echo", Text: "from a script"}).Text; got != "from a script" {
		t.Errorf("got %q, want the event back", got)
	}
	mustContain(t, strings.Join(h.logs.of("/aws/lambda/work"), "\n"), "InvalidRequestID")
}

// When a runtime reports an init error, the invocation returns it.
func TestReportedInitError(t *testing.T) {
	if _, err := os.Stat("/usr/bin/curl"); err != nil {
		t.Skip("this test needs curl to call the Runtime API")
	}
	const script = `#!/bin/sh
curl -sS -X POST "http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/init/error" \
  -d '{"errorType":"Config","errorMessage":"no table"}' >/dev/null
exit 1
`
	h := newHost(t, clock.Clock{}, lambda.Options{})
	h.objects["code.zip"] = zipOf(t, file{"bootstrap", script, 0o755})
	h.function(nil)
	out := h.invoke(command{})
	if want := `{"errorType":"Config","errorMessage":"no table"}`; out.FunctionError == nil || string(out.Payload) != want {
		t.Errorf("got %s, want %s", out.Payload, want)
	}
}

func TestCodeFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "lambda")
	h := newHost(t, clock.Clock{}, lambda.Options{Dir: dir})
	h.function(nil)
	h.function(map[string]any{"FunctionName": "twin"})
	unpacked, err := filepath.Glob(filepath.Join(dir, "task", "*"))
	if err != nil {
		t.Fatal(err)
	}
	if len(unpacked) != 1 {
		t.Errorf("got %v, want one folder for equal code", unpacked)
	}
}
