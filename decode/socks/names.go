package socks

// names5 are the words of RFC 1928 section 6.
var names5 = [...]string{
	"succeeded", "general SOCKS server failure", "connection not allowed by ruleset", "Network unreachable",
	"Host unreachable", "Connection refused", "TTL expired", "Command not supported", "Address type not supported",
}

// names4 are those of the description of SOCKS 4, from Granted4 on.
var names4 = [...]string{
	"request granted", "request rejected or failed",
	"request rejected because SOCKS server cannot connect to identd on the client",
	"request rejected because the client program and identd report different user-ids",
}

// ReplyName returns what a reply of a version means, in the words of its
// specification.
func ReplyName(version int, code byte) string {
	switch {
	case version == version5 && int(code) < len(names5):
		return names5[code]
	case version == version4 && code >= Granted4 && int(code-Granted4) < len(names4):
		return names4[code-Granted4]
	default:
		return "unassigned"
	}
}
