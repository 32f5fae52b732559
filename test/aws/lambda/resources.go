package lambda

import (
	"context"
	"fmt"
	"runtime"
	"time"

	"github.com/oralake/oralake/test/aws/gateway"
	"github.com/oralake/oralake/test/aws/resource"
)

// Resources returns the CloudFormation types of Lambda.
func (s *Service) Resources() resource.Types {
	return resource.Types{
		"AWS::Lambda::Function": {
			CreateOnly: []string{"FunctionName", "PackageType"},
			Create:     s.createFunction, Update: s.updateFunction, Delete: s.deleteFunction,
		},
		"AWS::Lambda::LayerVersion": {Create: s.createLayer, Delete: s.deleteLayer},
	}
}

func (s *Service) createFunction(ctx context.Context, r resource.Request) (resource.Resource, error) {
	p, err := resource.Decode[functionProperties](r)
	if err != nil {
		return resource.Resource{}, err
	}
	name := p.FunctionName
	if name == "" {
		name = r.Name(64)
	}
	d, err := s.deploy(ctx, r, name)
	if err != nil {
		return resource.Resource{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, exists := s.functions[name]; exists {
		return resource.Resource{}, &gateway.Error{
			Code: "ResourceConflictException", Status: 409, Message: "Function already exist: " + name,
		}
	}
	s.functions[name] = &function{current: d}
	return d.resource(), nil
}

func (s *Service) updateFunction(ctx context.Context, r resource.Request) (resource.Resource, error) {
	d, err := s.deploy(ctx, r, r.PhysicalID)
	if err != nil {
		return resource.Resource{}, err
	}
	s.mu.Lock()
	f, err := s.find(d.name)
	if err != nil {
		s.mu.Unlock()
		return resource.Resource{}, err
	}
	f.current = d
	old := f.retire()
	s.mu.Unlock()
	for _, e := range old {
		e.stop()
	}
	return d.resource(), nil
}

func (s *Service) deleteFunction(_ context.Context, r resource.Request) error {
	s.mu.Lock()
	f, ok := s.functions[r.PhysicalID]
	if !ok {
		s.mu.Unlock()
		return nil
	}
	delete(s.functions, r.PhysicalID)
	f.current = nil // so that release does not keep an environment that is in use
	old := f.retire()
	s.mu.Unlock()
	for _, e := range old {
		e.stop()
	}
	return nil
}

func (d *deployed) resource() resource.Resource {
	return resource.Resource{PhysicalID: d.name, Attributes: map[string]any{"Arn": d.arn}}
}

// deploy checks the properties of a function, and fetches and unpacks its code and layers.
func (s *Service) deploy(ctx context.Context, r resource.Request, name string) (*deployed, error) {
	d, location, err := s.functionFrom(r, name)
	if err != nil {
		return nil, err
	}
	d.code = location
	if s.store == nil {
		return d, nil
	}
	zip, err := s.fetch(ctx, location)
	if err != nil {
		return nil, err
	}
	layers := s.layerZips(d.layers)
	var size uint64
	for _, z := range append([][]byte{zip}, layers...) {
		n, err := unpackedSize(z)
		if err != nil {
			return nil, invalid("%s: %v", name, err)
		}
		size += n
	}
	if size > maxUnpacked {
		return nil, invalid("Unzipped size must be smaller than %d bytes, not %d", maxUnpacked, size)
	}
	if d.taskRoot, err = s.store.unpack("task", zip); err != nil {
		return nil, invalid("%s: %v", name, err)
	}
	if len(layers) > 0 {
		if d.optRoot, err = s.store.unpack("opt", layers...); err != nil {
			return nil, invalid("layers of %s: %v", name, err)
		}
	}
	return d, nil
}

func (s *Service) fetch(ctx context.Context, l codeLocation) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	zip, err := s.code.Object(ctx, l.S3Bucket, l.S3Key)
	if err != nil {
		return nil, invalid("Error occurred while GetObject s3://%s/%s: %v", l.S3Bucket, l.S3Key, err)
	}
	return zip, nil
}

// checkHost returns an error for a function whose program this machine cannot start.
func (s *Service) checkHost(d *deployed) error {
	if s.options.InProcess != nil {
		return nil
	}
	if runtime.GOOS != "linux" {
		return gateway.NotImplemented(fmt.Sprintf("Lambda functions on %s: they run on Linux only", runtime.GOOS))
	}
	if host := hostArchitecture(); d.architecture != host {
		return gateway.NotImplemented(fmt.Sprintf(
			"Lambda functions for %s on this %s machine: deploy them with architecture %s", d.architecture, host, host))
	}
	return nil
}
