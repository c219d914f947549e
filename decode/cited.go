package decode

import "wstap/capture/packet"

// Cited is a packet that a row's claims rest on.
type Cited struct {
	Ref  packet.Ref
	Role Role
	Rule string // of RoleViolation: the rule that was broken
}

// Role says what a packet shows.
type Role string

// The roles, named as the members of Packets are.
const (
	RoleSYN       Role = "syn"
	RoleRequest   Role = "request"
	RoleResponse  Role = "response"
	RoleClose     Role = "close"
	RoleEnd       Role = "end"
	RoleICMP      Role = "icmp"
	RoleViolation Role = "violation"
)

// Cited returns the packets that the row's claims rest on, in the order in which a
// connection goes.
func (r *Row) Cited() []Cited {
	var p refs
	switch {
	case r.lookup != nil:
		p = r.lookup.refs()
	case r.failed != nil:
		p = r.failedRefs()
	default:
		p = r.refs()
	}
	var out []Cited
	for _, c := range []Cited{
		{Ref: p.syn, Role: RoleSYN}, {Ref: p.request, Role: RoleRequest}, {Ref: p.response, Role: RoleResponse},
		{Ref: p.close, Role: RoleClose}, {Ref: p.end, Role: RoleEnd}, {Ref: p.icmp, Role: RoleICMP},
	} {
		if c.Ref != 0 {
			out = append(out, c)
		}
	}
	if r.failed == nil && r.lookup == nil {
		for _, v := range r.a.violations {
			out = append(out, Cited{Ref: v.ref, Role: RoleViolation, Rule: v.rule.String()})
		}
	}
	return out
}
