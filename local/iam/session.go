package iam

import (
	"context"
	"crypto/rand"
	"net/http"
	"regexp"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/oralake/oralake/local/gateway"
)

// AdminAccessKeyID and AdminSecretAccessKey are the credentials of the person who uses the embedded AWS.
const (
	AdminAccessKeyID     = "local"
	AdminSecretAccessKey = "local"
)

// sessionLife is how long a role's credentials are good for: longer than any migration, so that nothing on one
// machine has to renew them.
const sessionLife = 365 * 24 * time.Hour

type sessionName struct{ roleARN, session string }

type session struct {
	role        *role
	credentials aws.Credentials
	arn         string
}

// AdminCredentials sign requests as the administrator.
func AdminCredentials() aws.CredentialsProvider {
	return aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: AdminAccessKeyID, SecretAccessKey: AdminSecretAccessKey}, nil
	})
}

var validSession = regexp.MustCompile(`^[\w+=,.@-]{2,64}$`)

// Credentials act as the role, in a session of the given name (2 to 64 letters, digits or any of +=,.@-_). The same
// session of the same role gets the same credentials. The error is NoSuchEntity when the role does not exist.
func (s *Service) Credentials(roleARN, name string) (aws.Credentials, error) {
	if !validSession.MatchString(name) {
		return aws.Credentials{}, gateway.Errorf("ValidationError",
			"role session name %q: want 2 to 64 letters, digits or any of +=,.@-_", name)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.roleByARN(roleARN)
	if err != nil {
		return aws.Credentials{}, err
	}
	key := sessionName{roleARN, name}
	if open, ok := s.byName[key]; ok && open.role == r {
		return open.credentials, nil
	}
	opened := &session{
		role: r,
		arn:  s.acct.GlobalARN("sts", "assumed-role/"+r.name+"/"+name),
		credentials: aws.Credentials{
			AccessKeyID:     "ASIA" + rand.Text()[:16],
			SecretAccessKey: rand.Text(),
			SessionToken:    rand.Text() + rand.Text(),
			CanExpire:       true,
			Expires:         time.Now().Add(sessionLife),
			AccountID:       s.acct.ID,
			Source:          "embedded AWS",
		},
	}
	if stale, ok := s.byName[key]; ok {
		delete(s.sessions, stale.credentials.AccessKeyID)
	}
	s.byName[key] = opened
	s.sessions[opened.credentials.AccessKeyID] = opened
	return opened.credentials, nil
}

// Principal says whose an access key is: the administrator's or a role session's. An unknown key, and the key of a
// role that was deleted, is InvalidClientTokenId.
func (s *Service) Principal(accessKeyID string) (gateway.Principal, error) {
	if accessKeyID == AdminAccessKeyID {
		return gateway.Principal{ARN: s.acct.GlobalARN("iam", "user/local")}, nil
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	open, ok := s.sessions[accessKeyID]
	if !ok || open.role.deleted {
		return gateway.Principal{}, &gateway.Error{
			Code: "InvalidClientTokenId", Status: http.StatusForbidden,
			Message: "the access key " + accessKeyID + " is not known here: use the access key " + AdminAccessKeyID +
				", or credentials that this AWS gave out since it started",
		}
	}
	if time.Now().After(open.credentials.Expires) {
		return gateway.Principal{}, &gateway.Error{
			Code: "ExpiredToken", Status: http.StatusForbidden,
			Message: "the credentials of " + open.arn + " have expired",
		}
	}
	return gateway.Principal{ARN: open.arn, Role: open.role.arn}, nil
}
