package lambda_test

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	awslambda "github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
)

// The test binary is also the bootstrap of the test's functions. As a bootstrap it serves the Runtime API with
// aws-lambda-go, as every Go function does.
func TestMain(m *testing.M) {
	if os.Getenv("AWS_LAMBDA_RUNTIME_API") == "" {
		os.Exit(m.Run())
	}
	switch os.Getenv("INIT") {
	case "exit":
		fmt.Println("exit before the first request")
		os.Exit(7)
	case "exit without error":
		os.Exit(0)
	}
	awslambda.Start(handle)
}

// command is the payload of the test bootstrap: Do says what it does.
type command struct {
	Do    string `json:"do"`
	Text  string `json:"text"`
	Count int    `json:"count"`
}

type reply struct {
	Text      string            `json:"text,omitempty"`
	PID       int               `json:"pid,omitempty"`
	Variables map[string]string `json:"variables,omitempty"`
	Request   string            `json:"request,omitempty"`
	ARN       string            `json:"arn,omitempty"`
	Left      time.Duration     `json:"left,omitempty"`
}

type tableMissing struct{ name string }

func (t *tableMissing) Error() string { return "no table " + t.name }

var allocated [][]byte

func handle(ctx context.Context, c command) (reply, error) {
	switch c.Do {
	case "echo":
		return reply{Text: c.Text, PID: os.Getpid()}, nil
	case "context":
		lc, _ := lambdacontext.FromContext(ctx)
		deadline, _ := ctx.Deadline()
		return reply{
			Request: lc.AwsRequestID, ARN: lc.InvokedFunctionArn, Left: time.Until(deadline),
			Text: os.Getenv("_X_AMZN_TRACE_ID"),
		}, nil
	case "variables":
		all := map[string]string{}
		for _, v := range os.Environ() {
			name, value, _ := strings.Cut(v, "=")
			all[name] = value
		}
		return reply{Variables: all}, nil
	case "read":
		b, err := os.ReadFile(c.Text)
		return reply{Text: string(b)}, err
	case "fail":
		return reply{}, &tableMissing{c.Text}
	case "plain fail":
		return reply{}, fmt.Errorf("while loading: %w", errors.New(c.Text))
	case "panic":
		panic(c.Text)
	case "exit":
		os.Exit(c.Count)
	case "print":
		for i := range c.Count {
			fmt.Printf("%s %d\n", c.Text, i)
		}
		fmt.Fprint(os.Stderr, "unfinished")
		return reply{}, nil
	case "sleep":
		time.Sleep(time.Duration(c.Count) * time.Millisecond)
		return reply{PID: os.Getpid()}, nil
	case "allocate":
		for range c.Count {
			allocated = append(allocated, bytes.Repeat([]byte{1}, 1<<20))
			time.Sleep(time.Millisecond)
		}
		return reply{Text: fmt.Sprint(len(allocated))}, nil
	case "spawn":
		return reply{PID: spawn()}, nil
	case "large":
		return reply{Text: strings.Repeat("x", c.Count)}, nil
	}
	return reply{}, errors.New("unknown command " + c.Do)
}

// spawn starts a program that runs longer than the function.
func spawn() int {
	child := exec.Command("/bin/sleep", "600")
	if err := child.Start(); err != nil {
		panic(err)
	}
	return child.Process.Pid
}

// bootstrapZip returns a zip with this test binary as the bootstrap.
func bootstrapZip(t *testing.T) []byte {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	return zipOf(t, file{name: "bootstrap", content: string(program), mode: 0o755})
}

type file struct {
	name, content string
	mode          os.FileMode
}

func zipOf(t *testing.T, files ...file) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, f := range files {
		header := &zip.FileHeader{Name: f.name, Method: zip.Store}
		header.SetMode(f.mode)
		w, err := z.CreateHeader(header)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(f.content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
