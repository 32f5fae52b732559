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

// checksums are the checksum algorithms by the name that follows x-amz-checksum-. Crc64nvme has the polynomial of NVMe.
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

// decodeBody replaces the body of a request by one without the aws-chunked coding. Reading the new body verifies the
// checksum of the header or of the trailer. It removes the headers that gofakes3 does not know.
func decodeBody(r *http.Request) error {
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
		sent := r.Header.Get(header)
		if sent == "" && !strings.EqualFold(r.Header.Get("X-Amz-Trailer"), header) {
			continue
		}
		r.Header.Del(header)
		r.Body = readCloser{&verified{from: r.Body, sum: start(), want: func() string {
			if sent == "" {
				return trailer[strings.ToLower(header)]
			}
			return sent
		}}, r.Body}
	}
	return nil
}

type readCloser struct {
	io.Reader
	io.Closer
}

// chunked decodes the aws-chunked coding. A chunk is SIZE;chunk-signature=... CRLF bytes CRLF, with SIZE in
// hexadecimal. The last chunk has size 0. The headers of the trailer follow it.
type chunked struct {
	from    *bufio.Reader
	left    int64             // bytes left in the chunk
	started bool              // whether the first chunk was read
	ended   bool              // whether the trailer was read
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
	if c.started {
		if _, err := c.from.Discard(2); err != nil {
			return err
		}
	}
	c.started = true
	line, err := c.line()
	if err != nil {
		return err
	}
	size, _, _ := strings.Cut(line, ";")
	if c.left, err = strconv.ParseInt(size, 16, 64); err != nil || c.left < 0 {
		return fmt.Errorf("chunk size %q is not valid", size)
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

// verified is a body that returns BadDigest at its end when its checksum is wrong.
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
				"the checksum of the body is %s, but the request has %s", got, want)
		}
	}
	return n, err
}
