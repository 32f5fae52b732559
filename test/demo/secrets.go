package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/test/aws/clock"
	"github.com/oralake/oralake/test/aws/cloud"
	"github.com/oralake/oralake/test/aws/gateway"
)

// secrets creates the secret of each department's file, with the sample database's address and password. It creates each
// name once and does not overwrite what a person does with a secret afterwards.
type secrets struct {
	cloud *cloud.Cloud
	dir   string // the folder of the departments' files
	out   io.Writer

	mu     sync.Mutex
	seeded map[string]bool
	warned map[string]bool // warnings that were printed
}

func newSecrets(c *cloud.Cloud, dir string, out io.Writer) *secrets {
	return &secrets{cloud: c, dir: dir, out: out, seeded: map[string]bool{}, warned: map[string]bool{}}
}

// seed creates the missing secrets of the files. It skips an invalid file with a warning and continues with the others.
func (s *secrets) seed(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	all, skipped, err := department.LoadAll(s.dir)
	if err != nil {
		return err
	}
	for _, why := range skipped {
		if line := why.Error(); !s.warned[line] {
			s.warned[line] = true
			fmt.Fprintln(s.out, "warning:", line)
		}
	}
	value, err := json.Marshal(map[string]any{
		"username": sampleOracle.Username, "password": sampleOracle.Password, "host": sampleOracle.Host, "port": sampleOracle.Port,
	})
	if err != nil {
		return fmt.Errorf("seed secrets: %w", err)
	}
	text := string(value)
	client := secretsmanager.NewFromConfig(s.cloud.Admin())
	for _, d := range all {
		name := d.Source.SecretName
		if name == "" || s.seeded[name] {
			continue
		}
		_, err := client.CreateSecret(ctx, &secretsmanager.CreateSecretInput{Name: &name, SecretString: &text})
		var exists *types.ResourceExistsException
		var deleted *types.InvalidRequestException
		if err != nil && !errors.As(err, &exists) && !errors.As(err, &deleted) {
			return fmt.Errorf("seed secret %s: %w", name, err)
		}
		s.seeded[name] = true
	}
	return nil
}

// follow calls seed whenever a secret is read, since a new department's file may exist.
func (s *secrets) follow() {
	s.cloud.Gateway.Disturb(clock.Clock{}, func(call gateway.Call) gateway.Disturbance {
		if call.Service == "secretsmanager" && (call.Operation == "GetSecretValue" || call.Operation == "DescribeSecret") {
			if err := s.seed(context.Background()); err != nil {
				fmt.Fprintln(s.out, "warning:", err)
			}
		}
		return gateway.Disturbance{}
	})
}
