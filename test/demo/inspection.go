package demo

import (
	"encoding/json"
	"errors"
	"log/slog"

	awslambda "github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/oralake/oralake/internal/contract"
	"github.com/oralake/oralake/internal/oracle/checkservice"
	"github.com/oralake/oralake/test/aws/lambda"
	"github.com/oralake/oralake/test/oracledb"
)

// driverName is a third driver, in addition to godror and go-ora: Oracle's SQL on SQLite, from package oracledb.
const driverName = "sqlite"

// replaceCheck runs the check function in this process, since the driver of its program needs a real Oracle database. The
// rest is as on AWS: the program is deployed with its layer, and the function uses the credentials of its role and the same
// queries. Only the driver differs, and smaller tables count as large.
func (w *World) replaceCheck(f lambda.Function) (lambda.InvokeFunc, error) {
	// Only the check function has the environment variable with the source's database.
	if f.Environment[contract.EnvDatabase] == "" {
		return nil, nil
	}
	cfg := w.Cloud.Config(credentials.StaticCredentialsProvider{Value: f.Credentials})
	cfg.APIOptions = append(cfg.APIOptions, lambda.PropagateTrace)
	env := func(name string) string { return f.Environment[name] }
	handle, err := checkservice.New(w.connect)(cfg, env, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, err
	}
	return awslambda.NewHandler(handle).Invoke, nil
}

// connect opens the database of a secret for the check function. Tables of the sample database are split as in a large one:
// from 100 MB on at scale 1, and in proportion at other scales.
func (w *World) connect(secret, service string, _ *checkservice.Certificate) (checkservice.Service, error) {
	o := oracledb.Oracle{Service: service}
	if err := json.Unmarshal([]byte(secret), &o); err != nil {
		return checkservice.Service{}, errors.New("read the database's secret: want JSON with username, password, host and port")
	}
	const large, segment, exactRows = 100 << 20, 50 << 20, 1_000_000
	return checkservice.Service{
		Driver: driverName, DB: w.sources.Open(o),
		Planning: checkservice.Planning{
			LargeBytes: int64(large * w.scale), SegmentBytes: int64(segment * w.scale), ExactRows: exactRows,
		},
	}, nil
}
