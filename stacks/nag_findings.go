package stacks

import (
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
)

// finding is an accepted finding of cdk-nag's AwsSolutions rules about a resource.
type finding struct {
	Rule   string   // such as AwsSolutions-IAM5
	Reason string   // why the finding is accepted
	On     []string // the accepted findings of the rule, as regular expressions; empty for all
}

// acceptFinding writes to a resource's metadata that findings are accepted, and why.
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

// wildcardFindings returns the accepted findings of AwsSolutions-IAM5 (no wildcards) for statements that have a reason. cdk-nag
// uses only the first entry for a finding, so all reasons for one resource are in one entry.
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
				continue // not accepted: cdk-nag reports the finding
			case at < 0:
				findings = append(findings, finding{Rule: "AwsSolutions-IAM5", Reason: s.Wide, On: []string{on}})
			case !strings.Contains(findings[at].Reason, s.Wide):
				findings[at].Reason += " " + s.Wide
			}
		}
	}
	return findings
}

// flattened returns a regular expression that matches a resource as cdk-nag writes it, with texts such as <AWS::Region>.
func flattened(resource string) string {
	resource = strings.ReplaceAll(resource, "${*}", "<*>")
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
