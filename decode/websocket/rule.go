package websocket

// Rule is a rule of RFC 6455 section 5, or of RFC 7692, that a frame can break.
type Rule uint8

// The rules, in the order in which breaches of one frame are reported.
const (
	MaskMissing        Rule = iota // client frame not masked, section 5.1
	MaskPresent                    // server frame masked, section 5.1
	RSVSet                         // reserved bit without an extension that defines it, section 5.2
	OpcodeReserved                 // opcode 3 to 7 or 11 to 15, section 5.2
	LengthNotMinimal               // length in more bytes than needed, section 5.2
	LengthHighBit                  // 64-bit length with its top bit set, section 5.2
	ControlFragmented              // control frame without FIN, section 5.5
	ControlTooLong                 // control frame with more than 125 bytes, section 5.5
	ContinuationAlone              // continuation without a message to continue, section 5.4
	MessageInterleaved             // new message inside an unfinished one, section 5.4
	DataAfterClose                 // data frame after this side's Close, section 5.5.1
	CloseBodyOneByte               // Close with a body of one byte, section 5.5.1
	CloseCodeIllegal               // Close with a code that must not be sent, section 7.4
	CloseReasonNotUTF8             // section 5.5.1
	TextNotUTF8                    // section 8.1; looked at only with payloads
	DeflateInvalid                 // RFC 7692 section 7.2.2; looked at only with payloads
	rules
)

var ruleNames = [rules]string{
	MaskMissing: "mask-missing", MaskPresent: "mask-present", RSVSet: "rsv-set",
	OpcodeReserved: "opcode-reserved", LengthNotMinimal: "length-not-minimal",
	LengthHighBit: "length-high-bit", ControlFragmented: "control-fragmented",
	ControlTooLong: "control-too-long", ContinuationAlone: "continuation-alone",
	MessageInterleaved: "message-interleaved", DataAfterClose: "data-after-close",
	CloseBodyOneByte: "close-body-one-byte", CloseCodeIllegal: "close-code-illegal",
	CloseReasonNotUTF8: "close-reason-not-utf8", TextNotUTF8: "text-not-utf8",
	DeflateInvalid: "deflate-invalid",
}

// String returns the rule's token, which is stable.
func (r Rule) String() string {
	if r < rules {
		return ruleNames[r]
	}
	return "invalid"
}

// LegalCloseCode reports whether a Close frame may carry code (RFC 6455 section
// 7.4 and the IANA registry): 1000 to 1014 but for 1004 to 1006, and 3000 to
// 4999.
func LegalCloseCode(code int) bool {
	switch {
	case code >= 1000 && code <= 1014:
		return code < 1004 || code > 1006
	default:
		return code >= 3000 && code <= 4999
	}
}
