package stacks

import (
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
)

// finding is something that cdk-nag's AwsSolutions rules say of a resource and that is as it should be.
type finding struct {
	Rule   string
	Reason string
	On     []string // the findings meant, as regular expressions; none: all of the rule's
}

// acceptFinding writes down, in the resource's own metadata, why findings are accepted.
func acceptFinding(resource awscdk.CfnResource, findings ...finding) {
	if len(findings) == 0 {
		return
	}
	var rules []map[string]any
	for _, f := range findings {
		rule := map[string]any{"id": f.Rule, "reason": f.Reason}
		var on []map[string]any
		for _, expression := range f.On {
			on = append(on, map[string]any{"regex": expression})
		}
		if on != nil {
			rule["applies_to"] = on
		}
		rules = append(rules, rule)
	}
	resource.AddMetadata(new("cdk_nag"), map[string]any{"rules_to_suppress": rules})
}

// wildcardFindings are the findings of AwsSolutions-IAM5, "no wildcards", that the statements answer by their reasons. cdk-nag
// takes the first answer to a finding, so the reasons for one resource are put together.
func wildcardFindings(statements []statement) []finding {
	var findings []finding
	for _, s := range statements {
		for _, resource := range s.Resources {
			if !strings.Contains(resource, "*") {
				continue
			}
			on := flattened(resource)
			at := slices.IndexFunc(findings, func(f finding) bool { return f.On[0] == on })
			switch {
			case s.Wide == "":
				continue // cdk-nag reports it.
			case at < 0:
				findings = append(findings, finding{Rule: "AwsSolutions-IAM5", Reason: s.Wide, On: []string{on}})
			case !strings.Contains(findings[at].Reason, s.Wide):
				findings[at].Reason += " " + s.Wide
			}
		}
	}
	return findings
}

// flattened is a regular expression for a resource as cdk-nag writes it, with <AWS::Region> and the like inside.
func flattened(resource string) string {
	var out strings.Builder
	out.WriteString("/^Resource::")
	rest := resource
	for _, at := range token.FindAllStringIndex(resource, -1) {
		start, end := at[0]-(len(resource)-len(rest)), at[1]-(len(resource)-len(rest))
		out.WriteString(escape(rest[:start]))
		out.WriteString("(.+)")
		rest = rest[end:]
	}
	out.WriteString(escape(rest))
	out.WriteString("$/")
	return out.String()
}
