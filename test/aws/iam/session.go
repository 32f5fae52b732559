package iam

import (
	"container/list"
	"context"
	"crypto/rand"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/oralake/oralake/test/aws/gateway"
)

// AdminAccessKeyID and AdminSecretAccessKey are the credentials of the embedded AWS's user.
const (
	AdminAccessKeyID     = "local"
	AdminSecretAccessKey = "local"
)

// sessionLife is how long a service's credentials of a role are valid. It is longer than any migration, so that no
// service has to renew its credentials.
const sessionLife = 365 * 24 * time.Hour

// maxServiceSessions is the maximum number of open service sessions of a role. A further session ends the least
// recently used one. Far fewer calls than that run at the same time.
const maxServiceSessions = 10_000

type session struct {
	role        *role
	credentials aws.Credentials
	arn         string
	place       *list.Element // in the role's list recent; nil for a session from STS
	function    string        // the function whose code has the credentials; else empty
}

// roleSessions are the open sessions of one role.
type roleSessions struct {
	byName  map[string]*session // the sessions of services
	recent  *list.List          // the same sessions, the most recently used first
	assumed []*session          // the sessions from STS
}

func newRoleSessions() *roleSessions {
	return &roleSessions{byName: map[string]*session{}, recent: list.New()}
}

// AdminCredentials are the administrator's credentials for signing requests.
func AdminCredentials() aws.CredentialsProvider {
	return aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: AdminAccessKeyID, SecretAccessKey: AdminSecretAccessKey}, nil
	})
}

var validSession = regexp.MustCompile(`^[\w+=,.@-]{2,64}$`)

const maxSessionName = 64

// sessionNameOf makes a valid session name from any name that a service uses.
func sessionNameOf(name string) string {
	name = strings.Map(func(c rune) rune {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.ContainsRune("_+=,.@-", c) {
			return c
		}
		return '-'
	}, name)
	if len(name) < 2 {
		name = "session-" + name
	}
	return name[:min(len(name), maxSessionName)]
}

// Credentials returns credentials for a service that acts as the role. name, of any letters and length, becomes the
// session's name. The same name and role give the same credentials. They are valid until the role is deleted, or until
// 10,000 other sessions of the role have been used since. It fails with NoSuchEntity if the role does not exist.
func (s *Service) Credentials(roleARN, name string) (aws.Credentials, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.roleByARN(roleARN)
	if err != nil {
		return aws.Credentials{}, err
	}
	name = sessionNameOf(name)
	all := r.sessions
	if open, ok := all.byName[name]; ok {
		if time.Now().Before(open.credentials.Expires) {
			all.recent.MoveToFront(open.place)
			return open.credentials, nil
		}
		s.end(name, open)
	}
	opened := s.openSession(r, name, sessionLife)
	opened.place = all.recent.PushFront(name)
	all.byName[name] = opened
	if all.recent.Len() > maxServiceSessions {
		oldest := all.recent.Back().Value.(string)
		s.end(oldest, all.byName[oldest])
	}
	return opened.credentials, nil
}

// FunctionCredentials is Credentials for the code of a function, whose name is the session's name.
func (s *Service) FunctionCredentials(roleARN, function string) (aws.Credentials, error) {
	credentials, err := s.Credentials(roleARN, function)
	if err != nil {
		return aws.Credentials{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if open, ok := s.sessions[credentials.AccessKeyID]; ok {
		open.function = s.acct.ARN("lambda", "function:"+function)
	}
	return credentials, nil
}

// RolePrincipal returns who a service is that acts as a role, without credentials. It fails with NoSuchEntity if the role does not
// exist.
func (s *Service) RolePrincipal(roleARN, session string) (gateway.Principal, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	r, err := s.roleByARN(roleARN)
	if err != nil {
		return gateway.Principal{}, err
	}
	return gateway.Principal{
		ARN: s.acct.GlobalARN("sts", "assumed-role/"+r.name+"/"+sessionNameOf(session)), Role: r.arn, Unlimited: r.open,
	}, nil
}

// end closes a service's session. It must be called with mu held.
func (s *Service) end(name string, open *session) {
	delete(s.sessions, open.credentials.AccessKeyID)
	delete(open.role.sessions.byName, name)
	open.role.sessions.recent.Remove(open.place)
}

// endSessions closes all sessions of a role. It must be called with mu held.
func (s *Service) endSessions(r *role) {
	for _, open := range r.sessions.byName {
		delete(s.sessions, open.credentials.AccessKeyID)
	}
	for _, open := range r.sessions.assumed {
		delete(s.sessions, open.credentials.AccessKeyID)
	}
	r.sessions = newRoleSessions()
}

// Limits of DurationSeconds. Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
const (
	shortestSession = 15 * time.Minute
	chainedSession  = time.Hour // the maximum for a caller that is itself in a session
)

// Assume opens a session as STS does. The name has 2 to 64 letters, digits or any of +=,.@-_. The credentials are new
// each time. life is at least 15 minutes and at most what the role allows, or an hour if a session of a role makes the
// request (chained). It fails with ValidationError, or with NoSuchEntity if the role does not exist.
func (s *Service) Assume(roleARN, name string, life time.Duration, chained bool) (aws.Credentials, error) {
	if !validSession.MatchString(name) {
		return aws.Credentials{}, gateway.Errorf("ValidationError",
			"role session name %q: want 2 to 64 letters, digits or any of +=,.@-_", name)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.roleByARN(roleARN)
	switch {
	case err != nil:
		return aws.Credentials{}, err
	case life < shortestSession:
		return aws.Credentials{}, gateway.Errorf("ValidationError",
			"DurationSeconds %d: want at least %d", int(life.Seconds()), int(shortestSession.Seconds()))
	case life > r.maxSession:
		return aws.Credentials{}, gateway.Errorf("ValidationError",
			"The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
	case chained && life > chainedSession:
		return aws.Credentials{}, gateway.Errorf("ValidationError",
			"The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining")
	}
	now := time.Now()
	r.sessions.assumed = slices.DeleteFunc(r.sessions.assumed, func(open *session) bool {
		over := now.After(open.credentials.Expires)
		if over {
			delete(s.sessions, open.credentials.AccessKeyID)
		}
		return over
	})
	opened := s.openSession(r, name, life)
	r.sessions.assumed = append(r.sessions.assumed, opened)
	return opened.credentials, nil
}

// openSession must be called with mu held.
func (s *Service) openSession(r *role, name string, life time.Duration) *session {
	opened := &session{
		role: r,
		arn:  s.acct.GlobalARN("sts", "assumed-role/"+r.name+"/"+name),
		credentials: aws.Credentials{
			AccessKeyID:     "ASIA" + rand.Text()[:16],
			SecretAccessKey: rand.Text(),
			SessionToken:    rand.Text() + rand.Text(),
			CanExpire:       true,
			Expires:         time.Now().Add(life),
			AccountID:       s.acct.ID,
			Source:          "embedded AWS",
		},
	}
	s.sessions[opened.credentials.AccessKeyID] = opened
	return opened
}

// Principal returns the owner of an access key: the administrator or a role session. It fails with InvalidClientTokenId
// for an unknown key and for the key of a deleted role.
func (s *Service) Principal(accessKeyID string) (gateway.Principal, error) {
	if accessKeyID == AdminAccessKeyID {
		return gateway.Principal{ARN: s.acct.GlobalARN("iam", "user/local")}, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	open, ok := s.sessions[accessKeyID]
	if !ok {
		return gateway.Principal{}, &gateway.Error{
			Code: "InvalidClientTokenId", Status: http.StatusForbidden,
			Message: "the access key " + accessKeyID + " is not known here: use the access key " + AdminAccessKeyID +
				", or credentials that this embedded AWS has issued since it started",
		}
	}
	if time.Now().After(open.credentials.Expires) {
		return gateway.Principal{}, &gateway.Error{
			Code: "ExpiredToken", Status: http.StatusForbidden,
			Message: "the credentials of " + open.arn + " have expired",
		}
	}
	if open.place != nil {
		open.role.sessions.recent.MoveToFront(open.place)
	}
	return gateway.Principal{ARN: open.arn, Role: open.role.arn, Function: open.function, Unlimited: open.role.open}, nil
}
