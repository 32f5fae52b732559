package lambda

import (
	"context"
	"fmt"

	"github.com/oralake/oralake/test/aws/resource"
)

// layerVersion is one immutable version of a layer. It keeps the zip, because the uploaded object may be deleted later.
type layerVersion struct {
	arn string
	zip []byte
}

// layerProperties are the properties of AWS::Lambda::LayerVersion.
type layerProperties struct {
	LayerName               string
	Description             string
	LicenseInfo             string
	Content                 codeLocation
	CompatibleArchitectures []string
	CompatibleRuntimes      []string
}

func (s *Service) createLayer(ctx context.Context, r resource.Request) (resource.Resource, error) {
	p, err := resource.Decode[layerProperties](r)
	if err != nil {
		return resource.Resource{}, err
	}
	var zip []byte
	if s.store != nil {
		if zip, err = s.fetch(ctx, p.Content); err != nil {
			return resource.Resource{}, err
		}
		size, err := unpackedSize(zip)
		if err != nil {
			return resource.Resource{}, invalid("layer %s: %v", r.LogicalID, err)
		}
		if size > maxUnpacked {
			return resource.Resource{}, invalid("Unzipped size must be smaller than %d bytes, not %d", maxUnpacked, size)
		}
	}
	name := p.LayerName
	if name == "" {
		name = r.Name(140)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.versions[name]++
	arn := fmt.Sprintf("%s:%d", s.account.ARN("lambda", "layer:"+name), s.versions[name])
	s.layers[arn] = &layerVersion{arn: arn, zip: zip}
	return resource.Resource{PhysicalID: arn, Attributes: map[string]any{"LayerVersionArn": arn}}, nil
}

// deleteLayer deletes a layer version. As on AWS, functions that use it are not changed.
func (s *Service) deleteLayer(_ context.Context, r resource.Request) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.layers, r.PhysicalID)
	return nil
}

// layerZips returns the zips of layer versions, in the order of arns. checkLayers has checked that they exist.
func (s *Service) layerZips(arns []string) [][]byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	var zips [][]byte
	for _, arn := range arns {
		if l, ok := s.layers[arn]; ok {
			zips = append(zips, l.zip)
		}
	}
	return zips
}
