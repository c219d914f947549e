#!/bin/sh
# Runs every check, also after one has failed, and ends with a line for each. Run
# by make test, which sets GO, TAGS and PACKAGES and has installed what is needed.
# shellcheck disable=SC2086
begin=$(date +%s)
results=
failed=
steps=0

# step NAME COMMAND…
step() {
	name=$1
	shift
	printf '\n== %s\n' "$name"
	t=$(date +%s)
	if "$@"; then
		word=ok
	else
		word=FAILED
		failed="${failed:+$failed, }$name"
	fi
	steps=$((steps + 1))
	note "$word" "$name ($(($(date +%s) - t)) s)"
}

note() { results="$results$(printf '%-8s %s' "$1" "$2")
"; }

race=-race
if [ "$(sh tools/has-libpcap.sh compiler)" = no ]; then
	race=
	export CGO_ENABLED=0
fi
if [ -n "$TAGS" ]; then
	note WARNING "libpcap is missing: wstap live and capture filters (-f) were not tested"
fi
if [ -z "$race" ]; then
	note WARNING "there is no C compiler: tests ran without the race detector"
fi
for tool in tshark editcap; do
	command -v $tool >/dev/null || note WARNING "$tool is missing: its tests were skipped"
done

for tool in tcpdump ip; do
	PATH=$PATH:/usr/sbin:/sbin command -v $tool >/dev/null || note WARNING "$tool is missing: tests of wstap live were skipped"
done
[ "$(id -u)" = 0 ] || note WARNING "this is not root: tests of wstap live were skipped"

formatted() {
	list=$(gofmt -l $(find . -name '*.go' -not -path './tools/bin/*')) && [ -z "$list" ] && return
	echo "make fmt formats: $list"
	return 1
}
no_pcap() {
	$GO build -tags=nopcap ./... && $GO vet -tags=nopcap ./capture ./cmd/... &&
		$GO test -tags=nopcap ./capture ./cmd/...
}
no_cgo() {
	CGO_ENABLED=0 $GO build -o bin/wstap-nocgo ./cmd/wstap && CGO_ENABLED=0 $GO test ./capture &&
		bin/wstap-nocgo -q testdata/pyws_rejects.pcap >/dev/null
}

step "gofmt" formatted
step "build" ${MAKE:-make} --no-print-directory build
step "output shown in the documents" sh tools/docs.sh
step "go vet" $GO vet $TAGS $PACKAGES
step "golangci-lint" ${MAKE:-make} --no-print-directory lint
step "go test $race" $GO test $TAGS $race $PACKAGES
step "build and test with -tags nopcap" no_pcap
step "build and test with CGO_ENABLED=0" no_cgo
if [ ! -x ../shared/check ]; then
	note skipped "../shared/check: it is not there"
elif ! command -v python3 >/dev/null; then
	note skipped "../shared/check: there is no python3"
else
	step "../shared/check" ../shared/check --ignore leg,pattern --skip d14 --wstap bin/wstap
fi

printf '\n== make test\n%s' "$results"
seconds=$(($(date +%s) - begin))
if [ -n "$failed" ]; then
	echo "FAILED after $seconds s: $failed"
	exit 1
fi
echo "all $steps steps passed in $seconds s"
