package main

import (
	"io"
	"os"
	"strconv"

	"golang.org/x/term"

	"wstap/capture"
	"wstap/cmd/wstap/report"
)

// terminal returns the file behind a stream when it is a terminal.
func terminal(stream any) (*os.File, bool) {
	f, ok := stream.(*os.File)
	return f, ok && term.IsTerminal(int(f.Fd()))
}

// colors returns the values of --color.
func colors() []string { return []string{"auto", "always", "never"} }

// useColor decides about --color. NO_COLOR is https://no-color.org.
func useColor(flag string, out io.Writer) (bool, error) {
	switch flag {
	case "always":
		return true, nil
	case "never":
		return false, nil
	case "auto":
		_, isTerminal := terminal(out)
		return isTerminal && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb", nil
	default:
		return false, usage("", "--color %s: use auto, always or never", flag)
	}
}

// tableWidth returns how many columns the table may take: what --width says, else
// COLUMNS, else the terminal's width.
func tableWidth(flag int, out io.Writer) int {
	if flag > 0 {
		return flag
	}
	if n, err := strconv.Atoi(os.Getenv("COLUMNS")); err == nil && n >= minWidth {
		return n
	}
	if f, ok := terminal(out); ok {
		if n, _, err := term.GetSize(int(f.Fd())); err == nil && n > 0 {
			return max(n, minWidth)
		}
	}
	return report.DefaultWidth
}

// isLive reports whether packets may still be coming while rows are written:
// whether an input is a pipe.
func isLive(names []string, stdin io.Reader) bool {
	for _, name := range names {
		if name != capture.Stdin {
			if info, err := os.Stat(name); err == nil && !info.Mode().IsRegular() && !info.IsDir() {
				return true
			}
			continue
		}
		f, ok := stdin.(*os.File)
		if !ok {
			return true
		}
		if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
			return true
		}
	}
	return false
}
