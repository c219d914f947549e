package tls

import (
	"wstap/decode/tls/keylog"
	"wstap/decode/tls/suite"
)

// lateTry tries secrets on what waits, where the handshake was not captured or not as
// far as the ServerHello. It reports whether some fit; the connection then goes on as
// one whose handshake was seen. Only TLS 1.3 can be read so: before it, keys are made
// of the server's random, too.
func (c *Conn) lateTry() bool {
	k := c.keys
	damaged := c.half[0].everLost || c.half[1].everLost || c.facts.ClientHello == (Pos{})
	if c.t.keys.Log == nil || k.suite != nil || !damaged || k.exhausted {
		return false
	}
	if c.t.late > lateTrials {
		k.exhausted = true
		c.t.counters.TrialsExhausted++
		return false
	}
	g := c.t.generation() + 1
	if k.lateSeen != g {
		k.lateTried, k.lateSeen = [2]int{}, g
	}
	var done [2]int
	for r := k.wait.first; r != nil; r = r.next {
		if r.hole > 0 || r.broken || RecordType(r.head.Type) != ApplicationData || len(r.body) > lateLongest {
			continue
		}
		if done[r.dir]++; done[r.dir] > lateRecords || done[r.dir] <= k.lateTried[r.dir] {
			continue
		}
		k.lateTried[r.dir] = done[r.dir]
		if c.lateRecord(r) {
			c.facts.Version = suite.TLS13
			c.drain()
			return true
		}
	}
	return false
}

// lateRecord tries secrets on one record.
func (c *Conn) lateRecord(r *waiting) bool {
	for _, label := range [...]keylog.Label{keylog.ClientTraffic0, keylog.ServerTraffic0} {
		client := r.dir
		if label == keylog.ServerTraffic0 {
			client = 1 - r.dir
		}
		if c.clientKnown && client != c.client {
			continue
		}
		for _, f := range c.lateSecrets(label) {
			for _, s := range c.lateSuites(len(f.Secret.Bytes())) {
				o, ok := s.Opener(f.Secret.Bytes())
				if !ok {
					continue
				}
				_, _, at, ok := c.try(o, 0, lateSearch-1, &r.record)
				if !ok {
					c.t.late += lateSearch
					continue
				}
				c.SetClient(client)
				c.lateAgreed(s, f.Random)
				e := &c.keys.dir[r.dir]
				e.open, e.secret = o, f.Secret.Bytes()
				e.seq = at - min(at, lateSearch) // others may wait before it
				c.facts.KeysFrom = FromLog
				return true
			}
		}
	}
	return false
}

// lateAgreed takes over what the secret that fits says of the connection.
func (c *Conn) lateAgreed(s *suite.Suite, random [suite.RandomSize]byte) {
	k := c.keys
	k.suite, k.random, k.random13 = s, random, true
	c.facts.Cipher, c.facts.CipherName = s.ID, s.Name
	for d := range k.dir {
		k.dir[d].stage, k.dir[d].miss = dataStage, lateSearch
		c.half[d].protected = true
	}
}

// lateSecrets returns those that may be the connection's.
func (c *Conn) lateSecrets(l keylog.Label) []keylog.Found {
	log := c.t.keys.Log
	if c.facts.ClientHello == (Pos{}) {
		return log.Recent(l, lateSecrets)
	}
	var list []keylog.Found
	for _, s := range log.Secrets(l, c.facts.ClientRandom) {
		list = append(list, keylog.Found{Random: c.facts.ClientRandom, Secret: s})
	}
	return list
}

// lateSuites returns those whose secrets have so many bytes.
func (c *Conn) lateSuites(size int) (list []*suite.Suite) {
	for _, id := range [...]uint16{0x1301, 0x1303, 0x1302} {
		if s := c.t.suite(id); s != nil && s.Hash.Size() == size {
			list = append(list, s)
		}
	}
	return list
}
