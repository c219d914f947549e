#!/bin/sh
# Shows what wstap does. Run by make demo, which has built bin/wstap.
show() {
	printf '\n%s\n$ %s\n' "$1" "$2"
	sh -c "$2"
}
show "Handshakes through nginx: which were refused, by whom and why, and how the others ended." \
	"bin/wstap testdata/nginx_proxy.pcap"
show "One refusal with all that was found, and the packets that prove it." \
	"bin/wstap -v --where 'http.status == 403' testdata/pyws_rejects.pcap"
show "Fifteen ways in which a WebSocket is closed." \
	"bin/wstap testdata/closings.pcap"
show "What a browser's message means, and what to look for." \
	"bin/wstap explain \"Error during WebSocket handshake: 'Upgrade' header is missing\""
