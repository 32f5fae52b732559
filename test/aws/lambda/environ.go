package lambda

import (
	"crypto/rand"
	"encoding/hex"
	"maps"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// reservedVariables are the variables that a function's configuration may not set. Source:
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
var reservedVariables = []string{
	"_HANDLER", "_X_AMZN_TRACE_ID", "AWS_ACCESS_KEY", "AWS_ACCESS_KEY_ID", "AWS_DEFAULT_REGION",
	"AWS_EXECUTION_ENV", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_FUNCTION_NAME",
	"AWS_LAMBDA_FUNCTION_VERSION", "AWS_LAMBDA_INITIALIZATION_TYPE", "AWS_LAMBDA_LOG_GROUP_NAME",
	"AWS_LAMBDA_LOG_STREAM_NAME", "AWS_LAMBDA_RUNTIME_API", "AWS_REGION", "AWS_SECRET_ACCESS_KEY",
	"AWS_SESSION_TOKEN", "LAMBDA_RUNTIME_DIR", "LAMBDA_TASK_ROOT",
}

// variables returns the complete environment of a function's process. The process inherits no variables of this one.
func (s *Service) variables(d *deployed, c aws.Credentials, p *process) []string {
	all := maps.Clone(s.options.Environment)
	if all == nil {
		all = map[string]string{}
	}
	libraries, programs := []string{}, []string{"/usr/local/bin", "/usr/bin", "/bin"}
	if d.optRoot != "" {
		libraries = append(libraries, filepath.Join(d.optRoot, "lib"))
		programs = append(programs, filepath.Join(d.optRoot, "bin"))
	}
	libraries = append(libraries, d.taskRoot, filepath.Join(d.taskRoot, "lib"))
	all["LANG"] = "en_US.UTF-8"
	all["TZ"] = ":UTC"
	all["PATH"] = strings.Join(programs, ":")
	all["LD_LIBRARY_PATH"] = strings.Join(libraries, ":")
	all["TMPDIR"] = p.tmp
	if d.logging.Format == formatJSON {
		all["AWS_LAMBDA_LOG_FORMAT"] = formatJSON
		all["AWS_LAMBDA_LOG_LEVEL"] = d.logging.ApplicationLevel
	}
	maps.Copy(all, d.environment)
	maps.Copy(all, map[string]string{
		"_HANDLER":                        d.handler,
		"AWS_ACCESS_KEY_ID":               c.AccessKeyID,
		"AWS_DEFAULT_REGION":              s.account.Region,
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": strconv.Itoa(d.memoryMB),
		"AWS_LAMBDA_FUNCTION_NAME":        d.name,
		"AWS_LAMBDA_FUNCTION_VERSION":     "$LATEST",
		"AWS_LAMBDA_INITIALIZATION_TYPE":  "on-demand",
		"AWS_LAMBDA_LOG_GROUP_NAME":       d.logging.Group,
		"AWS_LAMBDA_LOG_STREAM_NAME":      p.out.stream,
		"AWS_LAMBDA_RUNTIME_API":          p.api.address(),
		"AWS_REGION":                      s.account.Region,
		"AWS_SECRET_ACCESS_KEY":           c.SecretAccessKey,
		"AWS_SESSION_TOKEN":               c.SessionToken,
		"LAMBDA_RUNTIME_DIR":              "/var/runtime",
		"LAMBDA_TASK_ROOT":                d.taskRoot,
	})
	variables := make([]string, 0, len(all))
	for _, name := range slices.Sorted(maps.Keys(all)) {
		variables = append(variables, name+"="+all[name])
	}
	return variables
}

// hostArchitecture returns Lambda's name for the architecture of this machine, or Go's name when Lambda has none.
func hostArchitecture() string {
	switch runtime.GOARCH {
	case "amd64":
		return "x86_64"
	default:
		return runtime.GOARCH
	}
}

// newID returns a random environment id of 32 hexadecimal digits, for a log stream name.
func newID() string {
	b := make([]byte, 16)
	_, _ = rand.Read(b) // never fails
	return hex.EncodeToString(b)
}
