package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"sync/atomic"
	"time"

	"wstap/capture"
	"wstap/capture/packet"
	"wstap/cmd/wstap/report"
	"wstap/decode"
)

// reader takes packets from the captures to the decoder and rows from there to
// the printer.
type reader struct {
	set     *capture.Set
	decoder *decode.Decoder
	printer *printer
	left    uint64 // packets that -c still allows; 0 with limited false: no limit
	limited bool
	first   atomic.Int64 // time of the first packet, 0 before it
	last    int64        // time of the latest packet
	own     decode.Batch // of block
	keys    *keys        // for TLS
	files   bool         // no input is a pipe: set.Next returns soon
	gaps    *toldGaps    // nil when they are told at the end
	export  *exportFile  // of -w, or nil
	garbage garbage
}

// read is the command: it reads the named captures and writes their rows.
// suggest returns commands that are named nearly like a file that is not there.
func read(ctx context.Context, s *streams, o *settings, names []string, suggest func(string) []string) error {
	pipe := isLive(names, s.in)
	live := pipe || o.follow
	keys, err := openKeys(ctx, s, o, live)
	if err != nil {
		return err
	}
	defer keys.close()
	set, err := capture.Open(names, capture.Options{Filter: o.filter, Stdin: s.in, Follow: o.follow})
	if err != nil {
		return openError(err)
	}
	keys.name = set.Name
	r := &reader{set: set, files: !pipe, left: o.count, limited: o.count > 0, keys: keys}
	var bar progress
	out := s.out
	if _, ok := terminal(out); ok {
		out = bar.over(out)
	}
	o.report.Table.Start = r.first.Load
	form, err := report.New(out, o.report)
	if err != nil {
		return errors.Join(&usageError{err: err}, set.Close())
	}
	o.decode.FileName, o.decode.ManyFiles = set.Name, set.Files() > 1 || o.follow
	o.decode.Open, o.decode.Connections, o.decode.Keys = o.follow, o.write != "", keys.Keys
	r.decoder = decode.New(o.decode)
	r.printer = o.printer(form, live)
	if err := r.startExport(s, o, set.Paths(), live, set.Interface); err != nil {
		return errors.Join(err, set.Close())
	}
	r.boundGarbage()
	r.printer.start()
	gaps := toldGaps{s: s, set: set}
	if live {
		r.gaps = &gaps
		err = r.follow(ctx)
	} else {
		bar.start(s.err, set)
		err = r.readAll(ctx)
	}
	bar.stop()
	if err != nil {
		s.problem(err)
	}
	r.finish()
	summary := r.decoder.Summary()
	summary.Packets.Filtered, summary.MissingFiles = set.Filtered(), gaps.missing()
	summary.Packets.Total += summary.Packets.Filtered // the decoder never saw them
	keys.end(&summary)
	if err := r.printer.end(&summary); err != nil {
		return written(err)
	}
	if r.printer.held {
		s.failed()
	}
	r.endExport(ctx, s, o, &bar)
	gaps.rest()
	for _, d := range set.LeftOut() {
		s.say("%s", leftOut(d))
	}
	for _, p := range set.Problems() {
		s.problem(inputError(p, suggest))
	}
	return nil
}

// readAll reads captures that are complete, and takes their packets apart, in a
// goroutine of its own.
func (r *reader) readAll(ctx context.Context) (err error) {
	ctx, cancel := context.WithCancel(ctx)
	batches, free := r.ahead(ctx, r.set, capture.Ahead, func(b *readAhead) { r.lookAhead(ctx, b) })
	defer func() {
		cancel()
		for range batches { // it must have ended before the set is closed
		}
		err = errors.Join(err, r.set.Close())
	}()
	for b := range batches {
		if b.err != nil {
			return b.err
		}
		r.batch(&b.block, &b.batch)
		if ctx.Err() != nil || r.printer.failed.Load() {
			return nil
		}
		free <- b
	}
	return nil
}

// lookAhead adds to a block in which TLS begins the keys that stand further on in its
// files. It is not done with -c, which is there to read little of a large file.
func (r *reader) lookAhead(ctx context.Context, b *readAhead) {
	if !r.limited && b.batch.MayHoldTLS() {
		r.set.SecretsAhead(ctx, &b.block)
	}
}

// readAhead is a block of packets on its way from the reader to the decoder.
type readAhead struct {
	block packet.Block
	batch decode.Batch
	err   error
}

// ahead begins to read. Who takes a batch gives it back through free, so that
// another can be read: there are n, as many as the source allows. look is called with each
// batch before it is given.
func (r *reader) ahead(ctx context.Context, source packet.Source, n int, look func(*readAhead)) (<-chan *readAhead, chan<- *readAhead) {
	batches, free := make(chan *readAhead, n), make(chan *readAhead, n)
	for range n {
		free <- &readAhead{}
	}
	go func() {
		defer close(batches)
		for {
			var b *readAhead
			select {
			case b = <-free:
			case <-ctx.Done():
				return
			}
			err := source.Next(&b.block)
			enough := r.limit(&b.block)
			r.decoder.Link(&b.block, &b.batch)
			look(b)
			if err != nil && err != io.EOF {
				b.err = err
			}
			batches <- b // there is room for all
			if enough || err != nil {
				return
			}
		}
	}()
	return batches, free
}

// block decodes a block and reports whether -c has been reached.
func (r *reader) block(b *packet.Block) (enough bool) {
	enough = r.limit(b)
	r.decoder.Link(b, &r.own)
	r.batch(b, &r.own)
	return enough
}

// limit leaves out the packets of a block that -c does not allow, and reports
// whether it has been reached.
func (r *reader) limit(b *packet.Block) (enough bool) {
	if r.limited && uint64(len(b.Packets)) >= r.left {
		b.Packets = b.Packets[:r.left]
		enough = true
	}
	r.left -= min(r.left, uint64(len(b.Packets)))
	if n := len(b.Packets); n > 0 {
		if r.first.Load() == 0 {
			r.first.Store(b.Packets[0].Time)
		}
		r.last = b.Packets[n-1].Time
	}
	return enough
}

// batch decodes what Link has taken apart.
func (r *reader) batch(b *packet.Block, batch *decode.Batch) {
	r.keys.add(b.Secrets)
	if x := r.export; x != nil && x.keeper != nil {
		x.keyBlocks(b.Secrets)
		x.put(x.keeper.Keep(b, batch), nil)
	}
	r.decoder.Batch(batch)
	r.garbage.followed(r.decoder.Followed())
	r.take()
}

// advance tells the decoder that time has passed.
func (r *reader) advance(unixNano int64) {
	r.decoder.Advance(unixNano)
	r.take()
}

// pollKeys reads on in key logs, if it is time or nothing more comes.
func (r *reader) pollKeys(now time.Time, last bool) {
	if last {
		r.keys.finish()
	} else {
		r.keys.tick(now)
	}
	if x := r.export; x != nil && x.keeper != nil {
		x.newKeys()
	}
}

// announce gives the rows of kind open that have waited for long enough.
func (r *reader) announce(unixNano int64) {
	r.decoder.Announce(unixNano)
	r.take()
}

// finish makes rows of what is open.
func (r *reader) finish() {
	r.decoder.Finish()
	r.take()
}

// take hands finished rows to the printer.
func (r *reader) take() {
	ended := r.decoder.Ended()
	r.printer.add(r.decoder.Rows(), ended)
	if x := r.export; x != nil && x.keeper != nil {
		x.settle(ended, r.printer.where == nil)
	}
}

// advanceInterval is how often decode is told that time passes while no packet
// comes: well under what a person notices as late.
const advanceInterval = 250 * time.Millisecond

// follow reads captures that are still being written. A read from a pipe cannot be
// interrupted, so it has a goroutine of its own, which is left behind when the
// user ends the run.
func (r *reader) follow(ctx context.Context) error {
	var b packet.Block
	next, result := make(chan struct{}), make(chan error)
	go func() {
		for range next {
			result <- r.set.Next(&b)
		}
	}()
	tick := time.NewTicker(advanceInterval)
	defer tick.Stop()
	arrived := time.Now()
	asked := false
	stop := func() error {
		defer r.pollKeys(time.Time{}, true)
		if asked && !r.files {
			return nil
		}
		if asked {
			if err := <-result; err == nil {
				r.block(&b)
			}
		}
		close(next)
		return r.set.Close()
	}
	for !r.printer.failed.Load() {
		if !asked { // b is ours until here
			next <- struct{}{}
			asked = true
		}
		select {
		case <-ctx.Done():
			return stop()
		case err := <-result:
			asked = false
			if len(b.Packets) > 0 {
				arrived = time.Now()
			}
			enough := r.block(&b)
			r.gaps.tell()
			if enough || err == io.EOF {
				return stop()
			}
			if err != nil {
				return err
			}
		case now := <-tick.C:
			r.pollKeys(now, false)
			if waited := time.Since(arrived); r.last != 0 && waited >= advanceInterval {
				r.advance(r.last + int64(waited))
			}
		}
	}
	return stop()
}

// openError explains why reading cannot begin.
func openError(err error) error {
	switch {
	case errors.Is(err, capture.ErrFilter):
		return &usageError{err, "-f takes a capture filter as tcpdump does, such as 'tcp port 8080'; --where filters rows"}
	case errors.Is(err, capture.ErrFollow):
		return &usageError{err, "a pipe is followed without --follow; give files and pipes to a wstap of their own"}
	case errors.Is(err, capture.ErrNotSupported):
		return &usageError{err, "wstap version says what this build can do"}
	default:
		return err
	}
}

// inputError explains what is wrong with an input.
func inputError(err error, suggest func(string) []string) error {
	var file *capture.FileError
	if errors.Is(err, fs.ErrNotExist) && errors.As(err, &file) {
		if commands := suggest(file.File); len(commands) > 0 {
			return &usageError{err, fmt.Sprintf("is the command wstap %s meant?", commands[0])}
		}
	}
	return err
}
