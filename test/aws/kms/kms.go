// Package kms keeps keys and aliases that templates make and name. It has no cryptography: nothing on one machine is
// encrypted, and every operation but DescribeKey is refused by name.
package kms

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/oralake/oralake/test/aws/account"
	"github.com/oralake/oralake/test/aws/gateway"
)

// Service holds the keys of one account. It is safe for concurrent use.
type Service struct {
	acct account.Account

	mu      sync.RWMutex
	keys    map[string]*key   // by id
	aliases map[string]string // alias name to key id
}

type key struct {
	id, arn     string
	description string
	created     time.Time
	deletion    time.Time // zero unless the key is pending deletion
	enabled     bool
	spec, usage string
	policy      json.RawMessage
}

// New makes an account without keys.
func New(acct account.Account) *Service {
	return &Service{acct: acct, keys: map[string]*key{}, aliases: map[string]string{}}
}

// Policy is the key policy of a key's id, ARN or alias, nil when there is no such key.
func (s *Service) Policy(id string) json.RawMessage {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if k, ok := s.find(id); ok {
		return k.policy
	}
	return nil
}

// Usable is the ARN of the key of an id, ARN or alias. The error is what S3 passes on when the key cannot encrypt: there
// is none, or it is disabled or pending deletion.
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

// Handler answers requests signed for "kms".
func (s *Service) Handler() http.Handler {
	return gateway.JSON("kms", map[string]gateway.Operation{"DescribeKey": gateway.Op(s.describeKey)})
}

type describeKeyInput struct {
	KeyID string `json:"KeyId"`
}

type describeKeyOutput struct {
	KeyMetadata struct {
		AWSAccountID string `json:"AWSAccountId"`
		KeyID        string `json:"KeyId"`
		Arn          string
		Description  string
		CreationDate *gateway.Time
		DeletionDate *gateway.Time `json:",omitempty"`
		Enabled      bool
		KeyState     string
		KeyManager   string
		KeySpec      string
		KeyUsage     string
		Origin       string
		MultiRegion  bool
	}
}

func (s *Service) describeKey(_ context.Context, in describeKeyInput) (describeKeyOutput, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var out describeKeyOutput
	k, ok := s.find(in.KeyID)
	if !ok {
		return out, gateway.Errorf("NotFoundException", "Key '%s' does not exist", in.KeyID)
	}
	m := &out.KeyMetadata
	m.AWSAccountID, m.KeyID, m.Arn, m.Description = s.acct.ID, k.id, k.arn, k.description
	m.CreationDate, m.DeletionDate = gateway.At(k.created), gateway.At(k.deletion)
	m.KeyManager, m.Origin, m.KeySpec, m.KeyUsage = "CUSTOMER", "AWS_KMS", k.spec, k.usage
	switch {
	case !k.deletion.IsZero():
		m.KeyState = "PendingDeletion"
	case k.enabled:
		m.KeyState, m.Enabled = "Enabled", true
	default:
		m.KeyState = "Disabled"
	}
	return out, nil
}

// find takes an id, an ARN, an alias or an alias's ARN. A key whose wait is over is gone. It needs mu.
func (s *Service) find(id string) (*key, bool) {
	if _, name, ok := strings.Cut(id, ":alias/"); ok && strings.HasPrefix(id, "arn:") {
		id = "alias/" + name
	}
	if target, ok := s.aliases[id]; ok {
		id = target
	}
	k, ok := s.keys[id[strings.LastIndexByte(id, '/')+1:]]
	if !ok || !k.deletion.IsZero() && !time.Now().Before(k.deletion) {
		return nil, false
	}
	return k, true
}

func uuid() string {
	b := make([]byte, 16)
	// It cannot fail, as its documentation says.
	_, _ = rand.Read(b)
	h := hex.EncodeToString(b)
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}
