package s3

import (
	"bytes"
	"crypto/md5"
	"encoding/base64"
	"hash"
	"hash/crc32"
	"io"
	"os"
)

// draft collects an object's bytes before they have a name, so that nobody sees half an object.
type draft struct {
	file   *os.File // nil in memory
	kept   bool     // the file is an object now
	memory bytes.Buffer
	size   int64
	md5    hash.Hash
	crc    hash.Hash32
}

func newDraft(folder string) (*draft, error) {
	d := &draft{md5: md5.New(), crc: crc32.NewIEEE()}
	if folder == "" {
		return d, nil
	}
	f, err := os.CreateTemp(folder, "draft-")
	if err != nil {
		return nil, broken("keep an object: %v", err)
	}
	d.file = f
	return d, nil
}

func (d *draft) Write(p []byte) (int, error) {
	var n int
	var err error
	if d.file != nil {
		n, err = d.file.Write(p)
	} else {
		n, err = d.memory.Write(p)
	}
	d.size += int64(n)
	d.md5.Write(p[:n])
	d.crc.Write(p[:n])
	return n, err
}

// drop forgets a draft, unless it became an object.
func (d *draft) drop() {
	if d.file == nil {
		return
	}
	_ = d.file.Close()
	if !d.kept {
		_ = os.Remove(d.file.Name())
	}
}

// checksum is the draft's CRC-32 as S3 writes it.
func (d *draft) checksum() string { return base64.StdEncoding.EncodeToString(d.crc.Sum(nil)) }

// content reads an object. The bytes stay those that were opened, whatever is written to the key meanwhile.
type content interface {
	io.ReadSeekCloser
	io.ReaderAt
}

type inMemory struct{ *bytes.Reader }

func (inMemory) Close() error { return nil }
