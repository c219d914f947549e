package report

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"wstap/decode"
)

const (
	// maxReasons is how many different reasons are told under a table. A person reads
	// no more; the others are counted, and every other form has them.
	maxReasons = 30
	// maxReasonsKept bounds what is remembered of reasons, so that a capture in which
	// every attempt fails in its own way does not fill the memory.
	maxReasonsKept = 1000
	// maxShownPackets is how many packet numbers stand behind a reason.
	maxShownPackets = 6
)

// reasons gathers why attempts failed, alike ones together.
type reasons struct {
	list   []*reason
	byKey  map[string]*reason
	beyond int // attempts whose reason was not kept
}

// reason is why some attempts failed.
type reason struct {
	count int
	lines []string // for the first of them, escaped; the status stands apart
	label string   // status or verdict
	color sgr
	first *decode.Attempt
}

// failed reports whether an attempt has a reason that a person wants to be told.
func failed(a *decode.Attempt) bool {
	switch a.Verdict {
	case decode.VerdictRejected, decode.VerdictBadHandshake, decode.VerdictUnanswered, decode.VerdictTLSFailed, decode.VerdictProxyFailed:
		return true
	case decode.VerdictUnreached: // but for what another address of the name made good
		return a.TCP == nil || a.TCP.Alternative == nil
	case decode.VerdictEncrypted: // nobody can tell; what looks wrong is worth a look
		return len(a.Findings) > 0 && a.Findings[0].Severity != decode.SeverityInfo
	case decode.VerdictAccepted, decode.VerdictHeadless, decode.VerdictIncomplete:
	}
	return len(a.Findings) > 0 && a.Findings[0].Severity == decode.SeverityError
}

// note takes an attempt in, and returns its reason and whether it is a new one. It
// returns nil where there is nothing to tell.
func (r *reasons) note(a *decode.Attempt) (why *reason, isNew bool) {
	if !failed(a) || len(a.Findings) == 0 {
		return nil, false
	}
	key := reasonKey(a)
	if known := r.byKey[key]; known != nil {
		known.count++
		return known, false
	}
	if len(r.byKey) >= maxReasonsKept {
		r.beyond++
		return nil, false
	}
	if r.byKey == nil {
		r.byKey = make(map[string]*reason)
	}
	why = newReason(a)
	r.byKey[key] = why
	r.list = append(r.list, why)
	return why, true
}

// reasonKey is the same for attempts that failed alike: numbers and identifiers in the
// reason, such as times, ports and keys, may differ.
func reasonKey(a *decode.Attempt) string {
	f := &a.Findings[0]
	var b strings.Builder
	b.WriteString(reasonLabel(a))
	for _, part := range [...]string{f.ID, a.Server, f.Title} {
		b.WriteByte(0)
		b.WriteString(part)
	}
	if by := a.AnsweredBy; by != nil {
		b.WriteByte(0)
		b.WriteString(by.Name)
	}
	b.WriteByte(0)
	b.WriteString(alike(f.Because))
	return b.String()
}

// minID is how long a word with digits is at least that is taken for an identifier: a
// key in base64 has 24 characters, a Ray ID of Cloudflare has 20.
const minID = 16

// alike returns the same text for texts that differ in numbers, units of time and
// identifiers only.
func alike(s string) string {
	var b strings.Builder
	for s != "" {
		end := strings.IndexFunc(s, func(c rune) bool { return !inID(c) })
		if end < 0 {
			end = len(s)
		}
		word, digits := s[:end], false
		// What begins with a slash is a path.
		if isID := end >= minID && word[0] != '/' && strings.ContainsAny(word, "0123456789"); isID {
			word = "0"
		}
		for _, c := range word {
			isDigit := c >= '0' && c <= '9'
			if !isDigit {
				b.WriteRune(c)
			} else if !digits {
				b.WriteByte('0')
			}
			digits = isDigit
		}
		for s = s[end:]; s != ""; {
			c, n := utf8.DecodeRuneInString(s)
			if inID(c) {
				break
			}
			b.WriteRune(c)
			s = s[n:]
		}
	}
	return spans.Replace(b.String())
}

func inID(c rune) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.ContainsRune("+/=_-", c)
}

// spans makes one of all spans of time in which numbers are 0.
var spans = strings.NewReplacer("0 h 0 min", "0 s", "0 min 0 s", "0 s", "0.0 ms", "0 s", "0.0 s", "0 s", "0 ms", "0 s", "0 min", "0 s", "0 h", "0 s")

func reasonLabel(a *decode.Attempt) string {
	switch phase := a.Findings[0].Phase; {
	case a.Verdict == decode.VerdictAccepted && phase == "frames":
		return "frames"
	case a.Verdict == decode.VerdictAccepted && phase == "options":
		return "101"
	case a.Verdict == decode.VerdictAccepted && a.Close != nil:
		return closeCode(a.Close)
	case a.Verdict == decode.VerdictAccepted:
		return "1006"
	case a.HTTP != nil && a.HTTP.Status != 0:
		return strconv.Itoa(a.HTTP.Status)
	default:
		return string(a.Verdict)
	}
}

func newReason(a *decode.Attempt) *reason {
	f := &a.Findings[0]
	why := &reason{count: 1, first: a, label: Escape(reasonLabel(a)), color: verdictColor(a.Verdict)}
	if a.Verdict == decode.VerdictAccepted {
		why.color = sgrYellow
	}
	text := f.Title + ": " + f.Because
	if f.Certainty != decode.Proof {
		text += " (" + string(f.Certainty) + ")"
	}
	if perhaps := alternative(a); perhaps != "" {
		text += "; perhaps " + perhaps
	}
	why.lines = append(why.lines, Escape(text))
	var parts []string
	if p := packetMarks(f); p != "" {
		parts = append(parts, p)
	}
	parts = append(parts, Escape(f.ID))
	if by := a.AnsweredBy; by != nil && by.Role != decode.AnswererUnknown {
		parts = append(parts, fmt.Sprintf("answered by %s (%s)", Escape(by.Name), Escape(string(by.Certainty))))
	}
	if a.Filter != "" {
		parts = append(parts, Escape(a.Filter))
	}
	why.lines = append(why.lines, strings.Join(parts, " · "))
	if len(f.Check) > 0 {
		why.lines = append(why.lines, "check: "+Escape(f.Check[0]))
	}
	return why
}

// alternative returns what may have led to a status that only says that there was a
// refusal: the titles of hints.
func alternative(a *decode.Attempt) string {
	if !strings.HasPrefix(a.Findings[0].ID, "http-") {
		return ""
	}
	for i := range a.Findings[1:] {
		f := &a.Findings[i+1]
		if f.ConsequenceOf == "" && f.Certainty == decode.Hint && f.Severity == decode.SeverityError {
			return lowerFirst(f.Title)
		}
	}
	return ""
}

// lowerFirst begins a title in lower case where its first word is an article; another
// may be a name.
func lowerFirst(s string) string {
	switch first, _, _ := strings.Cut(s, " "); first {
	case "A", "An", "The":
		return strings.ToLower(s[:1]) + s[1:]
	default:
		return s
	}
}

// packetMarks returns the packets of a finding as people write them: "#12 #15".
func packetMarks(f *decode.Finding) string {
	var b strings.Builder
	file := ""
	for i, n := range f.Packets {
		if i == maxShownPackets {
			b.WriteString(" …")
			break
		}
		if i > 0 {
			b.WriteByte(' ')
		}
		fmt.Fprintf(&b, "#%d", n)
		if i < len(f.Files) {
			file = f.Files[i]
			if i+1 == len(f.Files) || f.Files[i+1] != file || i+1 == maxShownPackets {
				b.WriteString(" of " + Escape(file))
			}
		}
	}
	return b.String()
}

// write adds one reason: two or three lines, of which only the first is wrapped, so
// that the filter can be copied.
func (why *reason) write(b *strings.Builder, o *TableOptions, margin string) {
	label := why.label
	if why.count > 1 {
		label += fmt.Sprintf(" ×%d", why.count)
	}
	plain := margin + label + "  "
	if o.Color {
		label = why.color.paint(label)
	}
	for i, line := range wrap(strings.Fields(why.lines[0]), " ", o.Width-Width(plain)) {
		if i == 0 {
			b.WriteString(margin + label + "  " + line + "\n")
		} else {
			b.WriteString(strings.Repeat(" ", Width(plain)) + line + "\n")
		}
	}
	for _, line := range why.lines[1:] {
		line = margin + indent + line
		if o.Color {
			line = sgrDim.paint(line)
		}
		b.WriteString(line + "\n")
	}
}

// writeAll adds what stands under a table.
func (r *reasons) writeAll(b *strings.Builder, o *TableOptions) {
	if len(r.list) == 0 {
		return
	}
	b.WriteString("\n")
	for i, why := range r.list {
		if i == maxReasons {
			fmt.Fprintf(b, "… and %s more: -v and -T json show them all\n", Plural(len(r.list)-maxReasons, "reason"))
			break
		}
		why.write(b, o, "")
	}
	if r.beyond > 0 {
		fmt.Fprintf(b, "… and %s whose reasons were too many to keep: -T json shows them\n", Plural(r.beyond, "failed attempt"))
	}
}

// writeLive adds what stands under a row of a live table: the reason when it is new,
// else only that it came again.
func (r *reasons) writeLive(b *strings.Builder, a *decode.Attempt, o *TableOptions) {
	why, isNew := r.note(a)
	switch {
	case why == nil:
	case isNew:
		why.write(b, o, indent)
	default:
		fmt.Fprintf(b, "%s%s  as above ×%d: %s\n", indent, why.label, why.count, Escape(a.Findings[0].ID))
	}
}

// writeFindings adds what -v shows of the findings of one attempt.
func writeFindings(b *strings.Builder, a *decode.Attempt) {
	line := func(format string, args ...any) { fmt.Fprintf(b, indent+format+"\n", args...) }
	if by := a.AnsweredBy; by != nil {
		line("answered by %s, %s (%s): %s", Escape(by.Name), Escape(string(by.Role)), Escape(string(by.Certainty)), Escape(by.Because))
	}
	for i := range a.Findings {
		f := &a.Findings[i]
		follows := ""
		if f.ConsequenceOf != "" {
			follows = ", follows from " + f.ConsequenceOf
		}
		marks := packetMarks(f)
		if marks != "" {
			marks = " " + marks
		}
		line("%s %s (%s, %s%s)%s", Escape(string(f.Severity)), Escape(f.ID), Escape(f.Title), Escape(string(f.Certainty)), Escape(follows), marks)
		line("  because %s", Escape(f.Because))
		if f.ConsequenceOf == "" && len(f.Check) > 0 {
			line("  check   %s", Escape(strings.Join(f.Check, "; ")))
		}
	}
}
