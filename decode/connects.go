package decode

import (
	"wstap/decode/tcp"
)

// unreached handles a connect that carried no data.
func (d *Decoder) unreached(f *tcp.Failed) {
	d.summary.Connections++
	verdict, ending := VerdictUnreached, EndingNone
	if f.Kind == tcp.Unanswered && f.SYNs < 2 && d.lastTime-f.Time < connectRetry {
		verdict = VerdictIncomplete // the answer may have come after the capture
	}
	a := &Attempt{
		Client: f.Client.String(), Server: f.Server.String(), Verdict: verdict, Ending: ending,
		Carrier: d.link.Carrier(f.Carrier),
		TCP:     &TCP{SYNCount: uint64(f.SYNs)},
		Timing:  &Timing{},
		Capture: &Capture{OneSided: f.Kind == tcp.Unanswered},
	}
	d.identify(a, f.Client, f.Server, f.Time)
	if f.Kind != tcp.Unanswered {
		a.Timing.ConnectMS = milliseconds(f.AnswerTime - f.Time)
	}
	if f.Kind == tcp.Refused || f.ServerRST {
		a.TCP.FirstRST = "server"
	} else if f.Kind == tcp.Cut {
		a.TCP.FirstFIN = "server"
	}
	d.name(a, refs{first: f.SYN, syn: f.SYN, end: f.End, last: f.Last})
	d.failed(waiting{row: a, server: f.Server})
}
