package main

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"wstap/capture"
	"wstap/classify/condition/field"
)

const liveLong = `Read network interfaces and write one row for every WebSocket handshake attempt,
until Ctrl-C, -c or -a. A first line comes when a handshake is answered (a record of
kind "open" with -T json), the row when the connection ends. Attempts that are open
at the end are written with the ending "open". "any" is all interfaces at once, on
Linux. What follows the flags is a capture filter, as with tcpdump.

It is passive: it sends no packet and looks up no name. Capturing needs root, or once
  sudo setcap cap_net_raw+ep $(command -v wstap)
Once the interfaces are open privileges are given up: with sudo, wstap goes on as the
user who called it, or as the one that --user names. The file of -w is made after
that, so that it belongs to this user.

At the end, and on SIGUSR1, standard error says what was captured and what the kernel
dropped; -B gives it a larger buffer. With -w, packets are kept in memory until their
connection is known to be wanted; --memory says how much. Key logs for TLS (--keylog)
are read as they grow. wstap read --help says more about --where, -w, keys and secrets.

Exit status: 0 ended by the user or a limit, 2 the command line was wrong, there was no
permission or no such interface, or an interface went down, after printing all rows.`

const liveExample = `  sudo wstap live -i eth0
  sudo wstap live -i eth0 -i eth1 tcp port 80 or tcp port 8080
  sudo wstap live -i eth0 -w refused.pcapng --where 'verdict == "rejected"'
  sudo wstap live -i any -T json -a duration:60 | jq -r 'select(.verdict == "rejected") | .http.uri'`

// liveFlags are the flags of live.
type liveFlags struct {
	flags
	interfaces    []string
	snapLen       int
	buffer        int // MiB
	noPromiscuous bool
	autostop      []string
	user          string
}

func (f *liveFlags) bind(fs *pflag.FlagSet) {
	fs.StringArrayVarP(&f.interfaces, "interface", "i", nil, "read this `INTERFACE`, see wstap interfaces (repeatable)")
	fs.StringVarP(&f.filter, "filter", "f", "", "capture only packets that match this BPF `FILTER`")
	fs.IntVarP(&f.snapLen, "snapshot-length", "s", 0, "keep `N` bytes of each packet (default: all, up to 262144)")
	fs.IntVarP(&f.buffer, "buffer-size", "B", capture.DefaultBufferSize>>20, "give the kernel a buffer of `N` MiB for each interface")
	fs.BoolVarP(&f.noPromiscuous, "no-promiscuous-mode", "p", false, "do not put interfaces into promiscuous mode")
	fs.Uint64VarP(&f.count, "count", "c", 0, "stop after `N` packets")
	fs.StringArrayVarP(&f.autostop, "autostop", "a", nil, "stop when `CONDITION` holds: duration:SECONDS or packets:N (repeatable)")
	f.bindRows(fs)
	f.bindDecoding(fs)
	fs.StringVar(&f.user, "user", "", "go on as this `USER` once the interfaces are open; root: stay root (default: who called sudo)")
}

// newLiveCommand returns the command that reads interfaces.
func newLiveCommand(s *streams) *cobra.Command {
	var f liveFlags
	cmd := &cobra.Command{
		Use:     "live -i INTERFACE [flags] [FILTER]",
		Short:   "read network interfaces and write a row for every handshake attempt",
		Long:    liveLong,
		Example: liveExample,
		Args:    cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			o, err := f.liveSettings(s, args)
			if err != nil {
				return err
			}
			return live(cmd.Context(), s, o)
		},
	}
	f.bind(cmd.Flags())
	completeFlags(cmd)
	complete(cmd, "interface", interfaceNames)
	complete(cmd, "autostop", func() []string { return []string{"duration:", "packets:"} })
	return cmd
}

// liveSettings are the flags of live that have been checked.
type liveSettings struct {
	*settings
	interfaces []string
	capture    capture.LiveOptions
	duration   time.Duration // after which to stop; 0: no limit
	user       string
}

// maxBuffer is the largest kernel buffer in MiB: libpcap takes its size as an int.
const maxBuffer = math.MaxInt32 >> 20

// liveSettings checks the flags. args is a capture filter.
func (f *liveFlags) liveSettings(s *streams, args []string) (*liveSettings, error) {
	if len(args) > 0 && f.filter != "" {
		return nil, usage("quote it as one word", "two capture filters: -f %s, and %s", f.filter, strings.Join(args, " "))
	}
	if f.filter == "" {
		f.filter = strings.Join(args, " ")
	}
	if f.snapLen < 0 || f.snapLen > capture.DefaultSnapLen {
		return nil, usage("", "-s %d: use up to %d bytes, or 0 for all", f.snapLen, capture.DefaultSnapLen)
	}
	if f.buffer < 1 || f.buffer > maxBuffer {
		return nil, usage("", "-B %d: use 1 to %d MiB", f.buffer, maxBuffer)
	}
	o := &liveSettings{
		interfaces: f.interfaces, user: f.user,
		capture: capture.LiveOptions{Filter: f.filter, SnapLen: f.snapLen, BufferSize: f.buffer << 20, NoPromiscuous: f.noPromiscuous},
	}
	var err error
	if o.settings, err = f.settings(s, true); err != nil {
		return nil, err
	}
	for _, a := range f.autostop {
		if err := o.stopAfter(a); err != nil {
			return nil, err
		}
	}
	if len(o.interfaces) == 0 {
		// Which one is meant cannot be guessed: the first that is up is seldom it.
		return nil, usage(interfacesHint(), "no interface given: name one with -i")
	}
	return o, nil
}

// stopAfter takes a condition of -a. Of several of a kind the first to hold counts.
func (o *liveSettings) stopAfter(condition string) error {
	kind, value, _ := strings.Cut(condition, ":")
	switch kind {
	case "duration":
		seconds, err := strconv.ParseFloat(value, 64)
		if err != nil || !(seconds > 0 && seconds < math.MaxInt64/float64(time.Second)) {
			return usage("", "-a %s: give a number of seconds, as in duration:60", condition)
		}
		if d := time.Duration(seconds * float64(time.Second)); o.duration == 0 || d < o.duration {
			o.duration = max(d, 1)
		}
	case "packets":
		n, err := strconv.ParseUint(value, 10, 64)
		if err != nil || n == 0 {
			return usage("", "-a %s: give a number of packets, as in packets:1000", condition)
		}
		if o.count == 0 || n < o.count {
			o.count = n
		}
	default:
		return usage("", "-a %s: use duration:SECONDS or packets:N", condition)
	}
	return nil
}

// interfaceNames returns the names of all interfaces, or none where they cannot be had.
func interfaceNames() []string {
	list, err := capture.Interfaces()
	if err != nil {
		return nil
	}
	names := make([]string, len(list))
	for i := range list {
		names[i] = list[i].Name
	}
	return names
}

// interfacesHint names the interfaces of this machine that are up.
func interfacesHint() string {
	hint := "wstap interfaces lists them"
	var names []string
	if list, err := capture.Interfaces(); err == nil {
		for _, i := range list {
			if i.Up {
				names = append(names, i.Name)
			}
		}
	}
	if len(names) > 0 {
		hint = fmt.Sprintf("up are %s; %s", strings.Join(names, ", "), hint)
	}
	return hint
}

// nearInterface names the interfaces that are spelt nearly like one that is not there.
func nearInterface(name string) string {
	if near := field.Nearest(name, interfaceNames()); len(near) > 0 && !slices.Contains(near, name) {
		return "did you mean " + strings.Join(near, " or ") + "? wstap interfaces lists them"
	}
	return interfacesHint()
}
