// Package kms keeps the keys that templates make. It has no API and no cryptography: the embedded AWS encrypts nothing.
package kms

import (
	"encoding/json"
	"strings"
	"sync"
	"time"

	"github.com/oralake/oralake/test/aws/account"
	"github.com/oralake/oralake/test/aws/gateway"
)

// Service holds the keys of one account. It is safe for concurrent use.
type Service struct {
	acct account.Account

	mu   sync.RWMutex
	keys map[string]*key // by id
}

type key struct {
	id, arn  string
	deletion time.Time // zero unless the key is pending deletion
	enabled  bool
	policy   json.RawMessage
}

// New makes an account without keys.
func New(acct account.Account) *Service {
	return &Service{acct: acct, keys: map[string]*key{}}
}

// Policy returns the key policy of a key, by id or ARN. It returns nil if the key does not exist.
func (s *Service) Policy(id string) json.RawMessage {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if k, ok := s.find(id); ok {
		return k.policy
	}
	return nil
}

// Usable returns the ARN of a key, by id or ARN. It fails with the error that S3 returns to its caller when the key
// cannot encrypt: the key does not exist, is disabled or is pending deletion.
func (s *Service) Usable(id string) (arn string, err error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	k, ok := s.find(id)
	switch {
	case !ok:
		return "", gateway.Errorf("KMS.NotFoundException", "Key '%s' does not exist", id)
	case !k.deletion.IsZero():
		return "", gateway.Errorf("KMS.KMSInvalidStateException", "%s is pending deletion.", k.arn)
	case !k.enabled:
		return "", gateway.Errorf("KMS.DisabledException", "%s is disabled.", k.arn)
	}
	return k.arn, nil
}

// find finds a key by id or ARN. It does not find a key whose waiting period is over. It must be called with mu held.
func (s *Service) find(id string) (*key, bool) {
	k, ok := s.keys[id[strings.LastIndexByte(id, '/')+1:]]
	if !ok || !k.deletion.IsZero() && !time.Now().Before(k.deletion) {
		return nil, false
	}
	return k, true
}
