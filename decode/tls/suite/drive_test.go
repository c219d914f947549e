package suite

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"
)

// transcript is what two ends sent on a connection without faults, and its key log.
type transcript struct {
	sent   [2][]byte // by client, by server
	keylog string
}

const client, server = 0, 1

// secrets returns the key log by label.
func (tr *transcript) secrets(t testing.TB) map[string][]byte {
	secrets := map[string][]byte{}
	for line := range strings.Lines(tr.keylog) {
		if f := strings.Fields(line); len(f) == 3 && f[0][0] != '#' {
			secrets[f[0]] = unhex(t, f[2])
		}
	}
	return secrets
}

// reader reads a transcript as far as is needed to check it: one handshake, with its
// messages whole within their records.
type reader struct {
	testing.TB
	random         [2][RandomSize]byte
	version        Version
	suite          *Suite
	etm, ems       bool
	keyExchange    []byte // body of ClientKeyExchange
	beforeExchange []byte // messages up to and including it
	messages       []byte // all so far
	data           [2][]byte
	finished       [2][]byte
	updates        int
	opener         [2]*Opener
	seq            [2]uint64
	secret         [2][]byte
}

func records(t testing.TB, b []byte) (list [][]byte) {
	for len(b) > 0 {
		n := headerSize + int(binary.BigEndian.Uint16(b[3:]))
		list, b = append(list, b[:n]), b[n:]
	}
	return list
}

// message takes a handshake message.
func (r *reader) message(m []byte) {
	const hello, serverHello, clientKeyExchange = 1, 2, 16
	r.messages = append(r.messages, m...)
	switch m[0] {
	case hello:
		copy(r.random[client][:], m[6:])
	case serverHello:
		copy(r.random[server][:], m[6:])
		r.version = Version(binary.BigEndian.Uint16(m[4:]))
		b := m[39+int(m[38]):]
		r.suite = lookup(r, binary.BigEndian.Uint16(b))
		if b = b[3:]; len(b) < 2 {
			return
		}
		for b = b[2:]; len(b) > 0; b = b[4+binary.BigEndian.Uint16(b[2:]):] {
			switch binary.BigEndian.Uint16(b) {
			case 22:
				r.etm = true
			case 23:
				r.ems = true
			case 43:
				r.version = Version(binary.BigEndian.Uint16(b[4:]))
			}
		}
	case clientKeyExchange:
		r.keyExchange = m[4:]
		r.beforeExchange = bytes.Clone(r.messages)
	}
}

func messages(b []byte) (list [][]byte) {
	for len(b) >= 4 {
		n := 4 + int(b[1])<<16 + int(b[2])<<8 + int(b[3])
		list, b = append(list, b[:n]), b[n:]
	}
	return list
}

// opened opens a record of one end, which must succeed.
func (r *reader) opened(end int, record []byte) ([]byte, byte) {
	r.Helper()
	if _, _, ok := open(r.opener[end], r.seq[end]+1, record); ok {
		r.Error("a record opens with a wrong sequence number")
	}
	plain, typ, ok := open(r.opener[end], r.seq[end], record)
	if !ok {
		r.Fatalf("%s %v: record %d of end %d is not opened", r.suite.Name, r.version, r.seq[end], end)
	}
	r.seq[end]++
	return plain, typ
}

const (
	changeCipherSpec = 20
	handshake        = 22
	applicationData  = 23
)

// read12 reads a connection before TLS 1.3.
func (r *reader) read12(tr *transcript) {
	var flights [2][]byte
	var encrypted [2][][]byte
	for end, b := range tr.sent {
		for _, record := range records(r, b) {
			switch {
			case record[0] == changeCipherSpec:
				encrypted[end] = [][]byte{}
			case encrypted[end] != nil:
				encrypted[end] = append(encrypted[end], record)
			default:
				flights[end] = append(flights[end], record[headerSize:]...)
			}
		}
	}
	// The client's first message, all of the server's, the rest of the client's.
	of := messages(flights[client])
	for _, m := range append(append(of[:1:1], messages(flights[server])...), of[1:]...) {
		r.message(m)
	}
	master := tr.secrets(r)["CLIENT_RANDOM"]
	var ok bool
	r.opener[client], r.opener[server], ok = r.suite.Openers(r.version, r.etm, master, r.random[client], r.random[server])
	if !ok {
		r.Fatalf("%s %v: no keys", r.suite.Name, r.version)
	}
	for end := range encrypted {
		for _, record := range encrypted[end] {
			switch plain, typ := r.opened(end, record); typ {
			case applicationData:
				r.data[end] = append(r.data[end], plain...)
			case handshake:
				r.finished[end] = bytes.Clone(plain)
				r.checkFinished(master, end, plain[4:])
				r.messages = append(r.messages, plain...)
			}
		}
	}
}

func (r *reader) checkFinished(master []byte, end int, got []byte) {
	h := r.suite.TranscriptHash(r.version)
	h.Write(r.messages)
	if want := r.suite.Finished(r.version, master, end == client, h.Sum(nil)); !bytes.Equal(got, want) {
		r.Errorf("%s %v: Finished of end %d has %x, computed %x", r.suite.Name, r.version, end, got, want)
	}
}

// read13 reads a connection of TLS 1.3. The server's handshake is read first, since
// its messages come before the client's.
func (r *reader) read13(tr *transcript) {
	secrets := tr.secrets(r)
	r.message(messages(records(r, tr.sent[client])[0][headerSize:])[0])
	labels := [2][2]string{
		{"CLIENT_HANDSHAKE_TRAFFIC_SECRET", "CLIENT_TRAFFIC_SECRET_0"},
		{"SERVER_HANDSHAKE_TRAFFIC_SECRET", "SERVER_TRAFFIC_SECRET_0"},
	}
	for _, end := range [...]int{server, client} {
		for i, record := range records(r, tr.sent[end]) {
			if record[0] == handshake && i == 0 && end == server {
				r.message(messages(record[headerSize:])[0])
			}
			if record[0] != applicationData {
				continue
			}
			if r.opener[end] == nil {
				r.use(end, secrets[labels[end][0]])
			}
			plain, typ := r.opened(end, record)
			switch typ {
			case applicationData:
				r.data[end] = append(r.data[end], plain...)
			case handshake:
				r.after13(end, plain, secrets[labels[end][1]])
			}
		}
	}
}

func (r *reader) after13(end int, plain, next []byte) {
	const finished, keyUpdate = 20, 24
	for _, m := range messages(plain) {
		switch m[0] {
		case finished:
			h := r.suite.TranscriptHash(r.version)
			h.Write(r.messages)
			if want := r.suite.Finished13(r.secret[end], h.Sum(nil)); !bytes.Equal(m[4:], want) {
				r.Errorf("%s: Finished of end %d has %x, computed %x", r.suite.Name, end, m[4:], want)
			}
			r.finished[end] = bytes.Clone(m)
			r.use(end, next)
		case keyUpdate:
			r.updates++
			r.use(end, r.suite.Next(r.secret[end]))
			continue
		}
		if r.finished[end] == nil || m[0] == finished {
			r.messages = append(r.messages, m...)
		}
	}
}

func (r *reader) use(end int, secret []byte) {
	o, ok := r.suite.Opener(secret)
	if !ok {
		r.Fatalf("%s: no keys", r.suite.Name)
	}
	r.opener[end], r.secret[end], r.seq[end] = o, secret, 0
}

// read reads tr and checks that both Finished messages are as the secrets say.
func (tr *transcript) read(t testing.TB) *reader {
	r := &reader{TB: t}
	if strings.Contains(tr.keylog, "CLIENT_RANDOM") {
		r.read12(tr)
	} else {
		r.read13(tr)
	}
	if r.finished[client] == nil || r.finished[server] == nil {
		t.Errorf("%s %v: a Finished is missing", r.suite.Name, r.version)
	}
	return r
}
