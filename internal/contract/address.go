package contract

import "strings"

// Address is an object in S3.
type Address struct {
	Bucket string `json:"bucket"`
	Key    string `json:"key"`
}

// ParseAddress reads what String has written. It returns no address for any other text.
func ParseAddress(text string) Address {
	bucket, key, _ := strings.Cut(strings.TrimPrefix(text, "s3://"), "/")
	if a := (Address{Bucket: bucket, Key: key}); a.String() == text {
		return a
	}
	return Address{}
}

// String is the address as the AWS command line writes it, s3://BUCKET/KEY; empty for no address.
func (a Address) String() string {
	if a == (Address{}) {
		return ""
	}
	return "s3://" + a.Bucket + "/" + a.Key
}
