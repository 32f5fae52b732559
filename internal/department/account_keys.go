package department

import (
	"maps"
	"slices"
	"strings"

	"github.com/google/jsonschema-go/jsonschema"

	"github.com/oralake/oralake/internal/yamlschema"
)

// The keys in this file are for accounts whose rules demand something of every stack.

func rolesKeys() yamlschema.Mapping[Roles] {
	return yamlschema.Mapping[Roles]{
		Example: "{permissionsBoundaryArn: ARN, namePrefix: app-}",
		Fields: []yamlschema.Field[Roles]{
			yamlschema.Optional("permissionsBoundaryArn", "The permissions boundary of all roles of the stack.",
				yamlschema.Text{
					Pattern: `^arn:aws(-cn|-us-gov)?:iam::([0-9]{12}|aws):policy/[A-Za-z0-9+=,.@_/-]+$`,
					Form:    "an ARN of a managed policy", Example: "arn:aws:iam::111122223333:policy/boundary",
				}, func(r *Roles) *string { return &r.PermissionsBoundaryARN }),
			yamlschema.Optional("namePrefix",
				"How the names of all roles of the stack begin. Without this key CloudFormation chooses the names.",
				yamlschema.Text{
					Pattern: `^[A-Za-z0-9+=,.@_-]{1,16}$`, Form: "at most 16 letters, digits or characters of +=,.@_-", Example: "app-",
				}, func(r *Roles) *string { return &r.NamePrefix }),
		},
	}
}

// keyARN is the ARN of a KMS key. A key has one ARN; an alias may lead to another key later.
var keyARN = yamlschema.Text{
	Pattern: `^arn:aws(-cn|-us-gov)?:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$`,
	Form:    "an ARN of kms", Example: "arn:aws:kms:eu-central-1:111122223333:key/0a1b2c3d-0000-4444-8888-0a1b2c3d4e5f",
}

// tagsByKey is a mapping of tags. Most services take 50 tags for a resource; oralake has a few of its own.
type tagsByKey struct{}

const mostTags = 40

// tagKey and tagValue are what all services take whose resources a stack has (IAM, "Tags for AWS Identity and Access Management
// resources", is the strictest).
var (
	tagKey = yamlschema.Text{
		Pattern: `^[A-Za-z0-9 _.:/=+@-]{1,128}$`, Form: "at most 128 letters, digits, spaces or characters of _.:/=+-@", Example: "cost-center",
		Check: checkTagKey,
	}
	tagValue = yamlschema.Text{
		Pattern: `^[A-Za-z0-9 _.:/=+@-]{1,256}$`, Form: "at most 256 letters, digits, spaces or characters of _.:/=+-@", Example: `"4711"`,
	}
)

// checkTagKey refuses the keys of others: those of AWS and of oralake, and Name, which oralake gives to VPCs and subnets.
func checkTagKey(key string) *yamlschema.Fault {
	switch lower := strings.ToLower(key); {
	case strings.HasPrefix(lower, "aws:"):
		return yamlschema.Faultf("choose another key", "the tag %s begins with aws:, which only AWS itself may set", key)
	case strings.HasPrefix(lower, "oralake:"):
		return yamlschema.Faultf("choose another key", "the tag %s begins with oralake:, as the tags do by which oralake finds its tasks", key)
	case key == "Name":
		return yamlschema.Faultf("choose another key", "the tag Name is set by oralake, to name each subnet")
	}
	return nil
}

func (tagsByKey) Decode(d *yamlschema.Decoder, n *yamlschema.Node, into *map[string]string) {
	if n.Refused() {
		return
	}
	if n.Kind != yamlschema.KindMapping || len(n.Entries) == 0 {
		d.Refuse(n, yamlschema.Faultf(`write keys and values, such as {cost-center: "4711"}`, "%s has no tag", n.Label()))
		return
	}
	if len(n.Entries) > mostTags {
		d.Refuse(n, yamlschema.Faultf("remove some of them", "%s has %d tags: AWS takes 50 for a resource, and some are oralake's own; it takes %d",
			n.Label(), len(n.Entries), mostTags))
		return
	}
	*into = map[string]string{}
	for _, e := range n.Entries {
		var key, value string
		tagKey.Decode(d, &yamlschema.Node{Pos: e.Pos, Kind: yamlschema.KindText, Text: e.Key, Path: "the tag's key"}, &key)
		tagValue.Decode(d, e.Value, &value)
		(*into)[key] = value
	}
}

func (tagsByKey) SetDefault(*map[string]string) {}

func (tagsByKey) Schema() *jsonschema.Schema {
	return &jsonschema.Schema{
		Type: "object", MinProperties: jsonschema.Ptr(1), MaxProperties: jsonschema.Ptr(mostTags),
		PropertyNames: &jsonschema.Schema{Pattern: tagKey.Pattern}, AdditionalProperties: tagValue.Schema(),
	}
}

// TagKeys returns the keys of the department's own tags, sorted.
func (d *Department) TagKeys() []string { return slices.Sorted(maps.Keys(d.Tags)) }

// checkKeyRegion refuses a key of another region than the secret's, the certificate's or that key's: all are in that of the stack.
func checkKeyRegion(d *yamlschema.Decoder, n *yamlschema.Node) {
	key, source := n.Get("keyArn"), n.Get("source")
	if key == nil || key.Refused() || source == nil || source.Kind != yamlschema.KindMapping {
		return
	}
	for _, e := range source.Entries {
		if !strings.HasSuffix(e.Key, "Arn") || e.Value.Refused() {
			continue
		}
		own, other := strings.SplitN(key.Text, ":", 5), strings.SplitN(e.Value.Text, ":", 5)
		if own[1] != other[1] || own[3] != other[3] {
			d.Refuse(key, yamlschema.Faultf("write ARNs of the region that you deploy to",
				"keyArn is of region %s, and source.%s (line %d) of another: a stack uses only what is in its own region", own[3], e.Key, e.Line))
			return
		}
	}
}
