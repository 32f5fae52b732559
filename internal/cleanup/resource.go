package cleanup

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"github.com/aws/aws-lambda-go/cfn"
	"github.com/aws/aws-sdk-go-v2/aws"
	dms "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
)

// Properties are those of the custom resource.
type Properties struct {
	ServiceToken    string
	Stack           string
	InstanceArn     string
	StateMachineArn string
	Jobs            []string // that the file names
}

// NewResource makes the function of the custom resource. Creating it does nothing; updating it takes down the jobs that
// the file no longer names; deleting it takes down all of the stack's. It deletes nothing that is not the stack's.
func NewResource(cfg aws.Config, log *slog.Logger) cfn.CustomResourceFunction {
	return func(ctx context.Context, event cfn.Event) (physicalID string, data map[string]any, err error) {
		p, err := decode(event.ResourceProperties)
		if err != nil {
			return event.PhysicalResourceID, nil, err
		}
		physicalID = p.Stack + "-tasks"
		log := log.With("stack", p.Stack, "request", event.RequestType)
		cleaner := Cleaner{
			Stack: p.Stack, Instance: p.InstanceArn, Machine: p.StateMachineArn, Log: log,
			DMS: dms.NewFromConfig(cfg), States: sfn.NewFromConfig(cfg),
		}
		switch event.RequestType {
		case cfn.RequestUpdate:
			err = cleaner.TakeDown(ctx, func(job string) bool { return !slices.Contains(p.Jobs, job) })
		case cfn.RequestDelete:
			err = cleaner.TakeDown(ctx, func(string) bool { return true })
		}
		return physicalID, nil, err
	}
}

// decode reads the properties, which CloudFormation passes on as strings and lists of strings.
func decode(properties map[string]any) (Properties, error) {
	content, err := json.Marshal(properties)
	if err != nil {
		return Properties{}, fmt.Errorf("read properties: %w", err)
	}
	var p Properties
	d := json.NewDecoder(strings.NewReader(string(content)))
	d.DisallowUnknownFields()
	if err := d.Decode(&p); err != nil {
		return Properties{}, fmt.Errorf("read properties: %w", err)
	}
	return p, nil
}
