package lambda

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/oralake/oralake/test/aws/gateway"
	"github.com/oralake/oralake/test/aws/resource"
)

// runtimeName is the only implemented runtime. It runs the program "bootstrap" of the zip.
const runtimeName = "provided.al2023"

const (
	formatText = "Text"
	formatJSON = "JSON"
)

// functionProperties are the implemented properties of AWS::Lambda::Function. Source:
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-lambda-function.html
type functionProperties struct {
	FunctionName                 string
	Description                  string
	Code                         codeLocation
	PackageType                  string
	Handler                      string
	Runtime                      string
	Architectures                []string
	Role                         string
	MemorySize                   *int // MB
	Timeout                      *int // seconds
	Environment                  *environmentConfig
	LoggingConfig                *loggingConfig
	TracingConfig                *tracingConfig
	Layers                       []string
	VpcConfig                    *vpcConfig
	ReservedConcurrentExecutions *int
	Tags                         []tag
}

// codeLocation is the S3 object of the code. ZipFile, ImageUri and S3ObjectVersion are not implemented: the error names
// them.
type codeLocation struct{ S3Bucket, S3Key string }

type environmentConfig struct{ Variables map[string]string }

type loggingConfig struct {
	LogFormat           string
	LogGroup            string
	ApplicationLogLevel string `json:",omitempty"`
	SystemLogLevel      string `json:",omitempty"`
}

type tracingConfig struct{ Mode string }

type vpcConfig struct {
	SecurityGroupIds        []string
	SubnetIds               []string
	Ipv6AllowedForDualStack bool
}

type tag struct{ Key, Value string }

func invalid(format string, args ...any) *gateway.Error {
	return gateway.Errorf("InvalidParameterValueException", format, args...)
}

// functionFrom checks the properties of a function. It returns the function without its code, and the location of the
// code.
func (s *Service) functionFrom(r resource.Request, name string) (*deployed, codeLocation, error) {
	p, err := resource.Decode[functionProperties](r)
	if err != nil {
		return nil, codeLocation{}, err
	}
	d := &deployed{
		name: name, arn: s.account.ARN("lambda", "function:"+name), stackName: r.StackName, logicalID: r.LogicalID,
		handler: p.Handler, role: p.Role, layers: p.Layers, reserved: p.ReservedConcurrentExecutions,
		memoryMB: 128, timeout: 3 * time.Second, architecture: "x86_64",
	}
	checks := []func(*functionProperties, *deployed) error{
		s.checkProgram, checkSizes, s.checkVariables, checkLogging, checkTracing, s.checkLayers, s.checkRole, s.checkNetwork,
	}
	for _, check := range checks {
		if err := check(&p, d); err != nil {
			return nil, codeLocation{}, err
		}
	}
	return d, p.Code, nil
}

// checkProgram returns an error for a package type, runtime or architecture that this machine cannot run.
func (s *Service) checkProgram(p *functionProperties, d *deployed) error {
	if p.PackageType != "" && p.PackageType != "Zip" {
		return gateway.NotImplemented("Lambda functions of package type " + p.PackageType + ": only Zip")
	}
	if p.Runtime != runtimeName {
		return gateway.NotImplemented(fmt.Sprintf("the Lambda runtime %q: only %s",
			p.Runtime, runtimeName))
	}
	if p.Handler == "" {
		return invalid("Runtime and Handler are mandatory parameters for functions created with deployment packages.")
	}
	if p.Code.S3Bucket == "" || p.Code.S3Key == "" {
		return invalid("Please provide a source for function code: S3Bucket and S3Key.")
	}
	switch len(p.Architectures) {
	case 0:
	case 1:
		d.architecture = p.Architectures[0]
	default:
		return invalid("Architectures: want one of x86_64 and arm64, not %d", len(p.Architectures))
	}
	if d.architecture != "x86_64" && d.architecture != "arm64" {
		return invalid("architecture %q is not x86_64 or arm64", d.architecture)
	}
	return s.checkHost(d)
}

func checkSizes(p *functionProperties, d *deployed) error {
	if p.MemorySize != nil {
		if d.memoryMB = *p.MemorySize; d.memoryMB < 128 || d.memoryMB > 10240 {
			return invalid("MemorySize %d is not between 128 and 10240 MB", d.memoryMB)
		}
	}
	if p.Timeout != nil {
		if *p.Timeout < 1 || *p.Timeout > 900 {
			return invalid("Timeout %d is not between 1 and 900 seconds", *p.Timeout)
		}
		d.timeout = time.Duration(*p.Timeout) * time.Second
	}
	if d.reserved != nil && *d.reserved < 0 {
		return invalid("ReservedConcurrentExecutions %d is less than 0", *d.reserved)
	}
	return nil
}

func (s *Service) checkVariables(p *functionProperties, d *deployed) error {
	if p.Environment == nil {
		return nil
	}
	d.environment = p.Environment.Variables
	size := 0
	for name, value := range d.environment {
		size += len(name) + len(value)
		if slices.Contains(reservedVariables, name) {
			return invalid("Lambda was unable to configure your environment variables because the environment variables "+
				"you have provided contains reserved keys that are currently not supported for modification. "+
				"Reserved keys used in this request: %s", name)
		}
	}
	if size > 4096 {
		return invalid("Lambda was unable to configure your environment variables because the environment variables " +
			"you have provided exceeded the 4KB limit.")
	}
	return nil
}

func checkLogging(p *functionProperties, d *deployed) error {
	d.logging = logging{Group: "/aws/lambda/" + d.name, Format: formatText}
	c := p.LoggingConfig
	if c == nil {
		return nil
	}
	if c.LogGroup != "" {
		d.logging.Group = c.LogGroup
	}
	switch c.LogFormat {
	case "", formatText:
		if c.ApplicationLogLevel != "" || c.SystemLogLevel != "" {
			return invalid("Log levels can be set with the log format JSON only.")
		}
		return nil
	case formatJSON:
	default:
		return invalid("LogFormat %q is not Text or JSON", c.LogFormat)
	}
	d.logging.Format, d.logging.ApplicationLevel, d.logging.SystemLevel = formatJSON, "INFO", "INFO"
	if c.ApplicationLogLevel != "" {
		d.logging.ApplicationLevel = c.ApplicationLogLevel
	}
	if c.SystemLogLevel != "" {
		d.logging.SystemLevel = c.SystemLogLevel
	}
	if !slices.Contains([]string{"TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"}, d.logging.ApplicationLevel) {
		return invalid("ApplicationLogLevel %q is not TRACE, DEBUG, INFO, WARN, ERROR or FATAL", d.logging.ApplicationLevel)
	}
	if !slices.Contains([]string{"DEBUG", "INFO", "WARN"}, d.logging.SystemLevel) {
		return invalid("SystemLogLevel %q is not DEBUG, INFO or WARN", d.logging.SystemLevel)
	}
	return nil
}

func checkTracing(p *functionProperties, d *deployed) error {
	if p.TracingConfig == nil {
		return nil
	}
	switch p.TracingConfig.Mode {
	case "Active":
		d.activeTracing = true
	case "", "PassThrough":
	default:
		return invalid("TracingConfig.Mode %q is not Active or PassThrough", p.TracingConfig.Mode)
	}
	return nil
}

func (s *Service) checkLayers(p *functionProperties, _ *deployed) error {
	if len(p.Layers) > 5 {
		return invalid("Layers: a function has at most 5, not %d", len(p.Layers))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, arn := range p.Layers {
		if _, ok := s.layers[arn]; !ok {
			return invalid("Layer version %s does not exist.", arn)
		}
	}
	return nil
}

func (s *Service) checkRole(p *functionProperties, d *deployed) error {
	if !strings.HasPrefix(p.Role, "arn:") {
		return invalid("role %q is not an ARN", p.Role)
	}
	if _, err := s.roles.FunctionCredentials(p.Role, d.name); err != nil {
		return invalid("The role defined for the function cannot be assumed by Lambda: %v", err)
	}
	return nil
}
