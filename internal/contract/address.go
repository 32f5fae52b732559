package contract

// Address is an object in S3.
type Address struct {
	Bucket string `json:"bucket"`
	Key    string `json:"key"`
}

// String is the address as the AWS command line writes it, s3://BUCKET/KEY; empty for no address.
func (a Address) String() string {
	if a == (Address{}) {
		return ""
	}
	return "s3://" + a.Bucket + "/" + a.Key
}
