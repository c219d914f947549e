package report

import "wstap/decode"

// sgr is a terminal colour: the parameters of Select Graphic Rendition.
type sgr string

const (
	sgrNone   sgr = ""
	sgrBold   sgr = "1"
	sgrDim    sgr = "2"
	sgrRed    sgr = "31"
	sgrGreen  sgr = "32"
	sgrYellow sgr = "33"
	sgrCyan   sgr = "36"
)

// sgrReset ends a colour.
const sgrReset = "\x1b[0m"

// paint returns text in a colour.
func (c sgr) paint(text string) string {
	if c == sgrNone || text == "" {
		return text
	}
	return "\x1b[" + string(c) + "m" + text + sgrReset
}

// statusColor is green for what opens a WebSocket, yellow for what sends the
// client elsewhere or is no answer to a handshake, red for a refusal.
func statusColor(status int, v decode.Verdict) sgr {
	switch {
	case v == decode.VerdictAccepted:
		return sgrGreen
	case status == 0:
		return sgrNone
	case status >= 400 || v == decode.VerdictBadHandshake:
		return sgrRed
	default:
		return sgrYellow
	}
}

// verdictColor is red for failures that the capture proves, yellow for silence,
// cyan for what the capture cannot tell.
func verdictColor(v decode.Verdict) sgr {
	switch v {
	case decode.VerdictAccepted:
		return sgrGreen
	case decode.VerdictRejected, decode.VerdictBadHandshake, decode.VerdictUnreached, decode.VerdictTLSFailed, decode.VerdictProxyFailed:
		return sgrRed
	case decode.VerdictUnanswered:
		return sgrYellow
	case decode.VerdictEncrypted, decode.VerdictHeadless, decode.VerdictIncomplete:
		return sgrCyan
	default:
		return sgrNone
	}
}
