package keylog

// secretSize is the longest secret that one slot holds: every one of TLS 1.3 and every
// master secret. Longer ones, premaster secrets of Diffie-Hellman, go on in the next.
const secretSize = 64

// none is the label of a slot that begins no secret.
const none = labels

// entry is one slot. It holds no pointers: the garbage collector skips it.
type entry struct {
	key    key
	label  Label
	size   uint16 // of the whole secret, and fromCapture
	back   uint32 // how many numbers before this the one of the same label before it is; 0 where that is gone
	secret [secretSize]byte
}

// fromCapture is the bit of entry.size of a secret that came with a capture: secrets are
// shorter than that.
const fromCapture = 1 << 15

// length returns how long the whole secret is.
func (e *entry) length() int { return int(e.size &^ fromCapture) }

// chunkSize is how many slots are allocated at once: 104 KiB.
const chunkSize = 1 << 10

// ring holds the newest entries. They are numbered from 0 as they come, and number n
// lies in slot n modulo limit.
type ring struct {
	limit       uint64
	first, next uint64 // the numbers that are there: from first on, before next
	chunks      []*[chunkSize]entry
}

func (r *ring) place(number uint64) uint32 { return uint32(number % r.limit) }

func (r *ring) slot(i uint32) *entry { return &r.chunks[i/chunkSize][i%chunkSize] }

func (r *ring) entry(number uint64) *entry { return r.slot(r.place(number)) }

// number returns which entry a slot holds.
func (r *ring) number(slot uint32) uint64 {
	return r.first + (uint64(slot)+r.limit-r.first%r.limit)%r.limit
}

// slots returns how many slots a secret of n bytes takes.
func slots(n int) uint64 { return uint64(n+secretSize-1) / secretSize }

// fits reports whether a secret of n bytes has room without dropping another.
func (r *ring) fits(n int) bool { return r.next-r.first+slots(n) <= r.limit }

// add writes a secret behind the others, and returns its number.
func (r *ring) add(l Label, k key, secret []byte) (number uint64) {
	number = r.next
	for i := range slots(len(secret)) {
		slot := r.place(number + i)
		if int(slot/chunkSize) == len(r.chunks) {
			r.chunks = append(r.chunks, new([chunkSize]entry))
		}
		e := r.slot(slot)
		*e = entry{label: none}
		copy(e.secret[:], secret[i*secretSize:])
	}
	e := r.entry(number)
	e.key, e.label, e.size = k, l, uint16(len(secret))
	r.next += slots(len(secret))
	return number
}

// secret returns a copy of that of an entry.
func (r *ring) secret(number uint64) []byte {
	size := r.entry(number).length()
	b := make([]byte, 0, size)
	for i := range slots(size) {
		b = append(b, r.entry(number + i).secret[:min(secretSize, size-len(b))]...)
	}
	return b
}
