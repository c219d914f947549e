package capture

import (
	"bufio"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

const (
	// sniffLen is how many bytes tell a capture from a compressed one and both
	// from anything else.
	sniffLen = 4

	// maxZstdWindow is the memory that a zstd frame may ask for: what zstd(1)
	// itself grants without --long (ZSTD_WINDOWLOG_LIMIT_DEFAULT, 27 bits).
	maxZstdWindow = 128 << 20
)

// compression is how a file's bytes are wrapped.
type compression int

const (
	compressionNone compression = iota
	compressionGzip
	compressionZstd
)

// String returns the format's name.
func (c compression) String() string {
	switch c {
	case compressionGzip:
		return "gzip"
	case compressionZstd:
		return "zstd"
	default:
		return "uncompressed"
	}
}

// detectCompression looks at the first bytes of a file, never at its name: gzip
// begins with 1f 8b (RFC 1952), a zstd frame with 28 b5 2f fd and a skippable
// frame, which parallel compressors put first, with 5? 2a 4d 18 (RFC 8878).
func detectCompression(b []byte) compression {
	switch {
	case len(b) >= 2 && b[0] == 0x1f && b[1] == 0x8b:
		return compressionGzip
	case len(b) < sniffLen:
		return compressionNone
	case b[0] == 0x28 && b[1] == 0xb5 && b[2] == 0x2f && b[3] == 0xfd:
		return compressionZstd
	case b[0]&0xf0 == 0x50 && b[1] == 0x2a && b[2] == 0x4d && b[3] == 0x18:
		return compressionZstd
	default:
		return compressionNone
	}
}

// decompressor gives the plain bytes of a compressed stream. It reports a stream
// that was cut as ErrTruncated and a damaged one as ErrFormat, after all that
// could be decompressed.
type decompressor struct {
	kind  compression
	raw   io.Reader // as compressed
	r     io.Reader // nil until the stream's header has been read
	zstd  *zstd.Decoder
	input error // what raw said when it failed
}

// newDecompressor returns a decompressor of raw, from which it reads about
// readSize bytes at a time.
func newDecompressor(kind compression, raw io.Reader, readSize int) *decompressor {
	d := &decompressor{kind: kind}
	d.raw = bufio.NewReaderSize(&errorKeeper{r: raw, err: &d.input}, readSize)
	return d
}

func (d *decompressor) Read(b []byte) (int, error) {
	if d.r == nil {
		if err := d.open(); err != nil {
			return 0, d.explain(err)
		}
	}
	n, err := d.r.Read(b)
	return n, d.explain(err)
}

func (d *decompressor) open() error {
	if d.kind == compressionGzip {
		r, err := gzip.NewReader(d.raw)
		if err != nil {
			return err
		}
		d.r = r
		return nil
	}
	r, err := zstd.NewReader(d.raw, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxZstdWindow))
	if err != nil {
		return err
	}
	d.r, d.zstd = r, r
	return nil
}

// explain gives an error of the decompressor the class that it has here.
func (d *decompressor) explain(err error) error {
	switch {
	case err == nil || err == io.EOF && d.r != nil:
		return err
	case d.input != nil:
		return d.input
	case err == io.EOF || err == io.ErrUnexpectedEOF:
		return truncated("the %s data are cut short", d.kind)
	default:
		return badFormat("damaged %s data: %v", d.kind, err)
	}
}

// Close gives the decompressor's memory back. It does not close what it reads.
func (d *decompressor) Close() error {
	if d.zstd != nil {
		d.zstd.Close()
	}
	return nil
}

// errorKeeper remembers the error of a reader that fails, so that it can be told
// from one of the layers above it.
type errorKeeper struct {
	r   io.Reader
	err *error
}

func (k *errorKeeper) Read(b []byte) (int, error) {
	n, err := k.r.Read(b)
	if err != nil && err != io.EOF {
		*k.err = err
	}
	return n, err
}
