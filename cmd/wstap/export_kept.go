package main

import (
	"context"
	"errors"

	"wstap/capture"
	"wstap/capture/packet"
	"wstap/decode"
)

// settle writes what has been decided, where packets are kept in memory until then. It
// is called after each block, with the connections that ended in it. all says that
// every row is written, so that what has opened is wanted whatever its end. Where HTTP
// goes on there may be secrets to come, so the connection's end is waited for.
func (x *exportFile) settle(ended []*decode.Connection, all bool) {
	before := x.packets
	for _, c := range x.fresh {
		to := x.chosen[c]
		switch {
		case to == nil: // was finished
		case c.Last != 0: // it has ended
			x.finish(c)
		case all && to.opened:
			x.keeper.Want(c)
		}
	}
	x.fresh = x.fresh[:0]
	for _, c := range ended {
		if x.chosen[c] != nil {
			x.finish(c)
		}
	}
	if x.packets != before && x.failed == nil {
		// The file is whole up to here, for who reads it now or kills wstap.
		x.fail(x.writer.Flush())
	}
}

// finish writes the packets of a connection that has ended, and forgets it.
func (x *exportFile) finish(c *decode.Connection) {
	found, lost := x.keeper.Take(c)
	x.put(found, nil)
	x.usedKeys(c, x.chosen[c]) // some may have come after the last packet
	if lost > 0 {
		x.lost += lost
		x.short++
	}
	delete(x.chosen, c)
}

// startExport makes ready for -w. once says that the packets cannot be read again.
func (r *reader) startExport(s *streams, o *settings, inputs []string, once bool, origin func(*packet.Packet) *capture.InterfaceDescription) error {
	if o.write == "" {
		return nil
	}
	x, err := createExport(o.write, inputs, o)
	if err != nil {
		return err
	}
	x.origin, x.s = origin, s
	x.keys = exportKeys{kept: o.keys, store: r.keys.Log}
	x.newKeys() // captures have brought none yet
	r.export, r.printer.export = x, x
	if once {
		x.keeper = decode.NewKeeper(r.decoder, o.memory)
		r.printer.inline = true
	}
	return nil
}

// endExport writes what is left to write, for which captures are read a second time.
func (r *reader) endExport(ctx context.Context, s *streams, o *settings, bar *progress) {
	x := r.export
	if x == nil {
		return
	}
	if x.keeper == nil && len(x.chosen) > 0 {
		set, err := capture.Open(r.set.Paths(), capture.Options{Filter: o.filter, Annotations: true})
		if err == nil {
			bar.start(s.err, set)
			err = errors.Join(x.readAgain(ctx, set), set.Close())
			bar.stop()
		}
		if err != nil {
			s.problem(err)
		}
	}
	x.close()
}
