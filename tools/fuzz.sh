#!/bin/sh
# Runs every fuzz target for $FUZZTIME, those whose names match $FUZZ, and says at
# the end which found something. What they found is in the package's testdata/fuzz.
go=${GO:-go}
failed=
ran=0
for file in $(grep -rl '^func Fuzz' --include='*_test.go' . | sort); do
	for target in $(sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\)(.*/\1/p' "$file" | grep -E "${FUZZ:-.}"); do
		printf '\n== %s %s\n' "$(dirname "$file")" "$target"
		ran=$((ran + 1))
		# shellcheck disable=SC2086
		$go test ${TAGS:-} -run='^$' -fuzz="^$target\$" -fuzztime="${FUZZTIME:-2m}" -fuzzminimizetime=10x "$(dirname "$file")" || failed="$failed $target"
	done
done
printf '\n'
if [ -n "$failed" ]; then
	echo "make fuzz: $ran targets ran, these found something:$failed"
	exit 1
fi
echo "make fuzz: $ran targets ran for ${FUZZTIME:-2m} each, without a finding"
