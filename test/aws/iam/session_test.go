package iam

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/oralake/oralake/test/aws/resource"
)

func TestServicesMayChooseAnySessionName(t *testing.T) {
	s := New(acct)
	arn := s.EnsureRole("worker")
	for name, want := range map[string]string{
		"f": "session-f", "": "session-", "my job/1": "my-job-1", "Ä": "session--",
		strings.Repeat("x", 80): strings.Repeat("x", 64),
	} {
		c, err := s.Credentials(arn, name)
		if err != nil {
			t.Errorf("%q: %v", name, err)
			continue
		}
		p, err := s.Principal(c.AccessKeyID)
		if err != nil {
			t.Fatal(err)
		}
		if got := p.ARN[strings.LastIndexByte(p.ARN, '/')+1:]; got != want || !validSession.MatchString(got) {
			t.Errorf("%q: session %q, want %q", name, got, want)
		}
	}
}

func TestServiceSessionsAreLimited(t *testing.T) {
	s := New(acct)
	arn := s.EnsureRole("worker")
	used, err := s.Credentials(arn, "in use")
	if err != nil {
		t.Fatal(err)
	}
	idle, err := s.Credentials(arn, "idle")
	if err != nil {
		t.Fatal(err)
	}
	for i := range 3 * maxServiceSessions {
		if _, err := s.Credentials(arn, fmt.Sprintf("run-%d", i)); err != nil {
			t.Fatal(err)
		}
		if i%(maxServiceSessions/2) == 0 {
			if _, err := s.Principal(used.AccessKeyID); err != nil {
				t.Fatalf("a session in use, after %d others: %v", i, err)
			}
		}
	}
	if got := len(s.sessions); got != maxServiceSessions {
		t.Errorf("%d sessions are kept, want %d", got, maxServiceSessions)
	}
	if _, err := s.Principal(idle.AccessKeyID); code(err) != "InvalidClientTokenId" {
		t.Errorf("a session that was not used: %v, want an error: the session has ended", err)
	}
	if err := s.Resources()["AWS::IAM::Role"].Delete(t.Context(), resource.Request{PhysicalID: "worker"}); err != nil {
		t.Fatal(err)
	}
	if got := len(s.sessions); got != 0 {
		t.Errorf("%d sessions of a deleted role", got)
	}
}

func TestExpiredSessionsAreDeleted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(acct)
		arn := s.EnsureRole("deploy")
		for range 100 {
			if _, err := s.Assume(arn, "cli", time.Hour, false); err != nil {
				t.Fatal(err)
			}
			time.Sleep(20 * time.Minute)
		}
		if got := len(s.sessions); got > 4 {
			t.Errorf("%d sessions are kept, want only those of the last hour", got)
		}
	})
}
