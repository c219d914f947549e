package decode

import (
	"net/netip"

	"wstap/capture/packet"
)

// maxRecent is how many entries a recent remembers at least: what a capture point
// sees of names in the seconds that a connect takes, at up to 500 bytes each, twice.
const maxRecent = 1 << 11

// recent is a table that forgets: it keeps the latest maxRecent entries, and up to as
// many before them. The zero value is ready for use.
type recent[K comparable, V any] struct {
	young, old map[K]V
	forgotten  uint64
}

func (r *recent[K, V]) get(k K) (V, bool) {
	if v, ok := r.young[k]; ok {
		return v, true
	}
	v, ok := r.old[k]
	return v, ok
}

func (r *recent[K, V]) put(k K, v V) {
	if r.young == nil {
		r.young = make(map[K]V)
	}
	if _, ok := r.young[k]; !ok && len(r.young) >= maxRecent {
		r.forgotten += uint64(len(r.old))
		r.old, r.young = r.young, make(map[K]V)
	}
	r.young[k] = v
}

// foundName is an answer that gave addresses.
type foundName struct {
	name              string
	time              int64
	took              int64 // nanoseconds, -1 where the query was not seen
	server            netip.AddrPort
	addresses         []netip.Addr
	aliases           []string
	request, response packet.Ref
}

// byAddress names an address as a client knows it.
type byAddress struct{ client, server netip.Addr }

// foundNames knows by which names clients found addresses: the latest, and the one
// before, since an answer may come between a connect and its row.
type foundNames struct {
	names recent[byAddress, [2]*foundName]
}

func (f *foundNames) add(client, server netip.Addr, name *foundName) {
	k := byAddress{client, server}
	before, _ := f.names.get(k)
	if before[0] != nil && before[0].name == name.name { // asked for again: it has been known for longer
		again := *name
		again.time, name = before[0].time, &again
		if again.took < 0 && before[0].took >= 0 { // or it is a copy
			name = before[0]
		}
		before[0] = before[1]
	}
	f.names.put(k, [2]*foundName{name, before[0]})
}

// before returns the latest name of a server that was answered to a client at that
// time or before it, nil where there is none.
func (f *foundNames) before(client, server netip.Addr, time int64) *foundName {
	if f.names.young == nil {
		return nil
	}
	names, _ := f.names.get(byAddress{client, server})
	for _, n := range names {
		if n != nil && n.time <= time {
			return n
		}
	}
	return nil
}
