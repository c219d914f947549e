#!/bin/sh
# Shows what wstap does. Run by make demo, which has built bin/wstap.
show() {
	printf '\n%s\n$ %s\n' "$1" "$2"
	sh -c "$2"
}
show "Handshakes through nginx: which were refused, by what status, and how the others ended." \
	"bin/wstap testdata/nginx_proxy.pcap"
show "One refusal with the packets that prove it: what was asked and what was answered." \
	"bin/wstap -v --where 'http.status == 403' testdata/pyws_rejects.pcap"
show "Fifteen ways in which a WebSocket is closed." \
	"bin/wstap testdata/closings.pcap"
