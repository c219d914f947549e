package decode

import (
	"net/netip"
	"slices"

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

// maxNamesOf is how many names are remembered by which one client found one address: a
// front end of many hosts has more, but a connect comes right after its answer, and its
// row a little later.
const maxNamesOf = 8

// foundNames knows by which names clients found addresses, the latest first.
type foundNames struct {
	names recent[byAddress, []*foundName]
}

func (f *foundNames) add(client, server netip.Addr, name *foundName) {
	k := byAddress{client, server}
	list, _ := f.names.get(k)
	if i := slices.IndexFunc(list, func(n *foundName) bool { return n.name == name.name }); i >= 0 { // asked for again: it has been known for longer
		again := *name
		again.time, name = list[i].time, &again
		if again.took < 0 && list[i].took >= 0 { // or it is a copy
			name = list[i]
		}
		list = slices.Delete(list, i, i+1)
	}
	if len(list) >= maxNamesOf {
		list = list[:maxNamesOf-1]
	}
	f.names.put(k, slices.Insert(list, 0, name))
}

// askers is who was answered: one host, under an address of each family, or several.
type askers struct {
	one     [2]netip.Addr // IPv4, IPv6
	several bool
}

func (a *askers) note(client netip.Addr) {
	at := &a.one[familyIndex(client)]
	if !at.IsValid() {
		*at = client
	}
	a.several = a.several || *at != client
}

// also returns the address of the other family that a client has as well, as far as
// the capture shows: where it holds the names of one host only.
func (a *askers) also(client netip.Addr) (netip.Addr, bool) {
	other := a.one[1-familyIndex(client)]
	if mine := a.one[familyIndex(client)]; a.several || !other.IsValid() || mine.IsValid() && mine != client {
		return netip.Addr{}, false
	}
	return other, true
}

func familyIndex(a netip.Addr) int {
	if a.Is6() {
		return 1
	}
	return 0
}

// nameOf returns the name by which a client found a server's address before that time, nil
// where none was seen. The resolver may have been asked over the other version of IP.
func (n *names) nameOf(client, server netip.Addr, time int64) *foundName {
	if name := n.found.before(client, server, time); name != nil {
		return name
	}
	if other, ok := n.askers.also(client); ok {
		return n.found.before(other, server, time)
	}
	return nil
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
