// Package account holds the id and region of the one AWS account that the embedded AWS emulates.
package account

import "strings"

// Account is the account and region of every emulated resource.
type Account struct {
	ID     string // twelve digits
	Region string
}

// Partition is the commercial partition. The templates never name a partition.
const Partition = "aws"

// ARN returns the ARN of a resource of a regional service: arn:aws:SERVICE:REGION:ACCOUNT:RESOURCE.
func (a Account) ARN(service, resource string) string {
	return strings.Join([]string{"arn", Partition, service, a.Region, a.ID, resource}, ":")
}

// GlobalARN returns the ARN of a resource of a service without regions, such as IAM: arn:aws:SERVICE::ACCOUNT:RESOURCE.
func (a Account) GlobalARN(service, resource string) string {
	return strings.Join([]string{"arn", Partition, service, "", a.ID, resource}, ":")
}
