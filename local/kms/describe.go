package kms

import (
	"context"

	"github.com/oralake/oralake/local/gateway"
)

type describeKeyInput struct {
	KeyID string `json:"KeyId"`
}

type describeKeyOutput struct {
	KeyMetadata keyMetadata
}

type keyMetadata struct {
	AWSAccountID          string `json:"AWSAccountId"`
	KeyID                 string `json:"KeyId"`
	ARN                   string `json:"Arn"`
	CreationDate          *gateway.Time
	DeletionDate          *gateway.Time `json:",omitempty"`
	Description           string
	Enabled               bool
	EncryptionAlgorithms  []string
	KeyManager            string
	KeySpec               string
	CustomerMasterKeySpec string // the former name of KeySpec, still answered
	KeyState              string
	KeyUsage              string
	MultiRegion           bool
	Origin                string
}

func (s *Service) describeKey(_ context.Context, in describeKeyInput) (describeKeyOutput, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	k, err := s.find(in.KeyID)
	if err != nil {
		return describeKeyOutput{}, err
	}
	state := "Enabled"
	switch {
	case !k.deletion.IsZero():
		state = "PendingDeletion"
	case k.disabled:
		state = "Disabled"
	}
	return describeKeyOutput{keyMetadata{
		AWSAccountID: s.acct.ID, KeyID: k.id, ARN: k.arn, Description: k.description,
		CreationDate: gateway.At(k.created), DeletionDate: gateway.At(k.deletion),
		Enabled: state == "Enabled", KeyState: state, KeyManager: "CUSTOMER", KeyUsage: "ENCRYPT_DECRYPT", Origin: "AWS_KMS",
		KeySpec: "SYMMETRIC_DEFAULT", CustomerMasterKeySpec: "SYMMETRIC_DEFAULT",
		EncryptionAlgorithms: []string{"SYMMETRIC_DEFAULT"},
	}}, nil
}
