package capture

import (
	"errors"
	"io"
	"os"
)

// maxHandles is how many files are open at a time, however many overlap in time: a
// sixteenth of the 1,024 that a process may have by default on Linux. A rotated set needs two or three.
const maxHandles = 64

// openFile opens the file of an input, and makes room for it.
func (s *Set) openFile(in *input) error {
	if s.handles >= maxHandles && s.follow == nil { // what is followed may have been deleted
		s.park()
	}
	f, err := os.Open(in.path)
	if err != nil {
		return plainCause(err)
	}
	in.file = f
	s.handles++
	return nil
}

func (s *Set) closeFile(in *input) {
	if in.file != nil {
		in.file.Close()
		in.file = nil
		s.handles--
	}
}

// park closes the file that has not been read for longest. Its reader goes on when the
// file has been opened again.
func (s *Set) park() {
	var oldest *input
	for _, in := range s.active {
		if in.file != nil && !in.stream && (oldest == nil || in.refilled < oldest.refilled) {
			oldest = in
		}
	}
	if oldest == nil {
		return
	}
	if oldest.parked, _ = oldest.file.Stat(); oldest.parked != nil {
		s.closeFile(oldest)
	}
}

// unpark opens a file again, where its reading stopped.
func (s *Set) unpark(in *input) error {
	if err := s.openFile(in); err != nil {
		return err
	}
	info, err := in.file.Stat()
	switch {
	case err != nil:
		return plainCause(err)
	case !os.SameFile(info, in.parked):
		return errors.New("the file was replaced by another one while it was read")
	}
	_, err = in.file.Seek(in.read, io.SeekStart)
	return err
}
