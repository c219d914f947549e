package websocket

import "testing"

// ruleCase is a frame that breaks a rule, and a near miss that does not.
type ruleCase struct {
	rule    Rule
	name    string
	client  bool
	deflate bool
	before  string // frames in front, in hex
	bad     string
	miss    string
}

const (
	maskedText = "81 82 00 00 00 00 68 69 " // "hi", masked with zeros
	plainText  = "81 02 68 69 "
)

var ruleCases = []ruleCase{
	{rule: MaskMissing, name: "client frame not masked", client: true, before: maskedText, bad: plainText, miss: maskedText},
	{rule: MaskMissing, name: "a control frame as well", client: true, bad: "89 00", miss: "89 80 01 02 03 04"},
	{rule: MaskPresent, name: "server frame masked", before: plainText, bad: maskedText, miss: plainText},
	{rule: MaskPresent, name: "masked with zeros is masked", bad: "89 80 00 00 00 00", miss: "89 00"},
	{rule: RSVSet, name: "RSV1 without an extension", bad: "c1 00", miss: "81 00"},
	{rule: RSVSet, name: "RSV2, though permessage-deflate was agreed", deflate: true, bad: "a1 00", miss: "c1 00"},
	{rule: RSVSet, name: "RSV3 besides RSV1", deflate: true, bad: "d2 00", miss: "c2 00"},
	{rule: RSVSet, name: "RSV1 on a later fragment (RFC 7692 section 6.1)", deflate: true, before: "41 01 00", bad: "c0 00", miss: "80 00"},
	{rule: RSVSet, name: "RSV1 on a control frame", deflate: true, bad: "c9 00", miss: "89 00"},
	{rule: OpcodeReserved, name: "opcode 3, of data", bad: "83 01 00", miss: "82 01 00"},
	{rule: OpcodeReserved, name: "opcode 7", bad: "87 00", miss: "82 00"},
	{rule: OpcodeReserved, name: "opcode 11, of control", bad: "8b 01 00", miss: "8a 01 00"},
	{rule: OpcodeReserved, name: "opcode 15", client: true, bad: "8f 80 00 00 00 00", miss: "8a 80 00 00 00 00"},
	{rule: LengthNotMinimal, name: "125 in 16 bits", bad: "82 7e 00 02 00 00", miss: "82 02 00 00"},
	{rule: LengthNotMinimal, name: "2 in 64 bits", bad: "82 7f 00 00 00 00 00 00 00 02 00 00", miss: "82 02 00 00"},
	{rule: LengthNotMinimal, name: "a ping's length in 16 bits", client: true, bad: "89 fe 00 01 00 00 00 00 61", miss: "89 81 00 00 00 00 61"},
	{rule: LengthHighBit, name: "a length that is negative to some", bad: "82 7f 80 00 00 00 00 00 00 00", miss: "82 7f 7f ff ff ff ff ff ff ff"},
	{rule: ControlFragmented, name: "ping without FIN", bad: "09 00", miss: "89 00"},
	{rule: ControlFragmented, name: "Close without FIN", client: true, bad: "08 82 00 00 00 00 03 e8", miss: "88 82 00 00 00 00 03 e8"},
	{rule: ContinuationAlone, name: "nothing to continue", before: plainText, bad: "80 01 61", miss: plainText},
	{rule: ContinuationAlone, name: "the message has ended", before: "01 01 61 80 01 61", bad: "00 00", miss: "01 00"},
	{rule: ContinuationAlone, name: "a control frame opens no message", before: "89 00", bad: "80 00", miss: plainText},
	{rule: MessageInterleaved, name: "a text inside a binary", before: "02 01 61", bad: "81 01 61", miss: "80 01 61"},
	{rule: MessageInterleaved, name: "an empty frame opens a message too", before: "01 00", bad: "01 00", miss: "00 00"},
	{rule: DataAfterClose, name: "text after Close", before: "88 02 03 e8", bad: plainText, miss: "89 00"},
	{rule: DataAfterClose, name: "the end of a message after a bare Close", before: "01 01 61 88 00", bad: "80 00", miss: "8a 00"},
	{rule: CloseBodyOneByte, name: "half a code", bad: "88 01 03", miss: "88 02 03 e8"},
	{rule: CloseBodyOneByte, name: "no code at all is legal", client: true, bad: "88 81 00 00 00 00 03", miss: "88 80 00 00 00 00"},
	{rule: CloseCodeIllegal, name: "1006 is never sent", bad: "88 02 03 ee", miss: "88 02 03 ef"},
	{rule: CloseCodeIllegal, name: "1005 neither", bad: "88 02 03 ed", miss: "88 02 03 eb"},
	{rule: CloseCodeIllegal, name: "nor 0", client: true, bad: "88 82 01 02 03 04 01 02", miss: "88 82 01 02 03 04 02 ea"},
	{rule: CloseCodeIllegal, name: "5000 is beyond what applications may use", bad: "88 02 13 88", miss: "88 02 13 87"},
	{rule: CloseReasonNotUTF8, name: "Latin-1", bad: "88 03 03 e8 fc", miss: "88 04 03 e8 c3 bc"},
	{rule: CloseReasonNotUTF8, name: "half a character", bad: "88 04 03 e8 e2 82", miss: "88 05 03 e8 e2 82 ac"},
	{rule: CloseReasonNotUTF8, name: "a surrogate", bad: "88 05 03 e8 ed a0 80", miss: "88 05 03 e8 ed 9f bf"},
}

// longControl is apart: its frames are long.
func longControl(n int) string {
	s := "89 7e 00 " + string("0123456789abcdef"[n>>4]) + string("0123456789abcdef"[n&15])
	if n <= MaxControl {
		s = "89 " + string("0123456789abcdef"[n>>4]) + string("0123456789abcdef"[n&15])
	}
	for range n {
		s += " 61"
	}
	return s
}

func TestRules(t *testing.T) {
	cases := append([]ruleCase{
		{rule: ControlTooLong, name: "126 bytes in a ping", bad: longControl(126), miss: longControl(125)},
	}, ruleCases...)
	seen := map[Rule]bool{}
	for _, c := range cases {
		seen[c.rule] = true
		t.Run(c.rule.String()+"/"+c.name, func(t *testing.T) {
			before, bad, miss := unhex(t, c.before), unhex(t, c.bad), unhex(t, c.miss)
			for _, payload := range []bool{false, true} {
				for cut := range len(before) + len(bad) + 1 {
					d := drive(Config{Client: c.client, Deflate: c.deflate, Payload: payload})
					d.segments(t, append(append([]byte{}, before...), bad...), cut)
					wantBreaches(t, d, breach(c.rule, uint64(len(before))))
				}
				d := drive(Config{Client: c.client, Deflate: c.deflate, Payload: payload})
				d.segments(t, append(append([]byte{}, before...), miss...))
				wantBreaches(t, d)
			}
		})
	}
	for r := range rules {
		if !seen[r] && r != TextNotUTF8 && r != DeflateInvalid { // those are of Messages
			t.Errorf("no frame breaks %v", r)
		}
	}
}

func wantBreaches(t *testing.T, d *driver, want ...told) {
	t.Helper()
	var got []told
	for _, e := range d.told {
		if e.kind == Breach {
			got = append(got, e)
		}
	}
	d.told = got
	d.wants(t, want...)
}

// A frame may break several rules at once; each is told, in the order of Rule.
func TestManyBreaches(t *testing.T) {
	d := drive(Config{Client: true})
	d.segment(t, unhex(t, "3f 7e 00 02 00 00"))
	d.wants(t, breach(MaskMissing, 0), breach(RSVSet, 0), breach(OpcodeReserved, 0), breach(LengthNotMinimal, 0), breach(ControlFragmented, 0))
	d = drive(Config{})
	d.segment(t, unhex(t, "88 03 03 ee ff 81 00"))
	d.wants(t,
		told{kind: Control, opcode: Close, length: 3, payload: "\x03\xee\xff"},
		breach(CloseCodeIllegal, 0), breach(CloseReasonNotUTF8, 0), breach(DataAfterClose, 5))
}

// A length with its top bit set leads nowhere: the walk starts anew with a later
// segment, not in the middle of this one.
func TestLengthHighBit(t *testing.T) {
	bad := unhex(t, "82 7f 80 00 00 00 00 00 00 00")
	d := drive(Config{})
	d.segment(t, append(bad, unhex(t, plainText)...))
	d.counts(t, [kinds]uint32{KindBinary: 1}, 0, 0)
	if d.Complete() || !d.Lost() || d.Missed() || d.Offset != 14 {
		t.Errorf("complete %v, lost %v, missed %v, offset %d", d.Complete(), d.Lost(), d.Missed(), d.Offset)
	}
	d.segment(t, unhex(t, plainText))
	d.counts(t, [kinds]uint32{KindBinary: 1, KindText: 1}, 1, 2)
	d.wants(t, breach(LengthHighBit, 0))
	d = drive(Config{})
	d.segment(t, bad)
	if d.gap(t, 1); !d.Missed() {
		t.Error("nothing is missed by a hole behind it")
	}
}

// What was agreed was not captured: RSV1 may be right.
func TestUnsure(t *testing.T) {
	d := drive(Config{Unsure: true})
	d.segment(t, unhex(t, "c1 00 a1 00"))
	d.wants(t, breach(RSVSet, 2))
}

// The registry of close codes (RFC 6455 section 7.4, IANA).
func TestLegalCloseCode(t *testing.T) {
	legal := func(code int) bool {
		switch {
		case code >= 1000 && code <= 1003, code >= 1007 && code <= 1014:
			return true // registered, and not reserved for APIs
		case code >= 3000 && code <= 4999:
			return true // libraries and applications
		}
		return false
	}
	for code := range 1 << 16 {
		if LegalCloseCode(code) != legal(code) {
			t.Errorf("%d: %v", code, LegalCloseCode(code))
		}
	}
}

func TestRuleString(t *testing.T) {
	seen := map[string]bool{}
	for r := range rules {
		if s := r.String(); s == "" || s == "invalid" || seen[s] {
			t.Errorf("rule %d is called %q", r, s)
		} else {
			seen[s] = true
		}
	}
	if rules.String() != "invalid" {
		t.Error("a number beyond the rules has a name")
	}
}
