package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"wstap/capture"
)

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
	libpcap := "with libpcap: -f works"
	if !capture.WithLibpcap {
		libpcap = "without libpcap: -f does not work"
	}
	return fmt.Sprintf("wstap %s%s%s\n%s %s/%s\n%s", version, revision, modified, runtime.Version(), runtime.GOOS, runtime.GOARCH, libpcap)
}
