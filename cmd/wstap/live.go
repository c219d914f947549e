package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"time"

	"wstap/capture"
	"wstap/capture/packet"
	"wstap/cmd/wstap/report"
	"wstap/decode"
)

// liveRun takes packets from the interfaces to the decoder and rows from there to the
// printer.
type liveRun struct {
	reader
	source   *capture.Live
	s        *streams
	info     chan os.Signal // asks for statistics
	latest   int64          // time of the latest packet
	advanced time.Time      // when decode was last told that time passes
	told     int            // problems that were said
}

// live is the command: it reads interfaces and writes rows until it is told to stop.
func live(ctx context.Context, s *streams, o *liveSettings) error {
	keys, err := openKeys(ctx, s, o.settings, true)
	if err != nil {
		return err
	}
	defer keys.close()
	r := &liveRun{reader: reader{left: o.count, limited: o.count > 0, keys: keys}, s: s, advanced: time.Now()}
	o.report.Table.Start = r.first.Load
	form, err := report.New(s.out, o.report)
	if err != nil {
		return &usageError{err: err}
	}
	if r.source, err = capture.OpenLive(o.interfaces, o.capture); err != nil {
		return openLiveError(err)
	}
	source := r.source
	keys.name = source.Name
	defer source.Close()
	who, err := dropPrivileges(o.user)
	if err != nil {
		return err
	}
	if who != "" {
		s.say("dropped privileges: going on as %s", who)
	}
	o.decode.FileName, o.decode.Open, o.decode.Connections = source.Name, true, o.write != ""
	if len(keys.logs)+len(keys.RSA) > 0 { // interfaces bring none
		o.decode.Keys = keys.Keys
	}
	r.decoder = decode.New(o.decode)
	r.printer = o.printer(form, true)
	if err := r.startExport(s, o.settings, nil, true, source.Interface); err != nil {
		if who != "" && errors.Is(err, fs.ErrPermission) {
			return &usageError{err, "it is written as " + who + ": name a file where that user may write, or stay root with --user root"}
		}
		return err
	}
	r.printer.start()
	for _, i := range source.Interfaces() {
		s.say("listening on %s, link-type %s (%s), snapshot length %d bytes", i.Name, i.LinkName, i.LinkDescription, i.SnapLen)
		if i.Warning != "" {
			s.say("%s: %s", i.Name, i.Warning)
		}
	}
	info, release := infoSignal()
	defer release()
	r.info = info
	if o.duration > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, o.duration)
		defer cancel()
	}
	// Who comes back from libpcap with packets must not wait until decoding leaves a
	// processor: the kernel shares them out sooner.
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(runtime.GOMAXPROCS(0) + len(source.Interfaces())))
	r.run(ctx)
	return r.end()
}

// run decodes until there are no more packets, or none are wanted.
func (r *liveRun) run(ctx context.Context) {
	// Closed, the source ends after what it has read.
	stop := context.AfterFunc(ctx, func() { _ = r.source.Close() })
	defer stop()
	reading, cancel := context.WithCancel(context.Background())
	batches, free := r.ahead(reading, r.source, capture.LiveAhead, func(*readAhead) {})
	defer func() {
		cancel()
		_ = r.source.Close()
		for range batches { // it must have ended before anybody looks at the counts
		}
	}()
	for !r.printer.failed.Load() {
		select {
		case b, more := <-batches:
			if !more {
				return
			}
			r.pollKeys(time.Now(), false)
			r.batch(&b.block, &b.batch)
			r.pass(b)
			free <- b
		case <-r.info:
			r.s.say("%s", r.statistics(", "))
		}
		r.sayProblems()
	}
}

// pass tells the decoder that time has passed, where no packets do.
func (r *liveRun) pass(b *readAhead) {
	if n := len(b.block.Packets); n > 0 {
		r.latest = b.block.Packets[n-1].Time
		return
	}
	now := time.Now()
	r.announce(now.UnixNano())
	// Packets of a moment ago may still come.
	t := now.Add(-capture.LiveDelay).UnixNano()
	if now.Sub(r.advanced) >= advanceInterval && r.latest != 0 && t > r.latest {
		r.advanced = now
		r.advance(t)
	}
}

// end writes what is left, and what was captured.
func (r *liveRun) end() error {
	r.pollKeys(time.Time{}, true)
	r.finish()
	stats := r.source.Stats()
	summary := r.decoder.Summary()
	r.keys.end(&summary)
	summary.Packets.Dropped, summary.Packets.DroppedByInterface = stats.Dropped, stats.DroppedByInterface
	err := r.printer.end(&summary)
	if r.printer.held {
		r.s.failed()
	}
	r.endExport(stats)
	r.sayProblems()
	fmt.Fprintln(r.s.err, r.statistics("\n"))
	r.sayBounded(&summary)
	return written(err)
}

// endExport ends the file of -w with what the interfaces received.
func (r *liveRun) endExport(stats capture.LiveStats) {
	x := r.export
	if x == nil {
		return
	}
	for i := range stats.Interfaces {
		c := &stats.Interfaces[i]
		desc := r.source.Interface(&packet.Packet{Interface: uint16(i)})
		if x.failed == nil {
			x.fail(x.writer.Statistics(desc, &capture.InterfaceStatistics{
				Start: r.first.Load(), End: r.latest, Received: &c.Received, Dropped: &c.DroppedByInterface, OSDropped: &c.Dropped, Delivered: &c.Captured,
			}))
		}
	}
	x.close()
}

// sayProblems says why interfaces are read no more, once.
func (r *liveRun) sayProblems() {
	problems := r.source.Problems()
	for _, p := range problems[r.told:] {
		r.s.problem(p)
	}
	r.told = len(problems)
}

// openLiveError explains why an interface cannot be read.
func openLiveError(err error) error {
	var of *capture.InterfaceError
	named := errors.As(err, &of)
	switch {
	case errors.Is(err, capture.ErrPermission):
		return &usageError{err, "run it with sudo, or allow it once: sudo setcap cap_net_raw+ep $(command -v wstap)"}
	case errors.Is(err, capture.ErrNoInterface) && named:
		return &usageError{err, nearInterface(of.Interface)}
	case errors.Is(err, capture.ErrInterfaceDown) && named:
		return &usageError{err, fmt.Sprintf("bring it up: sudo ip link set %s up", of.Interface)}
	case errors.Is(err, capture.ErrNotSupported):
		return &usageError{err, "wstap version says what this build can do"}
	default:
		return openError(err)
	}
}
