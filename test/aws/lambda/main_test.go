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

// The test binary is the bootstrap, too: zipped and uploaded, it finds itself behind a Runtime API and serves it with
// aws-lambda-go, as every Go function does.
func TestMain(m *testing.M) {
	if os.Getenv("AWS_LAMBDA_RUNTIME_API") == "" {
		os.Exit(m.Run())
	}
	switch os.Getenv("INIT") {
	case "exit":
		fmt.Println("leaving early")
		os.Exit(7)
	case "quiet exit":
		os.Exit(0)
	}
	awslambda.Start(handle)
}

type order struct {
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

var hoard [][]byte

func handle(ctx context.Context, o order) (reply, error) {
	switch o.Do {
	case "echo":
		return reply{Text: o.Text, PID: os.Getpid()}, nil
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
		b, err := os.ReadFile(o.Text)
		return reply{Text: string(b)}, err
	case "fail":
		return reply{}, &tableMissing{o.Text}
	case "plain fail":
		return reply{}, fmt.Errorf("while loading: %w", errors.New(o.Text))
	case "panic":
		panic(o.Text)
	case "exit":
		os.Exit(o.Count)
	case "print":
		for i := range o.Count {
			fmt.Printf("%s %d\n", o.Text, i)
		}
		fmt.Fprint(os.Stderr, "unfinished")
		return reply{}, nil
	case "sleep":
		time.Sleep(time.Duration(o.Count) * time.Millisecond)
		return reply{PID: os.Getpid()}, nil
	case "hog":
		for range o.Count {
			hoard = append(hoard, bytes.Repeat([]byte{1}, 1<<20))
			time.Sleep(time.Millisecond)
		}
		return reply{Text: fmt.Sprint(len(hoard))}, nil
	case "spawn":
		return reply{PID: spawn()}, nil
	case "large":
		return reply{Text: strings.Repeat("x", o.Count)}, nil
	}
	return reply{}, errors.New("unknown order " + o.Do)
}

// spawn starts a program that would outlive its function.
func spawn() int {
	child := exec.Command("/bin/sleep", "600")
	if err := child.Start(); err != nil {
		panic(err)
	}
	return child.Process.Pid
}

// bootstrapZip is this test binary as a function's code.
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
