package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"

	"github.com/oralake/oralake/test/aws/account"
	"github.com/oralake/oralake/test/aws/clock"
	"github.com/oralake/oralake/test/aws/cloud"
	"github.com/oralake/oralake/test/aws/dms"
	"github.com/oralake/oralake/test/oracledb"
)

// World is an AWS account on this machine. Its secrets have the address of an Oracle database with TPC-H tables.
type World struct {
	Cloud    *cloud.Cloud
	database *oracledb.Database
	sources  *oracledb.Registry
	scale    float64 // of the sample database
	root     string
	dir      string
	out      io.Writer
	url      string
	captures *captureHistory
	scratch  string // the folder of a changing source; empty without one
	secrets  *secrets
	held     *os.File // the lock of dir
}

// sampleOracle is the address of the sample database. The host name resolves only in the embedded AWS.
var sampleOracle = oracledb.Oracle{
	Host: "oracle.example.internal", Port: 1521, Service: "ORCLPDB1", Username: "DMS_USER", Password: "only-on-this-machine",
}

// OpenWorld generates the source, if it does not exist, starts the embedded AWS on a free port of the loopback interface,
// and creates the secrets of all departments. Without Bare it also creates the roles that DMS needs. It fails when another
// process uses the folder.
func OpenWorld(ctx context.Context, o Options) (*World, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	held, err := lock(o.Dir, "serves from")
	if err != nil {
		return nil, err
	}
	return openWorld(ctx, o, false, held)
}

// openWorld with changing opens a copy of the source that can be changed, so that the generated source stays the same. The
// world owns the lock of its folder, also when openWorld fails.
func openWorld(ctx context.Context, o Options, changing bool, held *os.File) (world *World, err error) {
	w := &World{
		root: o.Root, dir: o.Dir, out: o.Out, captures: &captureHistory{}, sources: &oracledb.Registry{}, scale: o.Scale, held: held,
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, w.Close())
		}
	}()
	if err := w.openSource(ctx, o, changing); err != nil {
		return nil, err
	}
	// A new account does not use the files of an earlier one.
	for _, old := range []string{"s3", "logs"} {
		if err := os.RemoveAll(filepath.Join(o.Dir, old)); err != nil {
			return nil, fmt.Errorf("clear the embedded AWS: %w", err)
		}
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("start the embedded AWS: %w", err)
	}
	w.url = "http://" + listener.Addr().String()
	w.sources.Add(sampleOracle, w.database)
	if err := w.logChanges(ctx); err != nil {
		return nil, err
	}
	w.Cloud, err = cloud.New(cloud.Options{
		Account: account.Account{ID: "111122223333", Region: "eu-central-1"}, Dir: o.Dir,
		Clock: clock.Clock{Scale: o.Speed}, Sources: w.sources, Listener: listener,
		DMS: dms.Options{Observe: w.captures.observe}, Replace: w.replaceCheck,
		// Functions are programs. Without this their waits for DMS take as long as on AWS.
		FunctionEnvironment: map[string]string{"ORALAKE_PACE": strconv.FormatFloat(max(o.Speed, 1), 'f', -1, 64)},
	})
	if err != nil {
		return nil, err
	}
	if !o.Bare {
		w.prepareAccount()
	}
	w.secrets = newSecrets(w.Cloud, filepath.Join(o.Root, "departments"), o.Out)
	if err := w.secrets.seed(ctx); err != nil {
		return nil, err
	}
	fmt.Fprintf(o.Out, "AWS on this machine: %s (account %s, %s)\n", w.url, w.Cloud.Account.ID, w.Cloud.Account.Region)
	return w, nil
}

func (w *World) openSource(ctx context.Context, o Options, changing bool) error {
	dir := filepath.Join(o.Dir, "source", strconv.FormatFloat(o.Scale, 'f', -1, 64))
	fmt.Fprintf(o.Out, "source: TPC-H at scale factor %g, schema SALES\n", o.Scale)
	err := oracledb.Generate(ctx, dir, o.Scale, func(table string, rows int64) {
		fmt.Fprintf(o.Out, "  generated %-10s %9d rows\n", table, rows)
	})
	if err != nil {
		return err
	}
	if w.database, err = oracledb.Open(dir); err != nil || !changing {
		return err
	}
	w.scratch = filepath.Join(o.Dir, "source", "changed")
	if err := os.RemoveAll(w.scratch); err != nil {
		return fmt.Errorf("clear the source of an earlier demonstration: %w", err)
	}
	generated := w.database
	if w.database, err = generated.Clone(w.scratch); err != nil {
		return err
	}
	return generated.Close()
}

// prepareAccount creates the roles that DMS finds by name. On AWS, the stack of `-c account=true` creates them once in an
// account, before the first department.
func (w *World) prepareAccount() {
	for _, role := range []string{"dms-vpc-role", "dms-cloudwatch-logs-role"} {
		w.Cloud.IAM.EnsureRole(role)
	}
}

// Environment returns the environment variables that lead a CDK CLI or an AWS SDK to the embedded AWS.
func (w *World) Environment() []string {
	return []string{
		"AWS_ENDPOINT_URL=" + w.url,
		"AWS_REGION=" + w.Cloud.Account.Region,
		"AWS_DEFAULT_REGION=" + w.Cloud.Account.Region, // for the AWS CLI
		"AWS_ACCESS_KEY_ID=" + cloud.AdminAccessKeyID,
		"AWS_SECRET_ACCESS_KEY=local",
		"AWS_EC2_METADATA_DISABLED=true",
		"AWS_CONFIG_FILE=" + os.DevNull,
		"AWS_SHARED_CREDENTIALS_FILE=" + os.DevNull,
		"CDK_DISABLE_CLI_TELEMETRY=true",
		"JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION=1",
	}
}

// PrintEnvironment writes the environment as shell commands.
func (w *World) PrintEnvironment(out io.Writer) {
	fmt.Fprintln(out, "unset AWS_PROFILE AWS_SESSION_TOKEN AWS_CA_BUNDLE")
	for _, variable := range w.Environment() {
		fmt.Fprintln(out, "export "+variable)
	}
}

// LakeDir returns the folder with the objects of S3 as files.
func (w *World) LakeDir() string { return filepath.Join(w.dir, "s3") }

// Close stops the embedded AWS with its processes, executions and tasks.
func (w *World) Close() error {
	defer w.held.Close() // Release the folder after all writes have ended.
	var err error
	if w.Cloud != nil {
		err = w.Cloud.Close()
	}
	if w.scratch != "" && w.database != nil {
		err = errors.Join(err, w.database.Close(), os.RemoveAll(w.scratch))
	}
	return err
}
