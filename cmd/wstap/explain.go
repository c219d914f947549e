package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"wstap/classify/explain"
	"wstap/cmd/wstap/report"
)

const explainLong = `Say what something means that wstap, a browser, a library or a log shows, how it
looks in packets, what it comes from, and what to check. No capture is needed.

WHAT is the id of a finding, an HTTP status, a close code, a verdict, an ending, a
time such as "60 s", or any text with an error of a client in it: a whole line of a
log will do, with time stamps and addresses around it. "-" reads it from standard
input. All that it can mean is explained, the most specific first. "keylog" says how
to get the keys that decrypt TLS.

Exit status: 0 it is known, 2 it is not; then the nearest matches are named.`

const explainExample = `  wstap explain 403
  wstap explain close-abnormal-1006
  wstap explain 1006
  wstap explain rejected
  wstap explain keylog
  wstap explain "Error during WebSocket handshake: Unexpected response code: 400"
  tail -1 app.log | wstap explain -`

// maxExplainWidth is how wide explanations get: lines of prose that are longer are hard
// to read.
const maxExplainWidth = 120

// maxQuestion is how much of standard input is read for a question.
const maxQuestion = 2 << 20

// explainFlags are those of the command explain.
type explainFlags struct {
	format  string
	rules   []string
	color   string
	width   int
	list    bool
	verbose bool
}

// newExplainCommand returns the command that explains.
func newExplainCommand(s *streams) *cobra.Command {
	f := explainFlags{format: "text", color: "auto"}
	cmd := &cobra.Command{
		Use:     "explain [flags] WHAT...",
		Short:   "say what a finding, status, close code or client error means, and what to check",
		Long:    explainLong,
		Example: explainExample,
		Args:    cobra.ArbitraryArgs,
		RunE: func(_ *cobra.Command, args []string) error {
			return f.run(s, args)
		},
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return f.complete(), cobra.ShellCompDirectiveNoFileComp
		},
	}
	fs := cmd.Flags()
	fs.BoolVar(&f.list, "list", false, "list all that can be explained, by kind")
	fs.StringVarP(&f.format, "format", "T", f.format, "write in this `FORM`: text or json")
	fs.BoolVarP(&f.verbose, "verbose", "v", false, "show the conditions of findings")
	fs.StringArrayVar(&f.rules, "rules", nil, "explain the rules in `FILE` as well (repeatable)")
	fs.IntVar(&f.width, "width", 0, "wrap text at `N` columns")
	fs.StringVar(&f.color, "color", f.color, "colour the text: auto, always or never")
	complete(cmd, "format", report.ExplainFormats)
	complete(cmd, "color", colors)
	return cmd
}

func (f *explainFlags) run(s *streams, args []string) error {
	if !slices.Contains(report.ExplainFormats(), f.format) {
		return usage("", "-T %s: use text or json", f.format)
	}
	if f.width != 0 && f.width < minWidth {
		return usage("", "--width %d: use at least %d columns", f.width, minWidth)
	}
	color, err := useColor(f.color, s.out)
	if err != nil {
		return err
	}
	book, err := f.book()
	if err != nil {
		return err
	}
	o := report.ExplainOptions{Width: f.width, Color: color, Verbose: f.verbose}
	if o.Width == 0 {
		o.Width = min(tableWidth(0, s.out), maxExplainWidth)
	}
	if f.list {
		if len(args) > 0 {
			return usage("leave out one of the two", "--list lists everything, and %q is asked for", strings.Join(args, " "))
		}
		return written(report.ExplainList(s.out, f.format, book.Entries(), &o))
	}
	question, err := question(s, args)
	if err != nil {
		return err
	}
	a := book.Ask(question)
	if len(a.Matches) > 0 || f.format == "json" {
		err = written(report.Explain(s.out, f.format, question, a, &o))
	}
	if a.Cut {
		s.say("the text is long: only its beginning was looked at")
	}
	if len(a.Matches) == 0 {
		s.unknown(question, a)
	}
	return err
}

// book returns all that can be explained.
func (f *explainFlags) book() (*explain.Book, error) {
	c, err := loadRules(f.rules)
	if err != nil {
		return nil, err
	}
	return explain.New(c)
}

// complete returns what a shell offers.
func (f *explainFlags) complete() []string {
	book, err := f.book()
	if err != nil {
		return nil
	}
	var out []string
	for _, e := range book.Entries() {
		if word := e.Key + "\t" + e.Title; !strings.Contains(e.Key, " ") && !slices.Contains(out, word) {
			out = append(out, word)
		}
	}
	return out
}

// question returns what is asked: the arguments, or standard input for "-".
func question(s *streams, args []string) (string, error) {
	text := strings.Join(args, " ")
	if len(args) == 1 && args[0] == "-" {
		b, err := io.ReadAll(io.LimitReader(s.in, maxQuestion))
		if err != nil {
			return "", fmt.Errorf("standard input: %w", err)
		}
		text = string(b)
	}
	if strings.TrimSpace(text) == "" {
		return "", usage("name a finding, a status, a close code, a verdict or the words of a client; wstap explain --list lists what is known", "nothing to explain")
	}
	return text, nil
}

// unknown says that nothing is known, and what comes near.
func (s *streams) unknown(question string, a *explain.Answer) {
	s.status = exitInput
	s.say("nothing is known about “%s”", report.Echo(question))
	for _, e := range a.Near {
		key := e.Key
		if strings.ContainsAny(key, " '()") {
			key = `"` + key + `"`
		}
		s.say("near it: wstap explain %s (%s)", key, e.Title)
	}
	s.say("wstap explain --list lists what is known; with the message of a client, give its words as they stand in the log")
}
