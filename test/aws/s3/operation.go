package s3

import (
	"maps"
	"net/http"
	"slices"
	"strings"
)

// operations are the implemented operations, by METHOD LEVEL SUBRESOURCE.
var operations = map[string]string{
	"GET service ":         "ListBuckets",
	"PUT bucket ":          "CreateBucket",
	"HEAD bucket ":         "HeadBucket",
	"DELETE bucket ":       "DeleteBucket",
	"GET bucket ":          "ListObjects",
	"GET bucket list-type": "ListObjectsV2",
	"POST bucket delete":   "DeleteObjects",
	"GET bucket location":  "GetBucketLocation",

	"GET bucket encryption":        "GetBucketEncryption",
	"GET bucket policy":            "GetBucketPolicy",
	"GET bucket versioning":        "GetBucketVersioning",
	"GET bucket publicAccessBlock": "GetPublicAccessBlock",
	"GET bucket uploads":           "ListMultipartUploads",

	"GET object ":         "GetObject",
	"HEAD object ":        "HeadObject",
	"PUT object ":         "PutObject",
	"DELETE object ":      "DeleteObject",
	"POST object uploads": "CreateMultipartUpload",

	"PUT object uploadId":    "UploadPart",
	"POST object uploadId":   "CompleteMultipartUpload",
	"DELETE object uploadId": "AbortMultipartUpload",
	"GET object uploadId":    "ListParts",
}

// parameters are the query parameters that do not select an operation.
var parameters = []string{
	"prefix", "delimiter", "max-keys", "continuation-token", "start-after", "fetch-owner", "marker", "encoding-type",
	"x-id", "partNumber", "max-uploads", "key-marker", "upload-id-marker", "max-parts", "part-number-marker",
}

// operation returns the operation and the bucket of a request. For what is not implemented, the error names it.
func operation(r *http.Request) (name, bucketName string, err error) {
	bucketName, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	level := "object"
	switch {
	case bucketName == "":
		level = "service"
	case key == "":
		level = "bucket"
	}
	var sub string
	for field := range r.URL.Query() {
		if slices.Contains(parameters, field) || strings.HasPrefix(field, "X-Amz-") ||
			strings.HasPrefix(field, "response-") || (field == "list-type" && r.URL.Query().Get(field) != "2") {
			continue
		}
		if sub != "" {
			return "", bucketName, notImplemented(r.Method + " " + level + " ?" + sub + "&" + field)
		}
		sub = field
	}
	operation, ok := operations[r.Method+" "+level+" "+sub]
	if !ok {
		return "", bucketName, notImplemented(r.Method + " " + level + " ?" + sub)
	}
	name = operation
	if r.Header.Get("X-Amz-Copy-Source") != "" {
		if name == "UploadPart" {
			return "UploadPartCopy", bucketName, notImplemented("UploadPartCopy")
		}
		name = "CopyObject"
	}
	if (name == "GetObject" || name == "HeadObject") && r.URL.Query().Has("partNumber") {
		return name, bucketName, notImplemented(name + " of one part")
	}
	return name, bucketName, refusedHeader(name, r.Header)
}

// refusedHeaders are headers that are not implemented. They would be returned with the object, or change who may read
// it.
var refusedHeaders = []string{
	"Cache-Control", "Content-Language", "Expires", "X-Amz-Tagging", "X-Amz-Website-Redirect-Location",
	"X-Amz-Object-Lock-Mode", "X-Amz-Object-Lock-Retain-Until-Date", "X-Amz-Object-Lock-Legal-Hold",
	"X-Amz-Server-Side-Encryption-Context", "X-Amz-Grant-Read", "X-Amz-Grant-Full-Control", "X-Amz-Write-Offset-Bytes",
}

// conditional are the prefixes of headers that restrict an operation. Ignoring such a header could do harm.
var conditional = []string{
	"If-", "X-Amz-If-", "X-Amz-Copy-Source-If-", "X-Amz-Server-Side-Encryption-Customer-",
	"X-Amz-Copy-Source-Server-Side-Encryption-Customer-", "X-Amz-Mfa", "X-Amz-Bypass-Governance-Retention",
}

// conditions are the implemented conditional headers, by operation.
var conditions = map[string][]string{
	"GetObject":  {"If-None-Match", "If-Modified-Since"},
	"HeadObject": {"If-None-Match", "If-Modified-Since"},
	"PutObject":  {"If-Match", "If-None-Match"},
}

func refusedHeader(operation string, h http.Header) error {
	for _, name := range slices.Sorted(maps.Keys(h)) {
		if slices.ContainsFunc(conditional, func(begin string) bool { return strings.HasPrefix(name, begin) }) &&
			!slices.Contains(conditions[operation], name) {
			return notImplemented("the header " + name + " of " + operation)
		}
	}
	if operation != "PutObject" && operation != "CopyObject" && operation != "CreateMultipartUpload" {
		return nil
	}
	for _, name := range refusedHeaders {
		if h.Get(name) != "" {
			return notImplemented("the header " + name + " of " + operation)
		}
	}
	if acl := h.Get("X-Amz-Acl"); acl != "" && acl != "private" && acl != "bucket-owner-full-control" {
		return notImplemented("the access control list " + acl)
	}
	if class := h.Get("X-Amz-Storage-Class"); class != "" && class != "STANDARD" {
		return notImplemented("the storage class " + class)
	}
	return nil
}
