// Package account names the one AWS account and region that the embedded AWS pretends to be.
package account

import "strings"

// Account is where every emulated resource lives.
type Account struct {
	ID     string // twelve digits
	Region string
}

// Partition is always the commercial one; the templates themselves never name it.
const Partition = "aws"

// ARN names a resource of a regional service: arn:aws:SERVICE:REGION:ACCOUNT:RESOURCE.
func (a Account) ARN(service, resource string) string {
	return strings.Join([]string{"arn", Partition, service, a.Region, a.ID, resource}, ":")
}

// GlobalARN names a resource of a service without regions, such as IAM: arn:aws:SERVICE::ACCOUNT:RESOURCE.
func (a Account) GlobalARN(service, resource string) string {
	return strings.Join([]string{"arn", Partition, service, "", a.ID, resource}, ":")
}
