package target

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// partSize is the size of an upload part, in bytes. At most two parts are in memory: one is filled while the other is
// uploaded. S3 requires 5 MiB or more.
const partSize = 8 << 20

// upload is an S3 object that is being written. It uses PutObject when the object fits into one part, and a multipart
// upload otherwise.
type upload struct {
	ctx     context.Context
	b       *Bucket
	key     string
	part    []byte
	spare   []byte
	id      *string
	parts   []types.CompletedPart
	pending chan sent // receives the result of the part that is being uploaded; nil when there is none
}

type sent struct {
	part types.CompletedPart
	body []byte
	err  error
}

func (b *Bucket) create(ctx context.Context, key string) *upload {
	return &upload{ctx: ctx, b: b, key: key}
}

func (u *upload) Write(p []byte) (int, error) {
	written := len(p)
	for len(p) > 0 {
		if u.part == nil {
			u.part, u.spare = u.spare, nil
			if u.part == nil {
				// Most tables are small, so the part starts small and grows.
				u.part = make([]byte, 0, min(partSize, max(len(p), 64<<10)))
			}
			u.part = u.part[:0]
		}
		n := min(len(p), partSize-len(u.part))
		u.part = append(u.part, p[:n]...)
		p = p[n:]
		if len(u.part) == partSize && len(p) > 0 {
			if err := u.send(); err != nil {
				return 0, err
			}
		}
	}
	return written, nil
}

// send starts to upload the filled part in the background.
func (u *upload) send() error {
	if u.id == nil {
		out, err := u.b.s3.CreateMultipartUpload(u.ctx, u.begin())
		if err != nil {
			return u.failed(err)
		}
		u.id = out.UploadId
	}
	if err := u.wait(); err != nil {
		return err
	}
	number, body := int32(len(u.parts)+1), u.part
	u.part = nil
	u.pending = make(chan sent, 1)
	go func(done chan<- sent) {
		out, err := u.b.s3.UploadPart(u.ctx, &s3.UploadPartInput{
			Bucket: &u.b.settings.BucketName, Key: &u.key, UploadId: u.id, PartNumber: &number,
			Body: bytes.NewReader(body), ExpectedBucketOwner: optional(u.b.settings.ExpectedBucketOwner),
		})
		s := sent{body: body, err: err}
		if err == nil {
			s.part = types.CompletedPart{ETag: out.ETag, PartNumber: &number}
		}
		done <- s
	}(u.pending)
	return nil
}

// wait returns when no part is being uploaded. Its error is the error of that part.
func (u *upload) wait() error {
	if u.pending == nil {
		return nil
	}
	s := <-u.pending
	u.pending = nil
	if s.err != nil {
		return u.failed(s.err)
	}
	u.parts = append(u.parts, s.part)
	u.spare = s.body
	return nil
}

// close completes the object.
func (u *upload) close() error {
	if u.id == nil {
		_, err := u.b.s3.PutObject(u.ctx, u.put())
		if err != nil {
			return u.failed(err)
		}
		return nil
	}
	if len(u.part) > 0 {
		if err := u.send(); err != nil {
			return err
		}
	}
	if err := u.wait(); err != nil {
		return err
	}
	_, err := u.b.s3.CompleteMultipartUpload(u.ctx, &s3.CompleteMultipartUploadInput{
		Bucket: &u.b.settings.BucketName, Key: &u.key, UploadId: u.id,
		MultipartUpload:     &types.CompletedMultipartUpload{Parts: u.parts},
		ExpectedBucketOwner: optional(u.b.settings.ExpectedBucketOwner),
	})
	if err != nil {
		return u.failed(err)
	}
	return nil
}

// abort removes the uploaded parts, even when the context of the task has ended.
func (u *upload) abort() error {
	err := u.wait()
	if u.id == nil {
		return err
	}
	_, aborted := u.b.s3.AbortMultipartUpload(context.WithoutCancel(u.ctx), &s3.AbortMultipartUploadInput{
		Bucket: &u.b.settings.BucketName, Key: &u.key, UploadId: u.id,
		ExpectedBucketOwner: optional(u.b.settings.ExpectedBucketOwner),
	})
	return errors.Join(err, aborted)
}

func (u *upload) put() *s3.PutObjectInput {
	s := &u.b.settings
	in := &s3.PutObjectInput{
		Bucket: &s.BucketName, Key: &u.key, Body: bytes.NewReader(u.part), ACL: s.acl(),
		ExpectedBucketOwner: optional(s.ExpectedBucketOwner),
	}
	in.ServerSideEncryption, in.SSEKMSKeyId = s.encryption()
	return in
}

func (u *upload) begin() *s3.CreateMultipartUploadInput {
	s := &u.b.settings
	in := &s3.CreateMultipartUploadInput{
		Bucket: &s.BucketName, Key: &u.key, ACL: s.acl(), ExpectedBucketOwner: optional(s.ExpectedBucketOwner),
	}
	in.ServerSideEncryption, in.SSEKMSKeyId = s.encryption()
	return in
}

func (s *Settings) acl() types.ObjectCannedACL {
	if s.CannedAclForObjects == "none" {
		return ""
	}
	return types.ObjectCannedACL(s.CannedAclForObjects)
}

func (s *Settings) encryption() (types.ServerSideEncryption, *string) {
	if s.EncryptionMode == "sse-kms" {
		return types.ServerSideEncryptionAwsKms, aws.String(s.ServerSideEncryptionKmsKeyId)
	}
	return types.ServerSideEncryptionAes256, nil
}

func (u *upload) failed(err error) error {
	return fmt.Errorf("write s3://%s/%s: %w", u.b.settings.BucketName, u.key, err)
}
