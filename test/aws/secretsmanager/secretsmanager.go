// Package secretsmanager keeps secrets with their current and previous value. It encrypts nothing.
package secretsmanager

import (
	"crypto/rand"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/oralake/oralake/test/aws/account"
	"github.com/oralake/oralake/test/aws/gateway"
)

// Service holds the secrets of one account. It is safe for concurrent use.
type Service struct {
	acct account.Account
	keys Keys // nil without UseKeys

	mu      sync.RWMutex
	secrets map[string]*secret // by ARN
}

type secret struct {
	arn, name         string
	description, kms  string
	created           time.Time
	current, previous *version
	tags              []tag
}

type version struct {
	id      string
	text    string
	binary  []byte
	created time.Time
}

type tag struct{ Key, Value string }

// New makes an account without secrets.
func New(acct account.Account) *Service {
	return &Service{acct: acct, secrets: map[string]*secret{}}
}

// Seed makes a secret, or gives an existing secret a new value, and returns its ARN. A caller may name the secret by a
// whole ARN with its suffix, for example when a template already contains that ARN.
func (s *Service) Seed(nameOrARN, value string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if held, ok := s.find(nameOrARN); ok {
		held.put(newVersion(value, nil))
		return held.arn
	}
	made := &secret{created: time.Now(), name: nameOrARN}
	if m := completeARN.FindStringSubmatch(nameOrARN); m != nil {
		made.arn, made.name = nameOrARN, m[1]
	} else {
		made.arn = s.newARN(nameOrARN)
	}
	made.put(newVersion(value, nil))
	s.secrets[made.arn] = made
	return made.arn
}

// Handler answers requests signed for "secretsmanager".
func (s *Service) Handler() http.Handler {
	return gateway.JSON("secretsmanager", map[string]gateway.Operation{
		"GetSecretValue": gateway.Op(s.getSecretValue),
		"DescribeSecret": gateway.Op(s.describeSecret),
		"CreateSecret":   gateway.Op(s.createSecret),
		"PutSecretValue": gateway.Op(s.putSecretValue),
	})
}

var completeARN = regexp.MustCompile(`^arn:[^:]+:secretsmanager:[^:]*:[^:]*:secret:(.+)-[A-Za-z0-9]{6}$`)

func (s *Service) newARN(name string) string {
	return s.acct.ARN("secretsmanager", "secret:"+name+"-"+rand.Text()[:6])
}

func newVersion(text string, binary []byte) *version {
	return &version{id: strings.ToLower(rand.Text() + rand.Text())[:32], text: text, binary: binary, created: time.Now()}
}

func (x *secret) put(v *version) { x.previous, x.current = x.current, v }

// find finds a secret by name, by ARN, or by ARN without its suffix. It must be called with mu held.
func (s *Service) find(id string) (*secret, bool) {
	if x, ok := s.secrets[id]; ok {
		return x, true
	}
	for _, x := range s.secrets {
		if x.name == id || x.arn[:len(x.arn)-len("-XXXXXX")] == id {
			return x, true
		}
	}
	return nil, false
}

// secret finds a secret as find does, or fails. It must be called with mu held.
func (s *Service) secret(id string) (*secret, error) {
	x, ok := s.find(id)
	if !ok {
		return nil, gateway.Errorf("ResourceNotFoundException", "Secrets Manager can't find the specified secret: %s", id)
	}
	return x, nil
}
