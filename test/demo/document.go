package demo

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/oralake/oralake/internal/commandline"
)

// document writes the HTML report of the department, as a person does who operates it. That something needs a person is no failure: it
// is in the report.
func (s *show) document(ctx context.Context) error {
	if s.Document == "" {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(s.Document), 0o755); err != nil {
		return fmt.Errorf("write the HTML report: %w", err)
	}
	args := []string{"report", "--department", s.department.Name, "--days", "1", "--html", s.Document}
	fmt.Fprintf(s.Out, "\noralake %s\n", strings.Join(args, " "))
	status := commandline.Main(ctx, args, commandline.World{
		Stdout: s.Out, Stderr: s.Out,
		AWS: func(context.Context) (aws.Config, error) { return s.world.Cloud.Admin(), nil },
	})
	if status != commandline.Good && status != commandline.NeedsPerson {
		return errors.New("oralake report has failed: it says why above")
	}
	return nil
}
