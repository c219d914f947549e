package capture

import (
	"context"
	"io"
	"os"

	"wstap/capture/packet"
)

const (
	// aheadBuffer is what one read asks for when a file is looked through: from 128 KiB
	// on the cost of a read is the same, and what is passed over need not be kept.
	aheadBuffer = 256 << 10
	// maxAhead is how many bytes of key material are taken ahead of their packets from
	// one file: a key log that a browser wrote for months. What is more comes with its
	// packets.
	maxAhead = 128 << 20
)

// SecretsAhead appends to b.Secrets the key material that the files which are being read
// have further on, each file once. It is for who has found in b, which Next has just
// filled, what keys may open: packets may come before them in a file. It steps from block
// to block to the end of the file and looks into no other; Next gives the key material
// once more when it comes to it.
//
// Only pcapng files can hold any. Pipes and what is followed cannot be looked through;
// their key material comes with their packets. Of a file that is damaged it takes what
// stands before the damage; what is wrong is in Problems when Next has come to it. It
// ends early, and without an error, when ctx does.
func (s *Set) SecretsAhead(ctx context.Context, b *packet.Block) {
	if s.follow != nil {
		return
	}
	for _, in := range s.active {
		if !in.stream && in.path != Stdin && !in.looked {
			in.looked = true
			in.lookAhead(ctx, b)
		}
	}
}

// lookAhead appends the key material of the rest of the file.
func (in *input) lookAhead(ctx context.Context, b *packet.Block) {
	p, ok := in.reader.format.(*pcapngParser)
	if !ok {
		return
	}
	f, err := os.Open(in.path)
	if err != nil {
		return // Next says so, if it has to open it once more
	}
	defer f.Close()
	r := newReader(&interrupted{ctx, f}, in.index, make([]byte, aheadBuffer))
	defer r.close()
	rest := &pcapngParser{last: packet.NewRef(in.index, 0)}
	if in.reader.zip == nil {
		if _, err := f.Seek(in.reader.win.offset(), io.SeekStart); err != nil {
			return
		}
		rest.big = p.big
	} else if r.open() != nil {
		return
	}
	for taken := 0; taken < maxAhead; {
		n := rest.nextSecrets(&r.win)
		if n == 0 || rest.secrets(r.win.bytes()[blockHeaderLen:n-blockTrailerLen], b) != nil {
			return
		}
		r.win.take(n)
		taken += n
	}
}

// nextSecrets steps over blocks until the window begins with a whole decryption secrets
// block, and returns its length. It returns 0 where there is none, or what is there is no
// block.
func (p *pcapngParser) nextSecrets(w *window) int {
	for {
		b, n := w.bytes(), 0
		for len(b)-n >= minBlock {
			kind := p.uint32(b[n:])
			if kind == blockSection && p.byteOrder(b[n:]) != nil {
				return 0
			}
			total := p.uint32(b[n+4:])
			if total < minBlock || total%paddingMultiple != 0 || total > maxBlock {
				return 0
			}
			if kind == blockSecrets {
				w.take(n)
				if !w.hold(int(total)) {
					return 0
				}
				return int(total)
			}
			if n += int(total); n > len(b) {
				break
			}
		}
		if !w.pass(n) || !w.hold(minBlock) {
			return 0
		}
	}
}

// interrupted ends when the context does.
type interrupted struct {
	ctx context.Context
	r   io.Reader
}

func (r *interrupted) Read(b []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.r.Read(b)
}
