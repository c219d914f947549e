package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"

	"wstap/capture"
	"wstap/capture/packet"
	"wstap/cmd/wstap/report"
	"wstap/decode"
)

// exportFile is the file of -w.
type exportFile struct {
	export
	keys   exportKeys
	name   string
	file   *os.File
	writer *capture.Writer
	origin func(*packet.Packet) *capture.InterfaceDescription // where a packet was captured

	keeper *decode.Keeper // where packets cannot be read again; nil where they can

	packets uint64
	opaque  uint64 // packets left out because secrets may stand anywhere in them
	broken  uint64 // packets with a TCP checksum that is in another, and no longer right
	lost    uint64 // packets for which there was too little memory
	short   int    // connections that lack some
	failed  error  // the first, which has been said; nothing is written after it
	s       *streams
}

// createExport makes the file of -w, unless it is one of the captures or of the files
// with keys that are read.
func createExport(name string, inputs []string, o *settings) (*exportFile, error) {
	if name == capture.Stdin {
		return nil, usage("name a file: rows go to standard output", "-w -")
	}
	if there, err := os.Stat(name); err == nil {
		for i, in := range slices.Concat(inputs, o.keyFiles.paths()) {
			if info, err := os.Stat(in); err == nil && os.SameFile(there, info) {
				what := "captures"
				if i >= len(inputs) {
					what = "files with keys"
				}
				return nil, usage("", "-w %s: that is one of the %s to read", name, what)
			}
		}
	}
	// Not for reading as well: a pipe would never say that its reader has gone.
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o666)
	if err != nil {
		return nil, &usageError{err: fmt.Errorf("-w: %w", err)}
	}
	x := &exportFile{export: newExport(o.secrets), name: name, file: f}
	note := "packets of WebSocket handshake attempts, chosen by wstap"
	if !o.secrets {
		note += "; what may be secret in HTTP is overwritten with x: cookies, authorization, tokens, bodies of other requests"
	}
	x.writer, err = capture.NewWriter(f, capture.WriterOptions{Application: shortVersion(), Comment: note})
	if err != nil {
		return nil, errors.Join(&usageError{err: fmt.Errorf("-w: %w", err)}, f.Close())
	}
	return x, nil
}

// put writes packets without their secrets. a are the annotations that there were on
// these packets and others.
func (x *exportFile) put(found []decode.Found, a []packet.Annotation) {
	own := make(map[packet.Ref]*packet.Annotation, len(a))
	for i := range a {
		own[a[i].Ref] = &a[i]
	}
	for i := range found {
		// A secret may be spread over several packets, of which any may hold the header.
		if !x.secrets {
			x.hide(&found[i])
		}
	}
	for i := range found {
		f := &found[i]
		if f.Opaque && !x.secrets {
			x.opaque++
			continue
		}
		if f.Unmended {
			x.broken++
		}
		x.usedKeys(f.Connection, x.chosen[f.Connection])
		if x.failed == nil {
			x.fail(x.writer.Annotated(&f.Packet, x.origin(&f.Packet), own[f.Packet.Ref], x.chosen[f.Connection].of(f.Packet.Ref)...))
			x.packets++
		}
	}
}

// fail says at once that the file cannot be written: the rows may go on for days.
func (x *exportFile) fail(err error) {
	if err == nil {
		return
	}
	x.failed = err
	x.s.problem(fmt.Errorf("-w %s: %w", x.name, err))
}

// farBehind is how much older than the packets before it one may be in a capture:
// queues of a loaded host are seconds apart, several files of one set overlap by less
// than a minute.
const farBehind = int64(60e9)

// readAgain reads the captures a second time and writes the packets that are wanted.
func (x *exportFile) readAgain(ctx context.Context, set *capture.Set) error {
	selection := decode.NewSelection(slices.Collect(maps.Keys(x.chosen)))
	var b packet.Block
	for ctx.Err() == nil && x.failed == nil {
		err := set.Next(&b)
		x.keyBlocks(b.Secrets)
		x.put(selection.Block(&b), b.Annotations)
		if err == io.EOF || len(b.Packets) > 0 && selection.Done(b.Packets[0].Time-farBehind) {
			return nil
		}
		if err != nil {
			return err
		}
	}
	return ctx.Err()
}

// close ends the file and says what is in it.
func (x *exportFile) close() {
	if d := x.origin(&packet.Packet{}); x.packets == 0 && x.failed == nil && d != nil {
		x.fail(x.writer.Describe(d)) // tcpdump refuses a file without an interface
	}
	if x.failed == nil {
		x.fail(x.writer.Close())
	}
	if err := x.file.Close(); x.failed == nil {
		x.fail(err)
	}
	if x.failed != nil {
		return
	}
	text := fmt.Sprintf("%s: %s of %s", x.name, report.Plural(x.packets, "packet"), report.Plural(x.attempts, "attempt"))
	if !x.secrets {
		text += ", without secrets of HTTP (--show-secrets keeps them)"
	}
	x.s.say("%s", text)
	if x.keys.written {
		x.s.say("%s: TLS secrets are in it: whoever has the file can read what they open", x.name)
	}
	if x.opaque > 0 {
		x.s.say("%s: %s left out, in which secrets may stand anywhere: fragments in fragments", x.name, report.Plural(x.opaque, "packet"))
	}
	if x.broken > 0 {
		x.s.say("%s: secrets are overwritten in %s whose TCP checksum is now wrong: IP fragments", x.name, report.Plural(x.broken, "packet"))
	}
	if c := x.writer.Counts(); c.CommentsCut+c.CommentsLeftOut > 0 {
		x.s.say("%s: %s cut, %s left out: there is room for 64 of 64 kB on a packet", x.name, report.Plural(c.CommentsCut, "comment"), report.Plural(c.CommentsLeftOut, "comment"))
	}
	if x.lost > 0 {
		x.s.say("%s: %s of %s missing, for which there was too little memory (--memory)", x.name, report.Plural(x.lost, "packet"), report.Plural(x.short, "connection"))
	}
}
