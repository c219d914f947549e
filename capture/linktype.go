package capture

import "wstap/capture/packet"

// The numbers that libpcap gives to link types on a live interface (DLT_) and not in
// files (LINKTYPE_), because they differ between systems: dlt_linktype_map in
// libpcap's pcap-common.c. All others are the same.
const (
	dltATMRFC1483 = 11
	dltRaw        = 12
	dltRawOpenBSD = 14
	dltSLIPBSDOS  = 15
	dltPPPBSDOS   = 16
	dltPFSync     = 18
	dltATMClip    = 19
)

// linkTypeOf returns the LINKTYPE_ that files have for a DLT_. Where 14 means
// DLT_SLIP_BSDOS or the like on some systems, raw IP is what wstap can decode.
func linkTypeOf(dlt int) packet.LinkType {
	switch dlt {
	case dltATMRFC1483:
		return 100
	case dltRaw, dltRawOpenBSD:
		return packet.LinkRaw
	case dltSLIPBSDOS:
		return 102
	case dltPPPBSDOS:
		return 103
	case dltPFSync:
		return 246
	case dltATMClip:
		return 106
	default:
		return packet.LinkType(dlt)
	}
}
