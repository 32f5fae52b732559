package demo

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/oralake/oralake/internal/department"
)

// Serve runs the embedded AWS until ctx is done, with the secrets of all departments, also of files that are written
// meanwhile. It checks all options before it clears the files of an earlier account. It fails when another process uses the
// folder.
func Serve(ctx context.Context, o Options) error {
	if err := o.check(); err != nil {
		return err
	}
	example, err := o.example()
	if err != nil {
		return err
	}
	w, err := OpenWorld(ctx, o)
	if err != nil {
		return err
	}
	w.secrets.follow()
	fmt.Fprint(o.Out, "\nIn another terminal, in this folder:\n\n")
	w.PrintEnvironment(o.Out)
	fmt.Fprintf(o.Out, "npx cdk deploy -c department=%s\n\n", example)
	fmt.Fprint(o.Out, "The account is bootstrapped and has the roles of DMS: no `cdk bootstrap`, no `-c account=true`. You may write\n"+
		"departments' files meanwhile: the secret that one names is made when it is asked for, and leads to the sample database.\n")
	fmt.Fprintf(o.Out, "\nCtrl-C ends it; nothing is kept but the files in %s.\n", o.Dir)
	<-ctx.Done()
	return w.Close()
}

// example returns a department for the printed commands: the one of the options, whose file must be valid; else sales, or
// the first valid one.
func (o Options) example() (string, error) {
	dir := filepath.Join(o.Root, "departments")
	if o.Department != "" {
		path, err := department.Find(dir, o.Department)
		if err == nil {
			_, err = department.Load(path)
		}
		return o.Department, err
	}
	all, _, err := department.LoadAll(dir)
	if err != nil {
		return "", err
	}
	example := "NAME"
	for i, d := range all {
		if i == 0 || d.Name == "sales" {
			example = d.Name
		}
	}
	return example, nil
}

// check refuses invalid options.
func (o Options) check() error {
	switch {
	case !(o.Scale > 0) || o.Scale > 1000: // also refuses NaN
		return fmt.Errorf("-scale %g: a scale factor lies above 0, and 1000 is the most", o.Scale)
	case !(o.Speed > 0) || o.Speed > 1e6:
		return errors.New("-speed: waiting takes as long as on AWS with 1; it lies above 0, and 1000000 is the most")
	}
	return nil
}
