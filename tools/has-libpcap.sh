#!/bin/sh
# usage: tools/has-libpcap.sh [compiler]
# Prints yes when a program can be compiled and linked with libpcap here, else no;
# with "compiler", whether one can be compiled at all.
go=${GO:-go}
[ "$($go env CGO_ENABLED)" = 1 ] || { echo no; exit; }
dir=$(mktemp -d) || { echo no; exit; }
trap 'rm -rf "$dir"' EXIT
include='#include <pcap.h>' main='pcap_lib_version() == 0' library=-lpcap
if [ "${1:-}" = compiler ]; then
	include='#include <stdlib.h>' main='abs(0)' library=
fi
printf '%s\nint main(void) { return %s; }\n' "$include" "$main" >"$dir/probe.c"
# Unquoted: these hold several words, or none.
if $($go env CC) ${CGO_CFLAGS:-} "$dir/probe.c" -o "$dir/probe" ${CGO_LDFLAGS:-} $library >/dev/null 2>&1; then
	echo yes
else
	echo no
fi
