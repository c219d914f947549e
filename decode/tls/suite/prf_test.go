package suite

import (
	"bytes"
	"testing"
)

// TestPRF has the vectors for TLS 1.2 that were sent to the TLS working group's list
// (mailarchive.ietf.org/arch/msg/tls/fzVCzk-z3FShgGJ6DOXqM1ydxms).
func TestPRF(t *testing.T) {
	for _, c := range []struct {
		id                 uint16
		secret, seed, want string
	}{
		{0xc02f, "9bbe436ba940f017b17652849a71db35", "a0ba9f936cda311827a6f796ffd5198c",
			`e3f229ba727be17b8d122620557cd453c2aab21d07c3d495329b52d4e61edb5a6b301791e90d35c9c9a46b4e14baf9af0fa022f7077def17abfd3797c0564bab
			4fbc91666e9def9b97fce34f796789baa48082d122ee42c5a72e5a5110fff70187347b66`},
		{0xc030, "b80b733d6ceefcdc71566ea48e5567df", "cd665cf6a8447dd6ff8b27555edb7465",
			`7b0c18e9ced410ed1804f2cfa34a336a1c14dffb4900bb5fd7942107e81c83cde9ca0faa60be9fe34f82b1233c9146a0e534cb400fed2700884f9dc236f80edd
			8bfa961144c9e8d792eca722a7b32fc3d416d473ebc2c5fd4abfdad05d9184259b5bf8cd4d90fa0d31e2dec479e4f1a26066f2eea9a69236a3e52655c9e9aee6
			91c8f3a26854308d5eaa3be85e0990703d73e56f`},
	} {
		want := unhex(t, c.want)
		if got := lookup(t, c.id).prf(TLS12, unhex(t, c.secret), "test label", unhex(t, c.seed), len(want)); !bytes.Equal(got, want) {
			t.Errorf("%04x: %x, want %x", c.id, got, want)
		}
	}
}

// TestMaster has a connection of TLS 1.0 as GnuTLS prints its keys, with which
// crypto/tls tests itself, too.
func TestMaster(t *testing.T) {
	for _, c := range []struct{ premaster, client, server, master, clientMAC, serverKey string }{
		{"0302cac83ad4b1db3b9ab49ad05957de2a504a634a386fc600889321e1a971f57479466830ac3e6f468e87f5385fa0c5",
			"4ae66303755184a3917fcb44880605fcc53baa01912b22ed94473fc69cebd558", "4ae663020ec16e6bb5130be918cfcafd4d765979a3136a5d50c593446e4e44db",
			"3d851bab6e5556e959a16bc36d66cfae32f672bfa9ecdef6096cbb1b23472df1da63dbbd9827606413221d149ed08ceb",
			"805aaa19b3d2c0a0759a4b6c9959890e08480119", "e076e33206b30507a85c32855acd0919"},
	} {
		s := lookup(t, 0x0005)
		cr, sr := [RandomSize]byte(unhex(t, c.client)), [RandomSize]byte(unhex(t, c.server))
		master := s.Master(TLS10, unhex(t, c.premaster), cr, sr)
		if want := unhex(t, c.master); !bytes.Equal(master, want) {
			t.Errorf("master secret %x, want %x", master, want)
		}
		const mac, key = 20, 16
		block := s.prf(TLS10, master, "key expansion", append(sr[:], cr[:]...), 2*mac+2*key)
		if want := unhex(t, c.clientMAC); !bytes.Equal(block[:mac], want) {
			t.Errorf("client's MAC key %x, want %x", block[:mac], want)
		}
		if want := unhex(t, c.serverKey); !bytes.Equal(block[2*mac+key:], want) {
			t.Errorf("server's key %x, want %x", block[2*mac+key:], want)
		}
	}
}
