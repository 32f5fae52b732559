package cloudwatchlogs_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/oralake/oralake/test/aws/account"
	"github.com/oralake/oralake/test/aws/cloudwatchlogs"
	"github.com/oralake/oralake/test/aws/gateway"
	"github.com/oralake/oralake/test/aws/iam"
	"github.com/oralake/oralake/test/aws/resource"
)

var acct = account.Account{ID: "123456789012", Region: "eu-central-1"}

func start(dir string) (*cloudwatchlogs.Service, *sdk.Client) {
	g := gateway.New(iam.New(acct))
	s := cloudwatchlogs.New(acct, dir)
	g.Handle("logs", s.Handler())
	return s, sdk.NewFromConfig(g.Config(acct.Region, iam.AdminCredentials()))
}

func TestGetLogEvents(t *testing.T) {
	synctest.Test(t, getLogEvents)
}

func getLogEvents(t *testing.T) {
	s, client := start("")
	ctx := t.Context()
	group, stream := aws.String("/lake/work"), aws.String("2026/one")
	create(t, s, `{"LogGroupName": "/lake/work"}`)
	var missing *types.ResourceNotFoundException
	_, err := client.GetLogEvents(ctx, &sdk.GetLogEventsInput{LogGroupName: group, LogStreamName: stream})
	if !errors.As(err, &missing) {
		t.Errorf("read without a stream: got %v, want ResourceNotFoundException", err)
	}
	began := time.Now().UnixMilli()
	for _, message := range []string{"one", "two", "three"} {
		s.Put(*group, *stream, message)
		time.Sleep(time.Millisecond)
	}

	for _, fromHead := range []bool{true, false} {
		var pages [][]string
		in := &sdk.GetLogEventsInput{
			LogGroupName: group, LogStreamName: stream, Limit: aws.Int32(2), StartFromHead: aws.Bool(fromHead),
		}
		for {
			got, err := client.GetLogEvents(ctx, in)
			if err != nil {
				t.Fatal(err)
			}
			var page []string
			for _, e := range got.Events {
				page = append(page, *e.Message)
			}
			pages = append(pages, page)
			next := got.NextBackwardToken
			if fromHead {
				next = got.NextForwardToken
			}
			if aws.ToString(in.NextToken) == *next {
				break
			}
			in.NextToken = next
		}
		want := [][]string{{"two", "three"}, {"one"}, nil}
		if fromHead {
			want = [][]string{{"one", "two"}, {"three"}, nil}
		}
		if diff := cmp.Diff(pages, want); diff != "" {
			t.Errorf("pages, from the head %v (-got +want):\n%s", fromHead, diff)
		}
	}

	streams, err := client.DescribeLogStreams(ctx, &sdk.DescribeLogStreamsInput{
		LogGroupIdentifier: aws.String(acct.ARN("logs", "log-group:/lake/work:*")),
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(streams.LogStreams) != 1 || *streams.LogStreams[0].FirstEventTimestamp != began ||
		*streams.LogStreams[0].LastEventTimestamp != began+2 {
		t.Errorf("streams: got %+v, want 2026/one from %d to %d", streams.LogStreams, began, began+2)
	}
}

func TestPutCreatesAStreamAndAFile(t *testing.T) {
	dir := t.TempDir()
	s, client := start(dir)
	create(t, s, `{"LogGroupName": "/aws/lambda/poll"}`)
	s.Put("/aws/lambda/poll", "2026/11/22/[$LATEST]1f", "START\n")
	s.Put("/aws/lambda/poll", "2026/11/22/[$LATEST]1f", "the end")
	text, err := os.ReadFile(filepath.Join(dir, "+aws+lambda+poll", "2026+11+22+[$LATEST]1f.log"))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for line := range strings.Lines(string(text)) {
		at, message, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		if _, err := time.Parse(time.RFC3339, at); err != nil {
			t.Errorf("line %q: %v", line, err)
		}
		got = append(got, message)
	}
	if diff := cmp.Diff(got, []string{"START", "the end"}); diff != "" {
		t.Errorf("lines of the file (-got +want):\n%s", diff)
	}
	groups, err := client.DescribeLogGroups(t.Context(), &sdk.DescribeLogGroupsInput{LogGroupNamePrefix: aws.String("/aws/")})
	if err != nil {
		t.Fatal(err)
	}
	if len(groups.LogGroups) != 1 || *groups.LogGroups[0].Arn != acct.ARN("logs", "log-group:/aws/lambda/poll:*") {
		t.Errorf("groups: got %+v, want /aws/lambda/poll", groups.LogGroups)
	}
}

func TestFilterPatterns(t *testing.T) {
	s, client := start("")
	create(t, s, `{"LogGroupName": "g"}`)
	s.Put("g", "a", `ERROR table ORDERS: no rows`)
	s.Put("g", "b", `error table LINEITEM`)
	s.Put("g", "b", `ERROR no table`)
	for pattern, want := range map[string][]string{
		"":                     {"ERROR table ORDERS: no rows", "error table LINEITEM", "ERROR no table"},
		"ERROR":                {"ERROR table ORDERS: no rows", "ERROR no table"},
		"table  ERROR":         {"ERROR table ORDERS: no rows", "ERROR no table"},
		`"ORDERS: no" ERROR`:   {"ERROR table ORDERS: no rows"},
		"nothing":              nil,
		`{ $.level = "error"}`: {"refused"},
		"?ERROR ?error":        {"refused"},
		"-ERROR":               {"refused"},
		"[a, b]":               {"refused"},
		"%ERR.R%":              {"refused"},
		`"open`:                {"refused"},
	} {
		pages := sdk.NewFilterLogEventsPaginator(client, &sdk.FilterLogEventsInput{
			LogGroupName: aws.String("g"), FilterPattern: aws.String(pattern), Limit: aws.Int32(1),
		})
		var got []string
		for pages.HasMorePages() {
			page, err := pages.NextPage(t.Context())
			var invalid *types.InvalidParameterException
			if errors.As(err, &invalid) {
				got = append(got, "refused")
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range page.Events {
				got = append(got, *e.Message)
			}
		}
		if diff := cmp.Diff(got, want); diff != "" {
			t.Errorf("pattern %s (-got +want):\n%s", pattern, diff)
		}
	}
}

func TestDescribeLogStreamsHasPages(t *testing.T) {
	s, client := start("")
	create(t, s, `{"LogGroupName": "g"}`)
	var want []string
	for i := range 120 {
		name := fmt.Sprintf("stream-%03d", i)
		s.Put("g", name, "hello")
		want = append(want, name)
	}
	pages := sdk.NewDescribeLogStreamsPaginator(client, &sdk.DescribeLogStreamsInput{LogGroupName: aws.String("g")})
	var got []string
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, st := range page.LogStreams {
			got = append(got, *st.LogStreamName)
		}
	}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("streams (-got +want):\n%s", diff)
	}
}

func TestMemoryLimit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, _ := start("")
		groups := s.Resources()["AWS::Logs::LogGroup"]
		s.LimitMemory(1000)
		var newest string
		for i := range rapid.IntRange(1, 100).Draw(t, "events") {
			if rapid.IntRange(0, 20).Draw(t, "delete") == 0 {
				group := rapid.SampledFrom([]string{"a", "b"}).Draw(t, "group")
				if err := groups.Delete(t.Context(), resource.Request{PhysicalID: group}); err != nil {
					t.Fatal(err)
				}
			}
			newest = fmt.Sprintf("%d %s", i, strings.Repeat("x", rapid.IntRange(0, 200).Draw(t, "size")))
			group := rapid.SampledFrom([]string{"a", "b"}).Draw(t, "group")
			// Create fails only for a group that exists already.
			_, _ = groups.Create(t.Context(), resource.Request{Properties: json.RawMessage(`{"LogGroupName": "` + group + `"}`)})
			s.Put(group, rapid.StringN(1, 2, 2).Draw(t, "stream"), newest)
			if counted, actual := s.Held(); counted != actual || counted > 1000 || counted < len(newest) {
				t.Fatalf("after event %d: %d bytes counted, %d held, want the same and at most 1000", i, counted, actual)
			}
		}
	})
}

func TestRetentionHidesOldEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, client := start("")
		create(t, s, `{"LogGroupName": "g", "RetentionInDays": 3}`)
		s.Put("g", "s", "first")
		time.Sleep(2 * 24 * time.Hour)
		s.Put("g", "s", "second")
		time.Sleep(25 * time.Hour)
		out, err := client.GetLogEvents(t.Context(), &sdk.GetLogEventsInput{
			LogGroupName: aws.String("g"), LogStreamName: aws.String("s"),
		})
		if err != nil {
			t.Fatal(err)
		}
		if len(out.Events) != 1 || *out.Events[0].Message != "second" {
			t.Errorf("after three days: got %d events, want only the second", len(out.Events))
		}
	})
}

func TestFileNamesAreUnique(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		letter := rapid.SampledFrom([]rune(`/.+%ab\2Fé`))
		name := rapid.OneOf(rapid.StringOfN(letter, 1, 6, -1), rapid.StringOfN(letter, 200, 300, -1))
		a, b := name.Draw(t, "a"), name.Draw(t, "b")
		fileA, fileB := cloudwatchlogs.FileName(a), cloudwatchlogs.FileName(b)
		if (a == b) != (fileA == fileB) {
			t.Errorf("%q is in %q, %q is in %q", a, fileA, b, fileB)
		}
		if strings.ContainsAny(fileA, `/\`) || strings.HasPrefix(fileA, ".") || len(fileA) > 200 {
			t.Errorf("%q is in %q, want a plain name of at most 200 bytes", a, fileA)
		}
	})
}

// A late line must not create the group of a deleted stack again.
func TestPutToAMissingGroupIsDropped(t *testing.T) {
	s, client := start("")
	s.Put("gone", "s", "too late")
	out, err := client.DescribeLogGroups(t.Context(), &sdk.DescribeLogGroupsInput{})
	if err != nil {
		t.Fatal(err)
	}
	if len(out.LogGroups) != 0 {
		t.Errorf("log groups: got %+v, want none", out.LogGroups)
	}
}

func TestErrorNamesAnOperationThatIsNotImplemented(t *testing.T) {
	_, client := start("")
	_, err := client.CreateLogGroup(t.Context(), &sdk.CreateLogGroupInput{LogGroupName: aws.String("g")})
	if err == nil || !strings.Contains(err.Error(), "logs:CreateLogGroup") {
		t.Errorf("got %v, want an error that names logs:CreateLogGroup", err)
	}
}
