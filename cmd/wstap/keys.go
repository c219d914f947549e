package main

import (
	"context"
	"crypto/rsa"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"

	"wstap/capture"
	"wstap/capture/packet"
	"wstap/cmd/wstap/report"
	"wstap/decode"
	"wstap/decode/tls"
	"wstap/decode/tls/keylog"
)

// keyFiles are the flags that name files with keys for TLS.
type keyFiles struct {
	logs    []string // --keylog
	private []string // --tls-key
	env     string   // SSLKEYLOGFILE
}

// keyLogEnv is the variable by which programs are told to write a key log.
const keyLogEnv = "SSLKEYLOGFILE"

// typeKeyLog is the secrets type of a TLS key log in pcapng files
// (draft-ietf-opsawg-pcapng section 4.7).
const typeKeyLog = 0x544c534b

// keys is what there is to decrypt TLS with, and where it comes from.
type keys struct {
	tls.Keys
	s       *streams
	logs    []*keyLog
	verbose bool
	polled  time.Time
	files   map[int]bool       // of captures, by index: something was said of their key material
	own     uint64             // secrets that captures brought
	name    func(i int) string // of a capture
}

// openKeys reads the files with keys. follow says that key logs will be read on. What cannot be read is a mistake on the command
// line, but for the file that the environment names.
func openKeys(ctx context.Context, s *streams, o *settings, follow bool) (*keys, error) {
	k := &keys{s: s, verbose: o.report.Table.Verbose, polled: time.Now(), files: make(map[int]bool)}
	k.Log = keylog.NewStore(0)
	for _, path := range o.keyFiles.logs {
		l, err := openKeyLog(ctx, s, path, k.Log, follow)
		if err != nil {
			return nil, errors.Join(&usageError{err: fmt.Errorf("--keylog %s: %w", path, err)}, k.close())
		}
		k.logs = append(k.logs, l)
	}
	k.openEnv(ctx, o.keyFiles.env, follow)
	for _, path := range o.keyFiles.private {
		list, err := readPrivateKeys(ctx, s, path)
		if err != nil {
			return nil, errors.Join(&usageError{err: fmt.Errorf("--tls-key %s: %w", path, err)}, k.close())
		}
		k.RSA = append(k.RSA, list...)
	}
	k.Growing = follow && len(k.logs) > 0
	for _, l := range k.logs {
		l.tell(s, k.verbose)
	}
	if n := len(k.RSA); n > tls.MaxRSA {
		s.say("--tls-key: only the first %d of %d keys are tried", tls.MaxRSA, n)
	}
	if len(k.RSA) > 0 && k.verbose {
		s.say("--tls-key: %s", report.Plural(len(k.RSA), "RSA key"))
	}
	return k, nil
}

// openEnv reads the key log that the environment names, if it is there. It is written
// for other programs, so that nothing about it is a mistake.
func (k *keys) openEnv(ctx context.Context, path string, follow bool) {
	info, err := os.Stat(path)
	if path == "" || err != nil || !info.Mode().IsRegular() {
		return
	}
	for _, l := range k.logs {
		if l.is(info) {
			return
		}
	}
	l, err := openKeyLog(ctx, k.s, path, k.Log, follow)
	if err != nil {
		k.s.say("%s: %s: %v", keyLogEnv, path, err)
		return
	}
	k.s.say("%s: reading the key log %s", keyLogEnv, path)
	k.logs = append(k.logs, l)
}

// maxKeyFile is how much of a file with private keys is read: hundreds of them.
const maxKeyFile = 1 << 20

// readPrivateKeys reads a PEM file.
func readPrivateKeys(ctx context.Context, s *streams, path string) ([]*rsa.PrivateKey, error) {
	var text strings.Builder
	err := readThrough(ctx, s, path, &text, maxKeyFile)
	if err != nil {
		return nil, err
	}
	return keylog.ParsePrivateKeys([]byte(text.String()))
}

// readThrough reads what a path names to its end, up to most bytes, which with a pipe
// may take any time.
func readThrough(ctx context.Context, s *streams, path string, to io.Writer, most int64) error {
	done := make(chan error, 1)
	go func() {
		r := s.in
		if path != capture.Stdin {
			f, err := os.Open(path)
			if err != nil {
				done <- cause(err)
				return
			}
			defer f.Close()
			r = f
		}
		_, err := io.Copy(to, io.LimitReader(r, most))
		done <- cause(err)
	}()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return errors.New("interrupted before its end had come")
	}
}

// cause takes an error of the operating system out of the wrapping that names the
// operation and the path.
func cause(err error) error {
	if pathErr := (*fs.PathError)(nil); errors.As(err, &pathErr) {
		return pathErr.Err
	}
	return err
}

// paths returns the files that must not be written over.
func (f *keyFiles) paths() []string {
	return append(append([]string{f.env}, f.logs...), f.private...)
}

// given reports whether there is anything to decrypt with. A key log counts also where
// it is empty: somebody meant it.
func (k *keys) given() bool { return len(k.logs)+len(k.RSA) > 0 || k.own > 0 }

// add takes the key material that came with a block of packets.
func (k *keys) add(list []packet.Secrets) {
	for i := range list {
		if list[i].Type != typeKeyLog {
			continue
		}
		c := k.Log.AddCaptured(list[i].Data)
		k.own += c.Secrets
		if file := list[i].File; strange(&c) > 0 && !k.files[file] {
			k.files[file] = true
			k.s.say("%s: key material: %s", k.name(file), describe(&c, false))
		}
	}
}

// pollInterval is how often key logs are asked whether they have grown: records wait for
// keys for longer.
const pollInterval = 250 * time.Millisecond

// tick reads on where key logs have grown, if it is time.
func (k *keys) tick(now time.Time) {
	if now.Sub(k.polled) >= pollInterval {
		k.polled = now
		k.poll()
	}
}

// poll reads on where key logs have grown.
func (k *keys) poll() {
	for _, l := range k.logs {
		if err := l.poll(); err != nil && !l.failed {
			l.failed = true
			k.s.say("%s: the key log cannot be read any more: %v", l.path, err)
		}
	}
}

// finish reads on in the key logs for the last time.
func (k *keys) finish() {
	k.poll()
	for _, l := range k.logs {
		l.finish()
	}
}

// end says what became of the keys, and puts it into the summary.
func (k *keys) end(s *decode.Summary) {
	for _, l := range k.logs {
		l.tell(k.s, k.verbose)
	}
	if k.own > 0 && k.verbose {
		k.s.say("key material of captures: %s", report.Plural(k.own, "secret"))
	}
	if n := k.Log.Counts().Evicted; n > 0 {
		k.s.say("the oldest %s dropped: no more than %d are kept", wereSecrets(n), keylog.MaxSecrets)
		if s.Bounded == nil {
			s.Bounded = make(map[string]uint64)
		}
		s.Bounded["tls_secrets"] = n
	}
	if s.TLSCounts != nil {
		s.TLSCounts.KeysGiven = k.given()
	}
}

func wereSecrets(n uint64) string {
	if n == 1 {
		return "TLS secret was"
	}
	return fmt.Sprintf("%d TLS secrets were", n)
}

// close closes the key logs.
func (k *keys) close() (err error) {
	for _, l := range k.logs {
		err = errors.Join(err, l.close())
	}
	return err
}
