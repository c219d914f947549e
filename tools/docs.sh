#!/bin/sh
# usage: tools/docs.sh [-w]
#
# Runs the commands in the documents' blocks of console output and checks that they
# still print what stands there; with -w, writes down what they print now. Needs
# bin/wstap.
export TZ=UTC COLUMNS=120
new=$(mktemp) || exit 2
trap 'rm -f "$new"' EXIT
status=0
for document in $(grep -l '^```console$' ./*.md docs/*.md); do
	awk '
	/^```/ { block = ($0 == "```console"); print; next }
	!block { print; next }
	/^\$ / {
		print
		fflush()
		command = substr($0, 3) " 2>&1"
		while ((command | getline line) > 0) print line
		close(command)
	}' "$document" >"$new"
	cmp -s "$document" "$new" && continue
	if [ "${1:-}" = -w ]; then
		cp "$new" "$document"
		echo "$document: written anew"
	else
		diff -u "$document" "$new"
		echo "$document shows output that is no longer so: make golden writes it anew"
		status=1
	fi
done
exit $status
