package deploy

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/smithy-go"
)

// Transient errors are retried for retryTime. Other errors are returned at once.
func TestWorkRetriesTransientErrors(t *testing.T) {
	throttled := fmt.Errorf("describe: %w", &smithy.GenericAPIError{Code: "ThrottlingException"})
	refused := errors.New("the file does not allow it")
	for name, test := range map[string]struct {
		errors []error // of the first calls; all later calls return the last one
		calls  int
		want   error
	}{
		"throttled twice":    {[]error{throttled, throttled, nil}, 3, nil},
		"refused":            {[]error{refused}, 1, refused},
		"throttled for good": {[]error{throttled}, 182, throttled},
		"throttled, refused": {[]error{throttled, refused}, 2, refused},
		"no error":           {[]error{nil}, 1, nil},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				calls := 0
				f := customResource{Log: slog.New(slog.DiscardHandler), Work: withoutAttributes(func(context.Context, Request) (string, error) {
					calls++
					return "id", test.errors[min(calls, len(test.errors))-1]
				})}
				done, err := f.work(t.Context(), Request{Since: time.Now()})
				id := done.PhysicalID
				if id != "id" || !errors.Is(err, test.want) || (err == nil) != (test.want == nil) || calls != test.calls {
					t.Errorf("work = %q, %v after %d calls; want %v after %d", id, err, calls, test.want, test.calls)
				}
			})
		})
	}
}

type properties struct {
	Stack  string
	Tables map[string]string
}

func TestReadPropertiesIgnoresUnknownOnes(t *testing.T) {
	got, err := ReadProperties[properties](map[string]any{"Stack": "s", "Tables": map[string]any{"S.A": "S.A"}, "Later": "x"})
	if err != nil || got.Stack != "s" || got.Tables["S.A"] != "S.A" {
		t.Errorf("ReadProperties = %+v, %v", got, err)
	}
	if _, err := ReadProperties[properties](map[string]any{"Stack": []any{"s"}}); err == nil {
		t.Error("ReadProperties reads a list into a string without an error")
	}
}

func TestShortenFitsIntoAnAnswer(t *testing.T) {
	if got := shorten(strings.Repeat("é", 5000)); len(got) > 4096 || !strings.HasSuffix(got, "has the rest)") {
		t.Errorf("shorten returns %d bytes that end in %q, want at most 4096 that name the log", len(got), got[len(got)-20:])
	}
	if got := shorten("short"); got != "short" {
		t.Errorf("shorten(short) = %q", got)
	}
}
