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

// driverName is the third driver, beside godror and go-ora: Oracle's SQL on SQLite, as package source has it.
const driverName = "sqlite"

// replaceCheck runs the function that asks the source in this process, since its program has a driver for Oracle's own
// protocol, which nothing speaks here. All else is as on AWS: its program is deployed with its layer, it has the
// credentials of its role, with which it reads the secret and writes its answer or is denied that, and it asks the same
// in the same words. Only the driver is another, and large begins earlier.
func (w *World) replaceCheck(f lambda.Function) (lambda.InvokeFunc, error) {
	// No other function is told the source's database.
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

// connect prepares the database that a secret leads to for questions. Tables of the sample database are split as if it
// were a large one: at scale 1 from a hundred megabytes on, and in proportion at others.
func (w *World) connect(secret, service string) (checkservice.Service, error) {
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
