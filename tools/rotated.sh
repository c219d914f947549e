#!/bin/sh
# usage: tools/rotated.sh [ROUNDS]
#
# Cuts the capture ws of make bench, at half its size, into 2,000 files as dumpcap -b
# does, and compares reading the folder with reading the one file: the rows must be
# equal; then wall time, peak memory, and the most files that were open at a time. Needs
# bin/wstap, editcap, GNU time and 1.2 GB in testdata/bench.
bench=testdata/bench one=testdata/bench/rotated.pcap set=testdata/bench/rotated
[ -f $one ] || { mkdir -p $bench && go run ./testdata/benchgen -kind ws -scale 0.5 -out $one; } || exit 2
[ -d $set ] || { mkdir $set && editcap -F pcap -c 1515 $one $set/x.pcap; } || exit 2
echo "$(ls $set | wc -l) files"

fields='-T fields -e id -e verdict -e http.uri -e close.code'
of_one=$(bin/wstap read $fields $one | cksum)
of_set=$(bin/wstap read $fields $set | cksum)
[ "$of_one" = "$of_set" ] || { echo "the rows differ"; exit 1; }

for input in $one $set; do
	for _ in $(seq "${1:-5}"); do
		/usr/bin/time -f '%e s, %M KB' bin/wstap read -T json $input 2>&1 >/dev/null
	done | sort | sed "s,^,$input: ,"
	bin/wstap read -T json $input >/dev/null &
	most=0
	while kill -0 $! 2>/dev/null; do
		now=$(ls /proc/$!/fd/ 2>/dev/null | wc -l)
		[ "$now" -gt $most ] && most=$now
	done
	echo "$input: at most $most files open, with standard streams and what the runtime needs"
done
