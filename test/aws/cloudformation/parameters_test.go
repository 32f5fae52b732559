package cloudformation

import (
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/google/go-cmp/cmp"
)

const parameterized = `{
  "Parameters": {
    "Name":    {"Type": "String", "AllowedPattern": "[a-z]+", "MaxLength": 8,
                "ConstraintDescription": "be up to 8 small letters"},
    "Count":   {"Type": "Number", "Default": 3, "MinValue": "1"},
    "Mode":    {"Type": "String", "Default": "on", "AllowedValues": ["on", "off"]},
    "Subnets": {"Type": "CommaDelimitedList", "Default": "a, b"},
    "Secret":  {"Type": "String", "Default": "hush", "NoEcho": true},
    "BootstrapVersion": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/cdk-bootstrap/hnb659fds/version"}
  },
  "Rules": {"CheckBootstrapVersion": {"Assertions": [{
    "Assert": {"Fn::Not": [{"Fn::Contains": [["1", "2", "3", "4", "5"], {"Ref": "BootstrapVersion"}]}]},
    "AssertDescription": "CDK bootstrap stack version 6 required."}]}},
  "Resources": {
    "A": {"Type": "Test::Thing", "Properties": {
      "P": {"Fn::Sub": "${Name} ${Count} ${BootstrapVersion}"}, "S": {"Ref": "Subnets"},
      "B": {"Ref": "B"}, "N": {"Ref": "AWS::NoValue"}}},
    "B": {"Type": "Test::Thing"}
  },
  "Outputs": {"Mode": {"Value": {"Ref": "Mode"}}}
}`

func give(pairs ...string) func(*sdk.CreateChangeSetInput) {
	return func(in *sdk.CreateChangeSetInput) {
		for i := 0; i < len(pairs); i += 2 {
			p := types.Parameter{ParameterKey: &pairs[i], ParameterValue: &pairs[i+1]}
			if pairs[i+1] == "(previous)" {
				p = types.Parameter{ParameterKey: &pairs[i], UsePreviousValue: aws.Bool(true)}
			}
			in.Parameters = append(in.Parameters, p)
		}
	}
}

func TestParametersAndRules(t *testing.T) {
	w := newWorld()
	c := newCloud(t, w)
	st := c.deployWith("house", parameterized, give("Name", "sales"))
	var shown []string
	for _, p := range st.Parameters {
		shown = append(shown, *p.ParameterKey+"="+*p.ParameterValue+"/"+aws.ToString(p.ResolvedValue))
	}
	if diff := cmp.Diff(shown, []string{
		"BootstrapVersion=/cdk-bootstrap/hnb659fds/version/27",
		"Count=3/", "Mode=on/", "Name=sales/", "Secret=****/", "Subnets=a, b/",
	}); diff != "" {
		t.Errorf("parameters: got -, want +:\n%s", diff)
	}
	if got, want := slices.Sorted(slices.Values(values(w.snapshot()))), []string{
		`{"B":"B-1","P":"sales 3 27","S":["a","b"]}`, `{}`,
	}; !slices.Equal(got, want) {
		t.Errorf("properties %v, want %v", got, want)
	}
	st = c.deployWith("house", parameterized, give("Name", "(previous)", "Mode", "off", "Count", "5"))
	if got, want := slices.Sorted(slices.Values(values(w.snapshot()))), []string{
		`{"B":"B-1","P":"sales 5 27","S":["a","b"]}`, `{}`,
	}; !slices.Equal(got, want) {
		t.Errorf("properties %v, want %v", got, want)
	}
	if len(st.Outputs) != 1 || *st.Outputs[0].OutputValue != "off" {
		t.Errorf("outputs %v, want the mode", st.Outputs)
	}
}

func values(all map[string]string) []string {
	var list []string
	for _, value := range all {
		list = append(list, value)
	}
	return list
}

func TestInvalidParametersAreRejected(t *testing.T) {
	for _, tt := range []struct {
		given []string
		want  string
	}{
		{nil, "Parameters: [Name] must have values"},
		{[]string{"Name", "SALES"}, "Parameter 'Name' must be up to 8 small letters"},
		{[]string{"Name", "departments"}, "Parameter 'Name' must be up to 8 small letters"},
		{[]string{"Name", "sales", "Count", "0"}, "Parameter 'Count' must be a number not less than 1"},
		{[]string{"Name", "sales", "Count", "x"}, "Parameter 'Count' must be a number"},
		{[]string{"Name", "sales", "Mode", "half"}, "Parameter 'Mode' must be one of AllowedValues"},
		{[]string{"Name", "sales", "Colour", "red"}, "Parameters: [Colour] do not exist in the template"},
		{[]string{"Name", "(previous)"}, "usePreviousValue as true for a parameter key not in the previous template"},
		{[]string{"Name", "sales", "BootstrapVersion", "/nowhere"}, "Unable to fetch parameters [/nowhere]"},
		{[]string{"Name", "sales", "BootstrapVersion", "/old"}, "CDK bootstrap stack version 6 required."},
	} {
		c := newCloud(t, newWorld())
		c.store["/old"] = "5"
		_, err := c.createChangeSet("house", parameterized, give(tt.given...))
		wantError(t, err, tt.want)
	}
}
