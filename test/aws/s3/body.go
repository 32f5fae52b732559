package s3

import (
	"bufio"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"hash/crc64"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/johannesboyne/gofakes3"
)

// checksums are the algorithms that a request may name in x-amz-checksum-*. The CRC-64 is the NVMe one.
var checksums = map[string]func() hash.Hash{
	"Crc32":     func() hash.Hash { return crc32.NewIEEE() },
	"Crc32c":    func() hash.Hash { return crc32.New(crc32.MakeTable(crc32.Castagnoli)) },
	"Crc64nvme": func() hash.Hash { return crc64.New(crc64.MakeTable(0x9a6c9329ac4bc9b5)) },
	"Sha1":      sha1.New,
	"Sha256":    sha256.New,
}

const (
	checksumHeader = "X-Amz-Checksum-"
	contentSHA256  = "X-Amz-Content-Sha256"
	decodedLength  = "X-Amz-Decoded-Content-Length"
)

// plainBody takes the aws-chunked coding off a request's body and has its checksum verified as it is read, whether it
// came in a header or in the trailer. gofakes3 then sees an ordinary request.
func plainBody(r *http.Request) error {
	var trailer map[string]string
	if strings.HasPrefix(r.Header.Get(contentSHA256), "STREAMING-") {
		size, err := strconv.ParseInt(r.Header.Get(decodedLength), 10, 64)
		if err != nil {
			return gofakes3.ErrorMessage(gofakes3.ErrMissingContentLength, "an aws-chunked body needs "+decodedLength)
		}
		trailer = map[string]string{}
		r.Body = readCloser{&chunked{from: bufio.NewReader(r.Body), trailer: trailer}, r.Body}
		r.ContentLength = size
		r.Header.Set(contentSHA256, "UNSIGNED-PAYLOAD")
		r.Header.Del(decodedLength)
	}
	if r.ContentLength >= 0 {
		r.Header.Set("Content-Length", strconv.FormatInt(r.ContentLength, 10))
	}
	coding := strings.TrimSuffix(strings.TrimSuffix(r.Header.Get("Content-Encoding"), "aws-chunked"), ",")
	if r.Header.Del("Content-Encoding"); coding != "" {
		r.Header.Set("Content-Encoding", coding)
	}
	for name, start := range checksums {
		header := checksumHeader + name
		said := r.Header.Get(header)
		if said == "" && !strings.EqualFold(r.Header.Get("X-Amz-Trailer"), header) {
			continue
		}
		r.Header.Del(header)
		r.Body = readCloser{&verified{from: r.Body, sum: start(), want: func() string {
			if said == "" {
				return trailer[strings.ToLower(header)]
			}
			return said
		}}, r.Body}
	}
	return nil
}

type readCloser struct {
	io.Reader
	io.Closer
}

// chunked reads the aws-chunked coding: SIZE;chunk-signature=... CRLF bytes CRLF, until a chunk of size 0, then the
// trailer's headers.
type chunked struct {
	from    *bufio.Reader
	left    int64
	begun   bool
	ended   bool
	trailer map[string]string // by lower-case name
}

func (c *chunked) Read(p []byte) (int, error) {
	if c.ended {
		return 0, io.EOF
	}
	if c.left == 0 {
		if err := c.next(); err != nil {
			return 0, fmt.Errorf("read an aws-chunked body: %w", unexpected(err))
		}
		if c.ended {
			return 0, io.EOF
		}
	}
	n, err := c.from.Read(p[:min(int64(len(p)), c.left)])
	c.left -= int64(n)
	return n, unexpected(err)
}

func (c *chunked) next() error {
	if c.begun {
		if _, err := c.from.Discard(2); err != nil {
			return err
		}
	}
	c.begun = true
	line, err := c.line()
	if err != nil {
		return err
	}
	size, _, _ := strings.Cut(line, ";")
	if c.left, err = strconv.ParseInt(size, 16, 64); err != nil || c.left < 0 {
		return fmt.Errorf("chunk size %q", size)
	}
	if c.left > 0 {
		return nil
	}
	for {
		line, err := c.line()
		if line == "" && (err == nil || errors.Is(err, io.EOF)) {
			c.ended = true
			return nil
		}
		if err != nil {
			return err
		}
		name, value, _ := strings.Cut(line, ":")
		c.trailer[strings.ToLower(name)] = strings.TrimSpace(value)
	}
}

func (c *chunked) line() (string, error) {
	line, err := c.from.ReadString('\n')
	return strings.TrimRight(line, "\r\n"), err
}

func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// verified fails at the end of a body whose checksum is not the one that was announced.
type verified struct {
	from io.Reader
	sum  hash.Hash
	want func() string
}

func (v *verified) Read(p []byte) (int, error) {
	n, err := v.from.Read(p)
	v.sum.Write(p[:n])
	if errors.Is(err, io.EOF) {
		if got, want := base64.StdEncoding.EncodeToString(v.sum.Sum(nil)), v.want(); got != want {
			return n, gofakes3.ErrorMessagef(gofakes3.ErrBadDigest,
				"the checksum of what arrived is %s, not %s as the request says", got, want)
		}
	}
	return n, err
}
