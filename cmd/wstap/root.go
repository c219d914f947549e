package main

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"wstap/capture"
	"wstap/classify/condition/field"
	"wstap/cmd/wstap/report"
)

const rootLong = `wstap reads packet captures and network interfaces, and writes one row for every
WebSocket handshake attempt: who asked whom for what, what was answered, how the
connection ended, and the packet numbers that prove it. It is passive: it never
sends a packet and looks up no name.

"wstap FILE" is the same as "wstap read FILE". wstap read --help says more about
files and rows, wstap live --help about interfaces.`

const readLong = `Read pcap or pcapng files, plain or compressed with gzip or zstd, and write one
row for every WebSocket handshake attempt. Several files are read as one capture
in time order; "-" is standard input. "wstap FILE" is the same as "wstap read FILE".

A folder stands for all captures below it; hidden files and links to folders are
skipped. A pattern that the shell has not expanded stands for the files that match.
Where a file of a rotated set is missing, wstap says so.

--follow goes on where files end that are still being written, and with the files
that join them: those of the folder or pattern, or, of a single file of tcpdump or
dumpcap, its set. Let tcpdump write packets at once with -U. A first line for an
attempt comes when its handshake is answered, its row when the connection ends.

--where takes an expression over the names that -T json prints, such as
  http.status == 403 && http.origin contains "evil"
  close.code in [1001, 1006]
  any(websocket.violations, .rule == "mask-missing")
  header("User-Agent") matches "curl"
A comparison with a fact that the capture does not hold is false; has(x) tells
whether it does.

-w writes the packets of the rows' connections, whole, with comments on those that
prove a row. Secrets of HTTP in them are overwritten with x, and so are bodies but
those of the rows' answers; WebSocket messages stay as they are. Files are read a
second time for it. Packets of a pipe, and with --follow, are kept in memory until
their connection is known to be wanted; --memory says how much.

Keys for TLS come from key logs (--keylog, SSLKEYLOGFILE), private keys (--tls-key) and
pcapng files that hold them. wstap explain keylog says how to get some. -w writes none
unless --keys says so. They are never printed.

Secrets (cookies, authorization, tokens in URIs and subprotocols) are shown as
their length and a short hash unless --show-secrets is given.

Exit status: 0 all was read, 2 the command line was wrong or an input could not be
read to its end, after printing all that could be read.`

const readExample = `  wstap capture.pcapng
  wstap captures/
  wstap -v --where 'verdict != "accepted"' capture.pcap
  wstap -w refused.pcapng --where 'http.status == 403' captures/
  wstap -T json capture-*.pcap.gz | jq .verdict
  wstap -T fields -e time -e http.host -e http.status capture.pcap
  wstap --keylog keys.log capture.pcapng
  wstap --follow captures/
  ssh gateway tcpdump -U -w - tcp | wstap -`

// newRootCommand returns the command tree.
func newRootCommand(s *streams) *cobra.Command {
	root := newReadCommand(s)
	root.Use = "wstap [flags] FILE..."
	root.Short = "see WebSocket handshakes in packet captures, and why they fail"
	root.Long = rootLong
	root.SuggestionsMinimumDistance = 2
	root.SilenceErrors = true
	root.SilenceUsage = true
	root.SetFlagErrorFunc(flagError)

	read := newReadCommand(s)
	read.Use = "read [flags] FILE..."
	read.Short = "read captures and write a row for every handshake attempt"
	read.Long = readLong
	read.Example = readExample

	version := &cobra.Command{
		Use:   "version",
		Short: "say which wstap this is and what it was built with",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintln(s.out, versionText())
			return err
		},
	}
	root.AddCommand(read, newLiveCommand(s), newExplainCommand(s), newInterfacesCommand(s), newRulesCommand(s), version)
	return root
}

// newReadCommand returns the command that reads captures.
func newReadCommand(s *streams) *cobra.Command {
	var f readFlags
	cmd := &cobra.Command{
		Example: readExample,
		Args:    cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			names := slices.Concat(f.files, args)
			if len(names) == 0 {
				return usage("name a capture, or - for standard input, as in: wstap capture.pcap; wstap --help says more", "no capture file given")
			}
			if slices.Contains(names, capture.Stdin) && slices.Contains(f.keylogs, capture.Stdin) {
				return usage("give one of them as a file", "-: standard input cannot be both a capture and a key log")
			}
			settings, err := f.settings(s, f.follow || isLive(names, s.in))
			if err != nil {
				return err
			}
			return read(cmd.Context(), s, settings, names, func(name string) []string { return cmd.Root().SuggestionsFor(name) })
		},
	}
	f.bind(cmd.Flags())
	completeFlags(cmd)
	return cmd
}

// completeFlags tells the shell what goes with the flags that read and live share.
func completeFlags(cmd *cobra.Command) {
	cmd.Flags().SortFlags = false
	complete(cmd, "format", report.Formats)
	complete(cmd, "keys", func() []string { return []string{string(keysStrip), string(keysUsed), string(keysKeep)} })
	complete(cmd, "connects", func() []string { return []string{"known", "all", "none"} })
	complete(cmd, "color", colors)
	complete(cmd, "field", func() []string {
		var names []string
		for _, fd := range field.All() {
			if fd.Kind != field.Group {
				names = append(names, fd.Path)
			}
		}
		return names
	})
}

// complete offers words to the shell after a flag. It can only fail for a flag
// that does not exist, which the tests would show.
func complete(cmd *cobra.Command, flag string, words func() []string) {
	_ = cmd.RegisterFlagCompletionFunc(flag, func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return words(), cobra.ShellCompDirectiveNoFileComp
	})
}

// flagError adds the nearest flag to what pflag says about a wrong one.
func flagError(cmd *cobra.Command, err error) error {
	hint := cmd.CommandPath() + " --help lists the flags"
	if m := regexp.MustCompile(`unknown flag: --([\w-]+)`).FindStringSubmatch(err.Error()); m != nil {
		var names []string
		cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
		if near := field.Nearest(m[1], names); len(near) > 0 {
			hint = "did you mean --" + strings.Join(near, " or --") + "?"
		}
	}
	return &usageError{err, hint}
}
