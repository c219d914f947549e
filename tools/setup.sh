#!/bin/sh
# usage: tools/setup.sh WHAT…
#
# Installs what is missing of: libpcap (headers, and a C compiler), tshark, tcpdump,
# tcpreplay, ip, openssl, through the system's package manager. Never fails: where it cannot install
# something it says what that means.
here=$(dirname "$0")
PATH=$PATH:/usr/sbin:/sbin

has() {
	case $1 in
	libpcap) [ "$(sh "$here/has-libpcap.sh")" = yes ] ;;
	tshark) command -v tshark && command -v editcap ;;
	*) command -v "$1" ;;
	esac >/dev/null
}

# without says what is left out where $1 cannot be had.
without() {
	case $1 in
	libpcap) echo "wstap is built and tested without wstap live and capture filters (-f), and without the race detector where there is no C compiler" ;;
	tshark) echo "the comparisons with tshark are skipped" ;;
	tcpdump) echo "there is nothing to measure against, and the tests of wstap live are skipped" ;;
	ip) echo "the tests of wstap live are skipped" ;;
	openssl) echo "there is nothing to measure the reading of TLS against" ;;
	tcpreplay) echo "there is no traffic to measure with" ;;
	esac
}

# packages names the packages for $2 as the package manager $1 knows them.
packages() {
	case $1/$2 in
	apt-get/libpcap) echo gcc libc6-dev libpcap-dev ;;
	dnf/libpcap) echo gcc glibc-devel libpcap-devel ;;
	apk/libpcap) echo gcc musl-dev libpcap-dev ;;
	apt-get/tshark | apk/tshark) echo tshark ;;
	dnf/tshark) echo wireshark-cli ;;
	brew/tshark) echo wireshark ;;
	dnf/ip) echo iproute ;;
	*/ip) echo iproute2 ;;
	*) echo "$2" ;;
	esac
}

missing=
for what; do
	# Interfaces are made on Linux only.
	[ "$what" != ip ] || [ "$(uname)" = Linux ] || continue
	has "$what" || missing="$missing $what"
done
[ -n "$missing" ] || exit 0

manager=
for m in apt-get dnf apk brew; do
	if command -v $m >/dev/null; then
		manager=$m
		break
	fi
done
root=
if [ "$manager" != brew ] && [ "$(id -u)" != 0 ]; then
	root='sudo '
	[ -t 0 ] || root='sudo -n ' # nobody is there to type a password
fi

# run says what it does.
run() {
	echo "setup: $1"
	sh -c "$1" >/dev/null || echo "setup: that failed" >&2
}

[ "$manager" != apt-get ] || run "${root}apt-get update -q=2"
for what in $missing; do
	list=$(packages "$manager" "$what")
	case $manager in
	apt-get) run "${root}env DEBIAN_FRONTEND=noninteractive apt-get install -y -q=2 --no-install-recommends $list" ;;
	dnf) run "${root}dnf install -y -q $list" ;;
	apk) run "${root}apk add -q $list" ;;
	brew) run "brew install $list" ;;
	esac
done

for what in $missing; do
	has "$what" || echo "setup: WARNING: $what is missing and could not be installed: $(without "$what")" >&2
done
exit 0
