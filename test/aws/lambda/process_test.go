package lambda_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/lambda"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"github.com/google/go-cmp/cmp"

	"github.com/oralake/oralake/test/aws/clock"
	"github.com/oralake/oralake/test/aws/lambda"
)

func TestEnvironmentIsReused(t *testing.T) {
	h := newHost(t, clock.Clock{}, lambda.Options{})
	h.function(nil)
	first, second := h.reply(command{Do: "echo", Text: "grüezi"}), h.reply(command{Do: "echo", Text: "again"})
	if first.Text != "grüezi" || second.Text != "again" {
		t.Errorf("got %q and %q, want grüezi and again", first.Text, second.Text)
	}
	if first.PID != second.PID || first.PID == os.Getpid() {
		t.Errorf("got processes %d and %d, want one process other than the test's %d", first.PID, second.PID, os.Getpid())
	}
}

func TestEachConcurrentInvocationHasItsProcess(t *testing.T) {
	h := newHost(t, clock.Clock{}, lambda.Options{})
	h.function(nil)
	var mu sync.Mutex
	pids := map[int]bool{}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			out, err := h.try(command{Do: "sleep", Count: 700})
			if err != nil {
				t.Error(err)
				return
			}
			var r reply
			if err := json.Unmarshal(out.Payload, &r); err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			pids[r.PID] = true
		})
	}
	wg.Wait()
	if len(pids) != 4 {
		t.Errorf("got %d processes, want 4", len(pids))
	}
}

func TestVariables(t *testing.T) {
	t.Setenv("LEAKED", "yes")
	h := newHost(t, clock.Clock{}, lambda.Options{Environment: map[string]string{"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}})
	h.function(map[string]any{
		"Environment":   map[string]any{"Variables": map[string]any{"TABLE": "stats"}},
		"LoggingConfig": map[string]any{"LogGroup": "my-group", "LogFormat": "JSON", "ApplicationLogLevel": "DEBUG"},
	})
	got := h.reply(command{Do: "variables"}).Variables
	want := map[string]string{
		"AWS_ACCESS_KEY_ID": "ASIAwork", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_SESSION_TOKEN": "token",
		"AWS_REGION": "eu-central-1", "AWS_DEFAULT_REGION": "eu-central-1", "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
		"AWS_LAMBDA_FUNCTION_NAME": "work", "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256", "AWS_LAMBDA_LOG_GROUP_NAME": "my-group",
		"AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand", "AWS_LAMBDA_LOG_FORMAT": "JSON", "AWS_LAMBDA_LOG_LEVEL": "DEBUG",
		"LAMBDA_RUNTIME_DIR": "/var/runtime", "TZ": ":UTC", "LANG": "en_US.UTF-8",
		"PATH": "/usr/local/bin:/usr/bin:/bin", "_HANDLER": "bootstrap", "TABLE": "stats",
	}
	variable := []string{
		"AWS_LAMBDA_RUNTIME_API", "AWS_LAMBDA_LOG_STREAM_NAME", "LAMBDA_TASK_ROOT", "LD_LIBRARY_PATH", "TMPDIR",
		"_X_AMZN_TRACE_ID",
	}
	for _, name := range variable {
		if got[name] == "" {
			t.Errorf("%s is not set", name)
		}
		delete(got, name)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("variables (-want +got):\n%s", diff)
	}
}

func TestContextOfAnInvocation(t *testing.T) {
	h := newHost(t, clock.Clock{}, lambda.Options{})
	h.function(nil)
	const trace = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"
	out, err := h.client.Invoke(t.Context(), &sdk.InvokeInput{
		FunctionName: aws.String("arn:aws:lambda:eu-central-1:123456789012:function:work"), Payload: []byte(`{"do":"context"}`),
	}, func(o *sdk.Options) {
		o.APIOptions = append(o.APIOptions, smithyhttp.AddHeaderValue("X-Amzn-Trace-Id", trace))
	})
	if err != nil {
		t.Fatal(err)
	}
	var got reply
	if err := json.Unmarshal(out.Payload, &got); err != nil {
		t.Fatal(err)
	}
	if got.Text != trace {
		t.Errorf("trace: got %q, want %q", got.Text, trace)
	}
	if want := "arn:aws:lambda:eu-central-1:123456789012:function:work"; got.ARN != want {
		t.Errorf("ARN: got %q, want %q", got.ARN, want)
	}
	if got.Left < 8*time.Second || got.Left > 10*time.Second {
		t.Errorf("time left: got %s, want a little less than 10s", got.Left)
	}
	if got.Request == "" || *out.ExecutedVersion != "$LATEST" {
		t.Errorf("got request %q of version %q, want an id and $LATEST", got.Request, *out.ExecutedVersion)
	}
}

// The error that AWS reports for each way in which a function can fail. REQUEST stands for the request id.
func TestFunctionErrors(t *testing.T) {
	tests := []struct {
		name     string
		function map[string]any
		command  command
		typ      string
		message  string
	}{
		{
			name: "an error", command: command{Do: "fail", Text: "SALES.ORDERS"},
			typ:     "tableMissing",
			message: "no table SALES.ORDERS",
		},
		{
			name: "a wrapped error", command: command{Do: "plain fail", Text: "disk full"},
			typ:     "wrapError",
			message: "while loading: disk full",
		},
		{
			name: "a panic", command: command{Do: "panic", Text: "boom"},
			typ:     "string",
			message: "boom",
		},
		{
			name: "an exit", command: command{Do: "exit", Count: 3},
			typ:     "Runtime.ExitError",
			message: "RequestId: REQUEST Error: Runtime exited with error: exit status 3",
		},
		{
			name: "an exit without an error", command: command{Do: "exit"},
			typ:     "Runtime.ExitError",
			message: "RequestId: REQUEST Error: Runtime exited without providing a reason",
		},
		{
			name: "a timeout", function: map[string]any{"Timeout": 1}, command: command{Do: "sleep", Count: 60_000},
			typ:     "Sandbox.Timedout",
			message: "RequestId: REQUEST Error: Task timed out after 1.00 seconds",
		},
		{
			name: "too much memory", function: map[string]any{"MemorySize": 128}, command: command{Do: "allocate", Count: 1000},
			typ:     "Runtime.ExitError",
			message: "RequestId: REQUEST Error: Runtime exited with error: signal: killed",
		},
		{
			name: "an answer over 6 MB", command: command{Do: "large", Count: 7 << 20},
			typ:     "Function.ResponseSizeTooLarge",
			message: "Response payload size exceeded maximum allowed payload size (6291556 bytes).",
		},
		{
			name: "an exit before the first request", command: command{Do: "echo"},
			function: map[string]any{"Environment": map[string]any{"Variables": map[string]any{"INIT": "exit"}}},
			typ:      "Runtime.ExitError",
			message:  "RequestId: REQUEST Error: Runtime exited with error: exit status 7",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			h := newHost(t, clock.Clock{}, lambda.Options{})
			h.function(test.function)
			out := h.invoke(test.command)
			if out.FunctionError == nil || *out.FunctionError != "Unhandled" {
				t.Fatalf("function error: got %v, want Unhandled (%s)", out.FunctionError, out.Payload)
			}
			got := map[string]any{}
			if err := json.Unmarshal(out.Payload, &got); err != nil {
				t.Fatal(err)
			}
			delete(got, "stackTrace")
			got["errorMessage"] = requestID.ReplaceAllString(got["errorMessage"].(string), "REQUEST")
			want := map[string]any{"errorType": test.typ, "errorMessage": test.message}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("payload (-want +got):\n%s", diff)
			}
			if test.function == nil && !strings.HasPrefix(test.name, "an answer over") {
				// The next invocation succeeds, in a new environment if the old one has ended.
				if got := h.reply(command{Do: "echo", Text: "fine"}).Text; got != "fine" {
					t.Errorf("afterwards: got %q, want fine", got)
				}
			}
		})
	}
}

var requestID = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)

func TestLogs(t *testing.T) {
	h := newHost(t, clock.Clock{}, lambda.Options{})
	h.function(nil)
	out := h.invoke(command{Do: "print", Text: "row", Count: 3})
	numbers := regexp.MustCompile(`\d+\.\d\d ms|\d+ ms|Used: \d+`)
	normal := func(s string) string { return numbers.ReplaceAllString(requestID.ReplaceAllString(s, "REQUEST"), "N") }
	want := []string{
		"START RequestId: REQUEST Version: $LATEST",
		"row 0", "row 1", "row 2", "unfinished",
		"END RequestId: REQUEST",
		"REPORT RequestId: REQUEST\tDuration: N\tBilled Duration: N\tMemory Size: 256 MB\tMax Memory N MB\tInit Duration: N",
	}
	var got []string
	for _, line := range h.logs.of("/aws/lambda/work") {
		got = append(got, normal(line))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("log lines (-want +got):\n%s", diff)
	}
	tail, err := base64.StdEncoding.DecodeString(*out.LogResult)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Join(want, "\n")+"\n", normal(string(tail))); diff != "" {
		t.Errorf("tail (-want +got):\n%s", diff)
	}
	out = h.invoke(command{Do: "print", Text: "many", Count: 2000})
	tail, err = base64.StdEncoding.DecodeString(*out.LogResult)
	if err != nil {
		t.Fatal(err)
	}
	if len(tail) != 4096 {
		t.Errorf("tail of a long log: got %d bytes, want 4096", len(tail))
	}
	mustContain(t, string(tail), "many 1999\n")
}

func TestTimeoutIsLogged(t *testing.T) {
	h := newHost(t, clock.Clock{}, lambda.Options{})
	h.function(map[string]any{"Timeout": 1, "LoggingConfig": map[string]any{"LogFormat": "JSON"}})
	h.invoke(command{Do: "sleep", Count: 60_000})
	log := strings.Join(h.logs.of("/aws/lambda/work"), "\n")
	mustContain(t, log, `"type":"platform.start"`)
	mustContain(t, log, "Task timed out after 1.00 seconds")
	mustContain(t, log, `"status":"timeout"`)
}

func TestMaxMemoryIsReported(t *testing.T) {
	h := newHost(t, clock.Clock{}, lambda.Options{})
	h.function(map[string]any{"MemorySize": 512})
	h.reply(command{Do: "allocate", Count: 100})
	log := h.logs.of("/aws/lambda/work")
	used := regexp.MustCompile(`Max Memory Used: (\d+) MB`).FindStringSubmatch(log[len(log)-1])
	if used == nil {
		t.Fatalf("no memory in %q", log[len(log)-1])
	}
	var mb int
	if _, err := fmt.Sscan(used[1], &mb); err != nil || mb < 100 || mb > 500 {
		t.Errorf("got %s MB, want 100 to 500", used[1])
	}
}

// alive reports whether a process exists and is not a zombie.
func alive(pid int) bool {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && !strings.Contains(string(status), ") Z ")
}

func TestServiceStopsProcesses(t *testing.T) {
	t.Run("when the service closes", func(t *testing.T) {
		h := newHost(t, clock.Clock{}, lambda.Options{})
		h.function(nil)
		pid := h.reply(command{Do: "echo"}).PID
		child := h.reply(command{Do: "spawn"}).PID
		if err := h.service.Close(); err != nil {
			t.Fatal(err)
		}
		if alive(pid) {
			t.Errorf("process %d still runs", pid)
		}
		eventually(t, "the function's own child ended", func() bool { return !alive(child) })
	})
	t.Run("while an invocation runs", func(t *testing.T) {
		h := newHost(t, clock.Clock{}, lambda.Options{})
		h.function(nil)
		answered := make(chan error, 1)
		go func() {
			out, err := h.try(command{Do: "sleep", Count: 600_000})
			if err == nil && out.FunctionError == nil {
				err = fmt.Errorf("invocation succeeded: %s", out.Payload)
			} else {
				err = nil
			}
			answered <- err
		}()
		eventually(t, "the invocation started", func() bool { return len(h.logs.of("/aws/lambda/work")) > 0 })
		if err := h.service.Close(); err != nil {
			t.Fatal(err)
		}
		if err := <-answered; err != nil {
			t.Error(err)
		}
	})
	t.Run("after the idle time", func(t *testing.T) {
		h := newHost(t, clock.Clock{}, lambda.Options{Idle: 20 * time.Millisecond})
		h.function(nil)
		pid := h.reply(command{Do: "echo"}).PID
		eventually(t, "the idle process ended", func() bool { return !alive(pid) })
	})
	t.Run("when the function is updated or deleted", func(t *testing.T) {
		h := newHost(t, clock.Clock{}, lambda.Options{})
		h.function(nil)
		old := h.reply(command{Do: "echo"}).PID
		update := request(t, properties(map[string]any{"Environment": map[string]any{"Variables": map[string]any{"V": "2"}}}))
		update.PhysicalID = "work"
		if _, err := h.service.Resources()["AWS::Lambda::Function"].Update(t.Context(), update); err != nil {
			t.Fatal(err)
		}
		if alive(old) {
			t.Errorf("process %d of the old code still runs", old)
		}
		if got := h.reply(command{Do: "variables"}).Variables["V"]; got != "2" {
			t.Errorf("got V=%q, want 2", got)
		}
		pid := h.reply(command{Do: "echo"}).PID
		if err := h.service.Resources()["AWS::Lambda::Function"].Delete(t.Context(), update); err != nil {
			t.Fatal(err)
		}
		if alive(pid) {
			t.Errorf("process %d of the deleted function still runs", pid)
		}
	})
}

func TestProcessKilledBetweenInvocations(t *testing.T) {
	h := newHost(t, clock.Clock{}, lambda.Options{})
	h.function(nil)
	pid := h.reply(command{Do: "echo"}).PID
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the service noticed the exit", func() bool { return h.service.HasExitedIdle("work") })
	if got := h.reply(command{Do: "echo", Text: "new"}).Text; got != "new" {
		t.Errorf("got %q, want new", got)
	}
}
