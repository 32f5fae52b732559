package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/oralake/oralake/internal/oracle/client"
	"github.com/oralake/oralake/internal/oracle/driver"
	"github.com/oralake/oralake/internal/oracle/inspect"
)

type (
	request = inspect.Request
	answer  = inspect.Answer
)

// check opens the database that the function's environment names, and asks it. What is wrong with the database, with
// the way to it or with the client library is in the answer; an error is a function that is set up wrongly.
func check(ctx context.Context, r request) (result answer, err error) {
	id, service := os.Getenv("ORALAKE_SECRET_ID"), os.Getenv("ORALAKE_DATABASE")
	if id == "" || service == "" {
		return answer{}, errors.New("ORALAKE_SECRET_ID or ORALAKE_DATABASE is not set: deploy the stack again")
	}
	secret, err := readSecret(ctx, id)
	if err != nil {
		return answer{}, err
	}
	inspector, err := connect(secret, service)
	if err != nil {
		return answer{}, err
	}
	defer func() { err = errors.Join(err, inspector.DB.Close()) }()
	return inspector.Answer(ctx, r)
}

// connect prepares the database of a service for questions.
func connect(secret, service string) (inspect.Inspector, error) {
	connection, err := driver.FromSecret(secret, service)
	if err != nil {
		return inspect.Inspector{}, err
	}
	db, err := driver.Open(connection)
	if err != nil {
		return inspect.Inspector{}, err
	}
	return inspect.Inspector{Driver: driver.Name, DB: db, Explain: client.Explain}, nil
}

// readSecret reads the secret that DMS uses for the same database.
func readSecret(ctx context.Context, id string) (string, error) {
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return "", fmt.Errorf("read the database's secret: %w", err)
	}
	out, err := secretsmanager.NewFromConfig(cfg).GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: &id})
	if err != nil {
		return "", fmt.Errorf("read the database's secret: %w", err)
	}
	if out.SecretString == nil {
		return "", fmt.Errorf("read the database's secret: %s holds bytes, not text", id)
	}
	return *out.SecretString, nil
}
