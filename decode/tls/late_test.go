package tls

import (
	"bytes"
	stdtls "crypto/tls"
	"testing"
)

// TestLateBudget: many connections that begin before the capture do not take for ever.
func TestLateBudget(t *testing.T) {
	log, others := &bytes.Buffer{}, &bytes.Buffer{}
	client, server := configs(log, stdtls.VersionTLS13)
	d := talk(t, client, server, numbered(20)...)
	client.KeyLogWriter = others
	for range lateSecrets + 4 {
		talk(t, client, server, "ping", "pong")
	}
	tracker := NewTracker(Keys{Log: keyLog(others)})
	late := func() *Facts {
		p := &player{c: tracker.NewConn(), size: whole}
		p.all(drop(p, d.wire.chunks, [2]int{2, 2}))
		p.end()
		return p.c.Facts()
	}
	for i := 0; tracker.counters.TrialsExhausted == 0; i++ {
		if f := late(); f.Problem != StartsLate || f.Decrypted {
			t.Fatalf("%v", f.Problem)
		}
		if i > 10_000 {
			t.Fatal("no end of trying")
		}
	}
	before := tracker.counters.Trials
	late()
	if n := tracker.counters.Trials - before; n > 0 {
		t.Errorf("%d more trials", n)
	}
}
