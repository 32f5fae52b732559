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

// draft is the content of an object while it is written. It becomes an object when it is complete, so that no reader
// sees a part of an object.
type draft struct {
	file   *os.File // nil when objects are in memory
	stored bool     // whether the file has become an object
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
		return nil, storageError("create a draft: %v", err)
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

// discard closes a draft, and deletes it unless it has become an object.
func (d *draft) discard() {
	if d.file == nil {
		return
	}
	_ = d.file.Close()
	if !d.stored {
		_ = os.Remove(d.file.Name())
	}
}

// checksum returns the CRC-32 of the draft in base64, the format of S3.
func (d *draft) checksum() string { return base64.StdEncoding.EncodeToString(d.crc.Sum(nil)) }

// content reads an object. A later write to the same key does not change the bytes that it reads.
type content interface {
	io.ReadSeekCloser
	io.ReaderAt
}

type inMemory struct{ *bytes.Reader }

func (inMemory) Close() error { return nil }
