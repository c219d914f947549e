package keylog

import (
	"bytes"
	"fmt"
)

// maxLine is longer than any line of a key log: the longest label, a client random and
// the longest secret, 2,150 bytes, and as much again for blanks.
const maxLine = 4096

// Feed takes the text of one file as it grows. One goroutine may use it at a time.
type Feed struct{ *feed }

// feed is apart from Feed so that printing something that holds one does not show it.
type feed struct {
	store    *Store
	counts   Counts // not yet added to those of the store
	half     []byte // of a line whose end has not come
	long     bool   // the line is too long, and what comes of it is dropped
	captured bool   // see Store.AddCaptured
	name     [RandomSize]byte
	key      [maxSecret]byte
}

// NewFeed returns a Feed into s.
func (s *Store) NewFeed() *Feed { return &Feed{&feed{store: s}} }

// Add takes a whole text, such as a pcapng Decryption Secrets Block, and returns what
// became of its lines. The last one needs no end.
func (s *Store) Add(text []byte) Counts { return s.addText(text, false) }

// AddCaptured is Add for a text that came with a capture, see Captured.
func (s *Store) AddCaptured(text []byte) Counts { return s.addText(text, true) }

func (s *Store) addText(text []byte, captured bool) Counts {
	f := s.NewFeed()
	f.captured = captured
	f.write(text)
	f.end()
	return f.settle()
}

// Write takes the next bytes of the file. Lines without end are kept until it comes.
// It never fails.
func (f *Feed) Write(b []byte) (int, error) {
	f.write(b)
	f.settle()
	return len(b), nil
}

// Reset says that the file begins anew. A line whose end has not come is dropped.
func (f *Feed) Reset() { f.half, f.long = f.half[:0], false }

// Close says that nothing more comes: the last line needs no end. It never fails.
func (f *Feed) Close() error {
	f.end()
	f.settle()
	return nil
}

// Format writes that there is a Feed, and nothing of its text, for every verb.
func (f Feed) Format(s fmt.State, _ rune) { _, _ = s.Write([]byte(hidden)) }

func (f *feed) write(b []byte) {
	for len(b) > 0 {
		part, rest, ended := bytes.Cut(b, []byte("\n"))
		b = rest
		switch {
		case f.long:
		case len(f.half)+len(part) > maxLine:
			f.long = true
			f.counts.TooLong++
		case ended && len(f.half) == 0:
			f.line(part)
		default:
			if f.half = append(f.half, part...); ended {
				f.line(f.half)
			}
		}
		if ended || f.long {
			f.half = f.half[:0]
		}
		f.long = f.long && !ended
	}
}

// end takes what is left for a whole line.
func (f *feed) end() {
	f.line(f.half)
	f.half, f.long = f.half[:0], false
}

// settle adds the counts to those of the store.
func (f *feed) settle() Counts {
	c := f.counts
	f.counts = Counts{}
	f.store.mu.Lock()
	defer f.store.mu.Unlock()
	f.store.counts.add(c)
	return c
}
