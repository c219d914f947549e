package main

import (
	"errors"
	"math"
	"os"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"wstap/classify"
	"wstap/classify/condition"
	"wstap/cmd/wstap/report"
	"wstap/decode"
)

// flags are the flags that read and live have in common, as the user gave them.
// Letters mean what they mean to tshark.
type flags struct {
	filter      string
	where       string
	format      string
	fields      []string
	fieldFormat []string
	times       string
	noNames     bool
	lineFlush   bool
	quiet       bool
	verbose     bool
	write       string
	memory      int
	count       uint64
	follow      bool
	connects    string
	endpoints   []string
	payload     bool
	secrets     bool
	workers     int
	keylogs     []string
	tlsKeys     []string
	keys        string
	rules       []string
	failOn      string
	color       string
	width       int
}

// bindRows adds the flags that say which rows are written, and how.
func (f *flags) bindRows(fs *pflag.FlagSet) {
	fs.StringVarP(&f.where, "where", "Y", "", "write only rows for which this `EXPR` holds")
	fs.StringVarP(&f.format, "format", "T", "table", "write rows in this `FORM`: table, json, csv or fields")
	fs.StringArrayVarP(&f.fields, "field", "e", nil, "with -T fields or csv: write this `FIELD` (repeatable)")
	fs.StringArrayVarP(&f.fieldFormat, "field-format", "E", nil, "with -T fields, an `OPTION`: header=y|n, separator=/t|/s|CHAR, quote=d|s|n, occurrence=f|l|a, aggregator=CHAR (repeatable)")
	fs.StringVarP(&f.times, "time", "t", "", "show times in the table in this `STYLE`: a, ad, adoy, d, e, r, u, ud or udoy, with .N for N digits (default: time of day, with the date where there are several)")
	fs.BoolVarP(&f.noNames, "no-names", "n", false, "look up no names, as is always the case")
	fs.BoolVarP(&f.lineFlush, "line-buffered", "l", false, "write each row at once, in the order in which attempts end")
	fs.BoolVarP(&f.quiet, "quiet", "q", false, "leave out the table's last line")
	fs.StringVarP(&f.write, "write", "w", "", "write the packets of the rows' connections to `FILE` as pcapng, with comments")
	fs.StringVar(&f.keys, "keys", string(keysStrip), "with -w: write `WHICH` TLS secrets: strip (none), used (those of the connections that are written) or keep (all that were given); with used or keep whoever has the file can read everything in it")
	fs.IntVar(&f.memory, "memory", defaultMemory, "with -w and packets that come only once (live, a pipe, --follow): keep up to `N` MiB of them until it is known which are wanted")
	fs.BoolVarP(&f.verbose, "verbose", "v", false, "show packets, heads, body and violations under each row of the table")
}

// bindDecoding adds the flags that say what is made of the packets, and the rest.
func (f *flags) bindDecoding(fs *pflag.FlagSet) {
	fs.StringVar(&f.connects, "connects", string(decode.ConnectsKnown), "failed connects to show, `WHICH`: known (those to known endpoints), all or none")
	fs.StringArrayVar(&f.endpoints, "endpoint", nil, "take `HOST[:PORT]` for a WebSocket endpoint (repeatable)")
	fs.StringArrayVar(&f.rules, "rules", nil, "add the rules in `FILE` (repeatable); wstap rules check says what is wrong with it")
	fs.StringVar(&f.failOn, "fail-on", "", "end with exit status 1 when this `EXPR` holds for an attempt, such as 'any(findings, .severity == \"error\")'")
	fs.BoolVar(&f.payload, "payload", false, "inflate messages, check text for UTF-8, and keep the start of each side's first message")
	fs.BoolVar(&f.secrets, "show-secrets", false, "show cookies, authorization and tokens as they are, and leave them in the packets of -w")
	fs.IntVar(&f.workers, "workers", 1, "decode with `N` workers; this build has one")
	fs.StringArrayVar(&f.keylogs, "keylog", nil, "read the TLS key log `FILE`, also as it grows where packets are live; a pipe, or - for standard input, is read to its end first (repeatable; SSLKEYLOGFILE is read as well; wstap explain keylog says how to get one)")
	fs.StringArrayVar(&f.tlsKeys, "tls-key", nil, "read the RSA private keys in the PEM `FILE`, which decrypt TLS with RSA key exchange only (repeatable)")
	fs.StringVar(&f.color, "color", "auto", "colour the table, `WHEN`: auto, always or never")
	fs.IntVar(&f.width, "width", 0, "lay the table out for `N` columns (default: those of the terminal, or 120)")
}

// readFlags are the flags of read.
type readFlags struct {
	flags
	files []string
}

func (f *readFlags) bind(fs *pflag.FlagSet) {
	fs.StringArrayVarP(&f.files, "read", "r", nil, "read this `FILE`, the same as an argument (repeatable)")
	fs.StringVarP(&f.filter, "filter", "f", "", "read only packets that match this BPF `FILTER`")
	f.bindRows(fs)
	fs.Uint64VarP(&f.count, "count", "c", 0, "stop after `N` packets")
	fs.BoolVar(&f.follow, "follow", false, "go on with files that are still being written, and with the files that join their set, until Ctrl-C")
	f.bindDecoding(fs)
}

// settings are flags that have been checked.
type settings struct {
	filter string
	count  uint64
	follow bool
	where  *condition.Program // nil: every row
	failOn *condition.Program // nil: nothing
	rules  *classify.Catalogue
	decode decode.Options
	report report.Options
	flush  bool // after each row

	write   string // file of -w; "" for none
	memory  int    // bytes of packets to keep for it
	secrets bool
	keys    keysKept

	keyFiles keyFiles
}

// defaultMemory is in MiB: a minute of 10 Mbit/s of WebSocket traffic. maxMemory is what
// fits into an int everywhere.
const (
	defaultMemory = 64
	maxMemory     = math.MaxInt32 >> 20
)

// minWidth is the narrowest table that still has room for status and verdict.
const minWidth = 40

// settings checks the flags. It says on standard error what is accepted but does
// nothing yet. live says that packets may still be coming while rows are written.
func (f *flags) settings(s *streams, live bool) (*settings, error) {
	out := &settings{filter: f.filter, count: f.count, follow: f.follow, flush: f.lineFlush, write: f.write, memory: f.memory << 20, secrets: f.secrets}
	out.keyFiles = keyFiles{f.keylogs, f.tlsKeys, os.Getenv(keyLogEnv)}
	var err error
	if out.where, err = conditionFlag("--where", f.where); err != nil {
		return nil, err
	}
	if out.failOn, err = conditionFlag("--fail-on", f.failOn); err != nil {
		return nil, err
	}
	if out.rules, err = loadRules(f.rules); err != nil {
		return nil, err
	}
	switch c := decode.Connects(f.connects); c {
	case decode.ConnectsKnown, decode.ConnectsAll, decode.ConnectsNone:
		out.decode = decode.Options{Connects: c, Endpoints: f.endpoints, Payload: f.payload}
	default:
		return nil, usage("", "--connects %s: use known, all or none", f.connects)
	}
	switch out.keys = keysKept(f.keys); {
	case out.keys != keysStrip && out.keys != keysUsed && out.keys != keysKeep:
		return nil, usage("", "--keys %s: use strip, used or keep", f.keys)
	case out.keys != keysStrip && f.write == "":
		return nil, usage("", "--keys goes with -w")
	}
	for _, e := range f.endpoints {
		if strings.TrimSpace(e) == "" || strings.Contains(e, "/") {
			return nil, usage("", "--endpoint %q: use HOST or HOST:PORT, as in ws.example.com:443", e)
		}
	}
	if f.width != 0 && f.width < minWidth {
		return nil, usage("", "--width %d: use at least %d columns", f.width, minWidth)
	}
	if f.memory < decode.LeastKept>>20 || f.memory > maxMemory {
		return nil, usage("", "--memory %d: use %d to %d MiB", f.memory, decode.LeastKept>>20, maxMemory)
	}
	if f.workers < 1 {
		return nil, usage("", "--workers %d: use 1 or more", f.workers)
	}
	if err := f.reportOptions(s, live, out); err != nil {
		return nil, err
	}
	if f.workers > 1 {
		s.say("this build decodes with one worker: --workers %d has no effect", f.workers)
	}
	return out, nil
}

// reportOptions checks the flags that say how rows are written.
func (f *flags) reportOptions(s *streams, live bool, out *settings) error {
	times, err := report.ParseTimeStyle(f.times, time.Local)
	if err != nil {
		return &usageError{err: err}
	}
	fieldFormat, err := report.ParseFieldFormat(f.fieldFormat)
	if err != nil {
		return &usageError{err: err}
	}
	if len(f.fieldFormat) > 0 && f.format != "fields" {
		return usage("", "-E goes with -T fields")
	}
	color, err := useColor(f.color, s.out)
	if err != nil {
		return err
	}
	out.report = report.Options{
		Format: f.format, Fields: f.fields, FieldFormat: fieldFormat,
		Table: report.TableOptions{
			Width: tableWidth(f.width, s.out), Color: color, Quiet: f.quiet, Verbose: f.verbose, Times: times,
			Live: f.lineFlush || live,
		},
	}
	return nil
}

// conditionFlag compiles the expression after a flag, nil where there is none.
func conditionFlag(flag, source string) (*condition.Program, error) {
	if source == "" {
		return nil, nil
	}
	p, err := condition.Compile(source)
	if err != nil {
		return nil, conditionError(flag, source, err)
	}
	return p, nil
}

// conditionError shows where in the expression the mistake is.
func conditionError(flag, source string, err error) error {
	var e *condition.Error
	if !errors.As(err, &e) {
		return usage("", "%s: %w", flag, err)
	}
	lines := strings.Split(source, "\n")
	if e.Line > len(lines) {
		return usage(e.Hint, "%s: %s", flag, e.Message)
	}
	at := []rune(lines[e.Line-1])
	at = at[min(max(e.Column-1, 0), len(at)):]
	near := string(at[:min(len(at), 24)])
	if near == "" {
		near = "the end"
	} else {
		near = "“" + near + "”"
	}
	return usage(e.Hint, "%s: line %d, column %d, at %s: %s", flag, e.Line, e.Column, near, e.Message)
}
