package secretsmanager

import (
	"context"
	"time"

	"github.com/oralake/oralake/test/aws/gateway"
)

const (
	currentStage  = "AWSCURRENT"
	previousStage = "AWSPREVIOUS"
)

type getSecretValueInput struct{ SecretID, VersionID, VersionStage string }

type getSecretValueOutput struct {
	ARN, Name     string
	VersionID     string  `json:"VersionId"`
	SecretString  *string `json:",omitempty"`
	SecretBinary  []byte  `json:",omitempty"`
	VersionStages []string
	CreatedDate   *gateway.Time
}

func (s *Service) getSecretValue(_ context.Context, in getSecretValueInput) (getSecretValueOutput, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	x, err := s.secret(in.SecretID)
	if err != nil {
		return getSecretValueOutput{}, err
	}
	v, stage := x.current, currentStage
	if in.VersionStage == previousStage || (x.previous != nil && in.VersionID == x.previous.id) {
		v, stage = x.previous, previousStage
	}
	if v == nil || (in.VersionID != "" && in.VersionID != v.id) || (in.VersionStage != "" && in.VersionStage != stage) {
		return getSecretValueOutput{}, gateway.Errorf("ResourceNotFoundException",
			"Secrets Manager can't find the specified secret value of %s: version %q, stage %q",
			x.name, in.VersionID, in.VersionStage)
	}
	out := getSecretValueOutput{
		ARN: x.arn, Name: x.name, VersionID: v.id, SecretBinary: v.binary, VersionStages: []string{stage},
		CreatedDate: gateway.At(v.created),
	}
	if v.binary == nil {
		out.SecretString = &v.text
	}
	return out, nil
}

type secretIDInput struct{ SecretID string }

type description struct {
	ARN, Name          string
	Description        string              `json:",omitempty"`
	KmsKeyID           string              `json:"KmsKeyId,omitempty"`
	CreatedDate        *gateway.Time       `json:",omitempty"`
	LastChangedDate    *gateway.Time       `json:",omitempty"`
	Tags               []tag               `json:",omitempty"`
	VersionIDsToStages map[string][]string `json:"VersionIdsToStages,omitempty"`
}

func (s *Service) describeSecret(_ context.Context, in secretIDInput) (description, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	x, err := s.secret(in.SecretID)
	if err != nil {
		return description{}, err
	}
	d := description{
		ARN: x.arn, Name: x.name, Description: x.description, KmsKeyID: x.kms, CreatedDate: gateway.At(x.created),
		Tags: x.tags, VersionIDsToStages: map[string][]string{},
	}
	if x.current != nil {
		d.LastChangedDate = gateway.At(x.current.created)
		d.VersionIDsToStages[x.current.id] = []string{currentStage}
	}
	if x.previous != nil {
		d.VersionIDsToStages[x.previous.id] = []string{previousStage}
	}
	return d, nil
}

type createSecretInput struct {
	Name, Description, KmsKeyID string
	SecretString                *string
	SecretBinary                []byte
	Tags                        []tag
	ClientRequestToken          string
}

type secretOutput struct {
	ARN, Name     string
	VersionID     string   `json:"VersionId,omitempty"`
	VersionStages []string `json:",omitempty"`
}

func (s *Service) createSecret(_ context.Context, in createSecretInput) (secretOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, taken := s.find(in.Name); taken {
		return secretOutput{}, gateway.Errorf("ResourceExistsException",
			"The operation failed because the secret %s already exists.", in.Name)
	}
	x := &secret{
		arn: s.newARN(in.Name), name: in.Name, description: in.Description, kms: in.KmsKeyID,
		created: time.Now(), tags: in.Tags,
	}
	out := secretOutput{ARN: x.arn, Name: x.name}
	if in.SecretString != nil || in.SecretBinary != nil {
		v, err := valueOf(in.SecretString, in.SecretBinary, in.ClientRequestToken)
		if err != nil {
			return secretOutput{}, err
		}
		x.put(v)
		out.VersionID = v.id
	}
	s.secrets[x.arn] = x
	return out, nil
}

type putSecretValueInput struct {
	SecretID           string
	SecretString       *string
	SecretBinary       []byte
	ClientRequestToken string
}

func (s *Service) putSecretValue(_ context.Context, in putSecretValueInput) (secretOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	x, err := s.secret(in.SecretID)
	if err != nil {
		return secretOutput{}, err
	}
	v, err := valueOf(in.SecretString, in.SecretBinary, in.ClientRequestToken)
	if err != nil {
		return secretOutput{}, err
	}
	x.put(v)
	return secretOutput{ARN: x.arn, Name: x.name, VersionID: v.id, VersionStages: []string{currentStage}}, nil
}

// valueOf makes a version. The request's token becomes the version's id, as in Secrets Manager.
func valueOf(text *string, binary []byte, token string) (*version, error) {
	if (text == nil) == (binary == nil) {
		return nil, gateway.Errorf("InvalidParameterException", "You must provide either SecretString or SecretBinary.")
	}
	v := newVersion("", binary)
	if text != nil {
		v.text = *text
	}
	if token != "" {
		v.id = token
	}
	return v, nil
}
