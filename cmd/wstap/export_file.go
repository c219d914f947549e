package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"wstap/capture"
	"wstap/capture/packet"
	"wstap/decode"
)

// exportFile is the file of -w.
type exportFile struct {
	*export
	name    string
	file    *os.File
	writer  *capture.Writer
	packets uint64
	lost    uint64 // packets that memory was too small for
	short   int    // connections that lack some
}

// createExport makes the file of -w, unless it is one of the captures that are read.
func createExport(name string, inputs []string, secrets bool) (*exportFile, error) {
	if name == capture.Stdin {
		return nil, usage("name a file: rows go to standard output", "-w -")
	}
	if there, err := os.Stat(name); err == nil {
		for _, in := range inputs {
			if info, err := os.Stat(in); err == nil && os.SameFile(there, info) {
				return nil, usage("", "-w %s: that is one of the captures to read", name)
			}
		}
	}
	f, err := os.Create(name)
	if err != nil {
		return nil, &usageError{err: fmt.Errorf("-w: %w", err)}
	}
	x := &exportFile{export: newExport(secrets), name: name, file: f}
	note := "Packets of WebSocket handshake attempts, chosen by wstap."
	if !secrets {
		note += " Cookies, tokens and what else may be secret in HTTP is overwritten with x."
	}
	x.writer, err = capture.NewWriter(f, capture.WriterOptions{Application: versionText(), Comment: note})
	if err != nil {
		return nil, errors.Join(&usageError{err: fmt.Errorf("-w: %w", err)}, f.Close())
	}
	return x, nil
}

// write writes one packet, without its secrets.
func (x *exportFile) write(f *decode.Found, d capture.InterfaceDescription) error {
	x.hide(f)
	if err := x.writer.Packet(&f.Packet, d, x.comments[f.Packet.Ref]...); err != nil {
		return err
	}
	x.packets++
	return nil
}

// farBehind is how much older than the packets before it one may be in a capture:
// queues of a loaded host are seconds apart, several files of one set overlap by less
// than a minute.
const farBehind = int64(60e9)

// readAgain reads the captures a second time and writes the packets that are wanted.
func (x *exportFile) readAgain(ctx context.Context, set *capture.Set) error {
	selection := decode.NewSelection(x.connections)
	var b packet.Block
	for ctx.Err() == nil {
		err := set.Next(&b)
		if x.secrets {
			for _, s := range b.Secrets {
				if err := x.writer.Secrets(s); err != nil {
					return err
				}
			}
		}
		found := selection.Block(&b)
		for i := range found {
			if err := x.write(&found[i], set.Interface(&found[i].Packet)); err != nil {
				return err
			}
		}
		if err == io.EOF || len(b.Packets) > 0 && selection.Done(b.Packets[0].Time-farBehind) {
			return nil
		}
		if err != nil {
			return err
		}
	}
	return ctx.Err()
}

// close ends the file.
func (x *exportFile) close() error {
	return errors.Join(x.writer.Close(), x.file.Close())
}

// summary says what was written.
func (x *exportFile) summary() string {
	text := fmt.Sprintf("%s: %d packets of %d attempts", x.name, x.packets, x.attempts)
	if !x.secrets {
		text += "; secrets in HTTP are overwritten (--show-secrets keeps them)"
	}
	if x.lost > 0 {
		text += fmt.Sprintf("; %d packets of %d connections are missing: they did not fit into memory (--memory)", x.lost, x.short)
	}
	return text
}
