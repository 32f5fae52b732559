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

// A call that came too fast is made again; what is refused stays refused, and a failure that stays is told in time.
func TestFailuresOfAWSPass(t *testing.T) {
	throttled := fmt.Errorf("describe: %w", &smithy.GenericAPIError{Code: "ThrottlingException"})
	refused := errors.New("the file does not allow it")
	for name, test := range map[string]struct {
		errors []error // of the first calls; the last one stays
		calls  int
		want   error
	}{
		"throttled":     {[]error{throttled, throttled, nil}, 3, nil},
		"refused":       {[]error{refused}, 1, refused},
		"for too long":  {[]error{throttled}, 182, throttled},
		"then refused":  {[]error{throttled, refused}, 2, refused},
		"right at once": {[]error{nil}, 1, nil},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				calls := 0
				f := customResource{Log: slog.New(slog.DiscardHandler), Work: func(context.Context, Request) (string, error) {
					calls++
					return "id", test.errors[min(calls, len(test.errors))-1]
				}}
				id, err := f.work(t.Context(), Request{Since: time.Now()})
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

func TestReadLeavesOutWhatItDoesNotKnow(t *testing.T) {
	got, err := ReadProperties[properties](map[string]any{"Stack": "s", "Tables": map[string]any{"S.A": "words"}, "Later": "x"})
	if err != nil || got.Stack != "s" || got.Tables["S.A"] != "words" {
		t.Errorf("Read = %+v, %v", got, err)
	}
	if _, err := ReadProperties[properties](map[string]any{"Stack": []any{"s"}}); err == nil {
		t.Error("a list is read as a text")
	}
}

func TestReasonFitsIntoAnAnswer(t *testing.T) {
	if got := brief(strings.Repeat("é", 5000)); len(got) > 4096 || !strings.HasSuffix(got, "has the rest)") {
		t.Errorf("a reason of %d bytes ends in %q", len(got), got[len(got)-20:])
	}
	if got := brief("short"); got != "short" {
		t.Errorf("brief(short) = %q", got)
	}
}
