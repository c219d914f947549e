package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"

	"wstap/capture"
)

// shortVersion says which program and version this is: "wstap v1.2.3".
func shortVersion() string {
	version, _, _ := strings.Cut(versionText(), "\n")
	return version
}

// versionText says which build this is.
func versionText() string {
	version, revision, modified := "(devel)", "", ""
	if info, ok := debug.ReadBuildInfo(); ok {
		if info.Main.Version != "" {
			version = info.Main.Version
		}
		for _, s := range info.Settings {
			switch {
			case s.Key == "vcs.revision":
				revision = " " + s.Value[:min(12, len(s.Value))]
			case s.Key == "vcs.modified" && s.Value == "true":
				modified = " (modified)"
			}
		}
	}
	libpcap := "without libpcap: wstap live and -f do not work"
	switch {
	case capture.WithLive:
		libpcap = "with " + capture.LibpcapVersion() + ": wstap live and -f work"
	case capture.WithLibpcap:
		libpcap = "with libpcap: -f works, wstap live does not"
	}
	return fmt.Sprintf("wstap %s%s%s\n%s %s/%s\n%s", version, revision, modified, runtime.Version(), runtime.GOOS, runtime.GOARCH, libpcap)
}
