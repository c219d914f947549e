package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"strings"

	"wstap/capture"
	"wstap/cmd/wstap/report"
	"wstap/decode/tls/keylog"
)

const (
	// keyLogHead is how many bytes tell a key log from another one that was written over
	// it: the comment that NSS puts first, and the first client random.
	keyLogHead = 256
	// maxGrowth is how much of a key log is read at once while packets wait: 70,000
	// secrets, a tenth of a second.
	maxGrowth = 16 << 20
)

// keyLog is one key log file. It is read as it grows, and begun anew where it was
// replaced: deleted, renamed, or written over.
type keyLog struct {
	path   string
	store  *keylog.Store
	feed   *keylog.Feed
	file   *os.File // the one that was read last, also where it has gone; nil for a pipe, and before it was there
	absent bool     // it was not there when it was opened
	at     int64    // how much of it has been read
	head   []byte   // its first bytes
	counts keylog.Counts
	told   keylog.Counts // as they were said
	said   bool          // they were, even if all are zero
	failed bool          // it has been said that it cannot be read
}

// openKeyLog opens a key log and reads what there is of it. follow says that it will be
// read on: its last line may be half, and it need not be there yet. A pipe is read to its end and is not followed.
func openKeyLog(ctx context.Context, s *streams, path string, store *keylog.Store, follow bool) (*keyLog, error) {
	l := &keyLog{path: path, store: store, feed: store.NewFeed()}
	info, err := os.Stat(path)
	switch {
	case path == capture.Stdin:
	case follow && errors.Is(err, fs.ErrNotExist): // whoever writes it may begin later
		s.say("%s: not there yet: waiting for it", path)
		l.absent = true
		return l, nil
	case err != nil:
		return nil, cause(err)
	case info.IsDir():
		return nil, errors.New("is a folder")
	case info.Mode().IsRegular():
		if l.file, err = os.Open(path); err != nil {
			return nil, cause(err)
		}
		err = l.readOn(math.MaxInt64)
		if err == nil && !follow {
			l.finish()
		}
		if err != nil {
			return nil, errors.Join(err, l.close())
		}
		return l, nil
	}
	before := store.Counts()
	if err := readThrough(ctx, s, path, l.feed, math.MaxInt64); err != nil {
		return nil, err
	}
	l.count(&before)
	l.finish()
	return l, nil
}

// finish says that nothing more will be read: the last line needs no end.
func (l *keyLog) finish() {
	before := l.store.Counts()
	_ = l.feed.Close() // it never fails
	l.count(&before)
}

// is reports whether the key log is the file that info is about.
func (l *keyLog) is(info os.FileInfo) bool {
	if l.file == nil {
		return false
	}
	own, err := l.file.Stat()
	return err == nil && os.SameFile(own, info)
}

// poll reads on where the file has grown, and reads the one that has taken its place. A
// file that is not there may come back.
func (l *keyLog) poll() error {
	if l.file == nil && !l.absent {
		return nil
	}
	if l.file != nil {
		if err := l.readOn(maxGrowth); err != nil {
			return err
		}
	}
	info, err := os.Stat(l.path)
	if err != nil || !info.Mode().IsRegular() || l.is(info) {
		return nil
	}
	f, err := os.Open(l.path)
	if err != nil {
		return cause(err)
	}
	if l.file != nil {
		l.file.Close()
	}
	l.file = f
	l.begin()
	return l.readOn(maxGrowth)
}

// begin takes the file for one of which nothing has been read.
func (l *keyLog) begin() {
	l.at, l.head = 0, l.head[:0]
	l.feed.Reset()
}

// readOn reads what has been added to the file, or all of it where it was written over,
// at most so many bytes.
func (l *keyLog) readOn(most int64) error {
	info, err := l.file.Stat()
	if err != nil {
		return cause(err)
	}
	if info.Size() < l.at || !l.same() {
		l.begin()
	}
	if info.Size() == l.at {
		return nil
	}
	before := l.store.Counts()
	defer l.count(&before)
	buf := make([]byte, 64<<10)
	for until := l.at + min(most, math.MaxInt64-l.at); l.at < until; {
		n, err := l.file.ReadAt(buf, l.at)
		if room := keyLogHead - len(l.head); room > 0 {
			l.head = append(l.head, buf[:min(n, room)]...)
		}
		_, _ = l.feed.Write(buf[:n]) // it never fails
		l.at += int64(n)
		if err == io.EOF {
			break
		}
		if err != nil {
			return cause(err)
		}
	}
	return nil
}

// same reports whether the file begins as when it was read.
func (l *keyLog) same() bool {
	now := make([]byte, len(l.head))
	n, _ := l.file.ReadAt(now, 0)
	return bytes.Equal(now[:n], l.head)
}

// count adds to the file's counts what the store counts more than before. Nothing else
// adds to the store meanwhile.
func (l *keyLog) count(before *keylog.Counts) {
	now := l.store.Counts()
	l.counts.Secrets += now.Secrets - before.Secrets
	l.counts.Duplicates += now.Duplicates - before.Duplicates
	l.counts.Unused += now.Unused - before.Unused
	l.counts.Unknown += now.Unknown - before.Unknown
	l.counts.Malformed += now.Malformed - before.Malformed
	l.counts.TooLong += now.TooLong - before.TooLong
}

// tell says what was read, where lines were not understood or all is to be said, and
// there is more of it than when it was said.
func (l *keyLog) tell(s *streams, verbose bool) {
	if strange(&l.counts) == strange(&l.told) && !verbose || l.said && l.counts == l.told {
		return
	}
	l.told, l.said = l.counts, true
	s.say("%s: %s", l.path, describe(&l.counts, verbose))
}

func (l *keyLog) close() error {
	if l.file == nil {
		return nil
	}
	return l.file.Close()
}

// strange counts the lines that are none of a key log.
func strange(c *keylog.Counts) uint64 { return c.Malformed + c.TooLong }

// describe says what the lines of a key log were: those that are none of a key log, and
// with all the others as well.
func describe(c *keylog.Counts, all bool) string {
	total := c.Secrets + c.Duplicates + c.Unused + c.Unknown + strange(c)
	var parts []string
	if all {
		parts = append(parts, report.Plural(c.Secrets, "TLS secret"))
		for _, x := range []struct {
			n    uint64
			what string
		}{{c.Duplicates, "known before"}, {c.Unused, "that decrypt no record"}, {c.Unknown, "with labels that are not known"}} {
			if x.n > 0 {
				parts = append(parts, fmt.Sprintf("%d %s", x.n, x.what))
			}
		}
	}
	if n := strange(c); n > 0 {
		verb := "are"
		if n == 1 {
			verb = "is"
		}
		parts = append(parts, fmt.Sprintf("%d of %s %s not a key log's", n, report.Plural(total, "line"), verb))
	}
	return strings.Join(parts, ", ")
}
