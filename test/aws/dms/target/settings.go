// Package target writes tables to S3 as the S3 endpoint of DMS does: folders, file names, file splits, Parquet and CSV.
package target

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Settings are the S3Settings of an endpoint. Members that only affect AWS itself are stored without effect. The other
// members are documented where the package uses them.
type Settings struct {
	AddColumnName                        Bool    `json:",omitempty"`
	AddTrailingPaddingCharacter          Bool    `json:",omitempty"`
	BucketFolder                         string  `json:",omitempty"`
	BucketName                           string  `json:",omitempty"`
	CannedAclForObjects                  string  `json:",omitempty"`
	CdcInsertsAndUpdates                 Bool    `json:",omitempty"`
	CdcInsertsOnly                       Bool    `json:",omitempty"`
	CdcMaxBatchInterval                  *Int    `json:",omitempty"`
	CdcMinFileSize                       *Int    `json:",omitempty"`
	CdcPath                              string  `json:",omitempty"`
	CompressionType                      string  `json:",omitempty"`
	CsvDelimiter                         string  `json:",omitempty"`
	CsvNoSupValue                        string  `json:",omitempty"`
	CsvNullValue                         *string `json:",omitempty"`
	CsvRowDelimiter                      string  `json:",omitempty"`
	DataFormat                           string  `json:",omitempty"`
	DataPageSize                         *Int    `json:",omitempty"`
	DatePartitionDelimiter               string  `json:",omitempty"`
	DatePartitionEnabled                 Bool    `json:",omitempty"`
	DatePartitionSequence                string  `json:",omitempty"`
	DatePartitionTimezone                string  `json:",omitempty"`
	DictPageSizeLimit                    *Int    `json:",omitempty"`
	EnableStatistics                     *Bool   `json:",omitempty"`
	EncodingType                         string  `json:",omitempty"`
	EncryptionMode                       string  `json:",omitempty"`
	ExpectedBucketOwner                  string  `json:",omitempty"`
	IncludeOpForFullLoad                 Bool    `json:",omitempty"`
	MaxFileSize                          *Int    `json:",omitempty"`
	ParquetTimestampInMillisecond        Bool    `json:",omitempty"`
	ParquetVersion                       string  `json:",omitempty"`
	PreserveTransactions                 Bool    `json:",omitempty"`
	Rfc4180                              *Bool   `json:",omitempty"`
	RowGroupLength                       *Int    `json:",omitempty"`
	ServerSideEncryptionKmsKeyId         string  `json:",omitempty"`
	ServiceAccessRoleArn                 string  `json:",omitempty"`
	TimestampColumnName                  string  `json:",omitempty"`
	UseCsvNoSupValue                     Bool    `json:",omitempty"`
	UseTaskStartTimeForFullLoadTimestamp Bool    `json:",omitempty"`
}

// Bool is a boolean that JSON may also write as a string, "true" or "y", as CloudFormation and DMS allow.
type Bool bool

// UnmarshalJSON reads true, "true", "y" and false, "false", "n".
func (b *Bool) UnmarshalJSON(text []byte) error {
	switch strings.ToLower(strings.Trim(string(text), `"`)) {
	case "true", "y":
		*b = true
	case "false", "n":
		*b = false
	default:
		return fmt.Errorf("%s: want true or false", text)
	}
	return nil
}

// Int is a whole number that JSON may also write as a string.
type Int int

// UnmarshalJSON reads 5 and "5".
func (i *Int) UnmarshalJSON(text []byte) error {
	var n int
	if err := json.Unmarshal(bytes.Trim(text, `"`), &n); err != nil {
		return fmt.Errorf("%s: want a whole number", text)
	}
	*i = Int(n)
	return nil
}

// The defaults and limits of DMS.
const (
	defaultMaxFileSize    = 1_048_576 // KB
	defaultRowGroupLength = 10_000    // rows
	maxRowGroupBytes      = 64 << 20  // bytes
	defaultDataPageSize   = 1 << 20   // bytes
	defaultDictPageSize   = 1 << 20   // bytes
)

// ParseSettings reads and checks S3Settings. It refuses unknown, invalid and unimplemented settings.
func ParseSettings(raw json.RawMessage) (Settings, error) {
	var s Settings
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(&s); err != nil {
		return s, fmt.Errorf("S3Settings: not accepted by the embedded AWS: %w", err)
	}
	return s, s.check()
}

func (s *Settings) check() error {
	var errs []error
	fail := func(format string, args ...any) { errs = append(errs, fmt.Errorf("S3Settings: "+format, args...)) }
	if s.BucketName == "" {
		fail("BucketName is missing")
	}
	if s.ServiceAccessRoleArn == "" {
		fail("ServiceAccessRoleArn is missing")
	}
	choice := func(name string, value *string, choices ...string) {
		*value = strings.ReplaceAll(strings.ToLower(*value), "_", "-")
		if *value == "" {
			*value = choices[0]
		}
		if !slices.Contains(choices, *value) {
			fail("%s is %q: want one of %s", name, *value, strings.Join(choices, ", "))
		}
	}
	choice("DataFormat", &s.DataFormat, "csv", "parquet")
	choice("CompressionType", &s.CompressionType, "none", "gzip")
	choice("EncodingType", &s.EncodingType, "rle-dictionary", "plain", "plain-dictionary")
	choice("ParquetVersion", &s.ParquetVersion, "parquet-1-0", "parquet-2-0")
	choice("EncryptionMode", &s.EncryptionMode, "sse-s3", "sse-kms")
	choice("CannedAclForObjects", &s.CannedAclForObjects, "none", "private", "public-read", "public-read-write",
		"authenticated-read", "aws-exec-read", "bucket-owner-read", "bucket-owner-full-control")
	choice("DatePartitionSequence", &s.DatePartitionSequence, "yyyymmdd", "yyyymmddhh", "yyyymm", "mmyyyydd", "ddmmyyyy")
	choice("DatePartitionDelimiter", &s.DatePartitionDelimiter, "slash", "underscore", "dash", "none")
	if n := s.MaxFileSize; n != nil && (*n < 1 || *n > defaultMaxFileSize) {
		fail("MaxFileSize is %d: want 1 to %d KB", *n, defaultMaxFileSize)
	}
	positive := func(name string, n *Int) {
		if n != nil && *n < 1 {
			fail("%s is %d: want a positive number", name, *n)
		}
	}
	positive("RowGroupLength", s.RowGroupLength)
	positive("DataPageSize", s.DataPageSize)
	positive("DictPageSizeLimit", s.DictPageSizeLimit)
	positive("CdcMaxBatchInterval", s.CdcMaxBatchInterval)
	positive("CdcMinFileSize", s.CdcMinFileSize)
	if s.EncryptionMode == "sse-kms" && s.ServerSideEncryptionKmsKeyId == "" {
		fail("EncryptionMode sse-kms needs ServerSideEncryptionKmsKeyId")
	}
	if s.PreserveTransactions || s.CdcPath != "" {
		fail("PreserveTransactions and CdcPath are not implemented")
	}
	if _, err := time.LoadLocation(s.DatePartitionTimezone); err != nil {
		fail("DatePartitionTimezone: %v", err)
	}
	if s.CdcInsertsOnly && s.CdcInsertsAndUpdates {
		fail("CdcInsertsOnly and CdcInsertsAndUpdates cannot both be true")
	}
	s.CsvDelimiter = delimiter(s.CsvDelimiter, ",")
	s.CsvRowDelimiter = delimiter(s.CsvRowDelimiter, "\n")
	s.BucketFolder = strings.Trim(s.BucketFolder, "/")
	return errors.Join(errs...)
}

// delimiter replaces the escapes \n, \r and \t in a delimiter. It returns def when s is empty.
func delimiter(s, def string) string {
	if s == "" {
		return def
	}
	return strings.NewReplacer(`\n`, "\n", `\r`, "\r", `\t`, "\t").Replace(s)
}

// or returns *p, or def when p is nil.
func or[T ~int](p *T, def int) int {
	if p == nil {
		return def
	}
	return int(*p)
}
