package capture

import (
	"cmp"
	"errors"
	"io"
	"math"
	"os"
	"slices"

	"wstap/capture/packet"
)

// inspect learns what the inputs are, without reading them: of each file the
// beginning, unless it is alone.
func (s *Set) inspect(list []found) {
	known := true
	alone := len(list) == 1 && list[0].folder == nil && s.follow == nil
	buf := make([]byte, peekSize)
	for i := range list {
		f := &list[i]
		in := &input{path: f.path, name: f.path, parts: parseName(f.path), first: math.MinInt64}
		size, ok := int64(0), false
		if s.follow != nil && s.follow.copied(f, list) {
			continue
		}
		if s.follow != nil && (errors.Is(f.err, errNoMatch) || errors.Is(f.err, errEmptyFolder)) {
			continue // nothing yet
		}
		switch {
		case f.err != nil:
			s.fail(in, f.err)
		case f.info == nil: // standard input
			in.stream, known = true, false
			if ok = s.stdin != nil; !ok {
				s.fail(in, errors.New("there is no standard input"))
			}
		case f.info.IsDir(): // it was a file a moment ago
			s.fail(in, errors.New("is a folder"))
		case !f.info.Mode().IsRegular(): // a FIFO or a device: it can be read only once
			in.stream, known, ok = true, false, true
		case alone:
			ok, size = true, f.info.Size()
		default:
			size = f.info.Size()
			err := s.peek(in, buf)
			if s.follow != nil && later(err) {
				continue // the next search sees it again
			}
			if f.folder != nil && !f.named && (errors.Is(err, errNotCapture) || errors.Is(err, errEmpty)) {
				f.folder.left++
				if s.follow != nil {
					s.follow.known[f.path] = rejected(f)
				}
				continue
			}
			if ok = s.keep(in, err); !ok {
				s.seriesOf(in).exist[in.parts.number] = true // not missing
			}
		}
		if f.folder != nil && f.err == nil {
			f.folder.captures++
		}
		if f.named || f.err == nil {
			s.inputs = append(s.inputs, in)
		}
		if ok {
			s.total += size
			s.waiting = append(s.waiting, in)
			if s.follow != nil {
				s.follow.begun(f.path, f.info, in)
			}
		}
	}
	if !known {
		s.total = 0
	}
}

// keep decides by what peek found whether there is anything to be had from an
// input.
func (s *Set) keep(in *input, err error) bool {
	switch {
	case err == nil:
		return true
	case err == io.EOF:
		return in.secrets
	case in.secrets:
		return true // reading it will say again what is wrong
	}
	s.fail(in, err)
	return false
}

// peek finds the time of an input's first packet. It returns io.EOF when there is
// none.
func (s *Set) peek(in *input, buf []byte) error {
	f, err := os.Open(in.path)
	if err != nil {
		return plainCause(err)
	}
	defer f.Close()
	r := newReader(f, in.index, buf)
	defer r.close()
	for {
		var b packet.Block
		err := r.next(&b)
		if len(b.Secrets) > 0 {
			// Keys come before what they open, also when the file has no packets.
			in.secrets = true
		}
		if len(b.Packets) > 0 {
			in.first = b.Packets[0].Time
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// order sorts inputs by their first packet: a stream first, as it must not be waited
// for. Where they begin at the same time the files of a set follow their
// numbers, and others the order given.
func (s *Set) order(inputs []*input) {
	place := map[string]int{}
	for _, in := range inputs {
		if _, ok := place[in.parts.key]; !ok {
			place[in.parts.key] = in.index
		}
	}
	slices.SortStableFunc(inputs, func(a, b *input) int {
		c := cmp.Or(cmp.Compare(a.first, b.first), place[a.parts.key]-place[b.parts.key])
		if c == 0 && !a.stream {
			c = compareNatural(a.path, b.path)
		}
		return c
	})
	for _, in := range inputs {
		in.rank = s.ranks
		s.ranks++
		if !in.stream && in.first != math.MinInt64 {
			sr := s.seriesOf(in)
			sr.members = append(sr.members, in)
		}
	}
}

// emptyFolders says which folders hold nothing that can be read.
func (s *Set) emptyFolders() {
	if s.follow != nil {
		return // what is to be followed may come yet
	}
	for _, d := range s.folders {
		if d.captures == 0 && !d.shared && !d.empty {
			s.problem(&FileError{File: d.path, Offset: unknownOffset, Err: errEmptyFolder})
		}
	}
}
