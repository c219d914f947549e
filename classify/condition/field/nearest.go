package field

import (
	"cmp"
	"slices"
	"strings"
)

// maxSuggestions is how many near names an error message can hold and still be
// read at a glance.
const maxSuggestions = 3

// Suggest returns the paths that someone who wrote name probably meant, nearest
// first; none when nothing is near.
func Suggest(name string) []string {
	paths := make([]string, len(record))
	for i := range record {
		paths[i] = record[i].Path
	}
	return Nearest(name, paths)
}

// Nearest returns those candidates that someone who wrote name probably meant,
// nearest first: the same last part ("status" for "http.status"), or few typing
// errors away.
func Nearest(name string, candidates []string) []string {
	type scored struct {
		path string
		cost int
	}
	name = strings.ToLower(name)
	var near []scored
	for _, path := range candidates {
		cost := distance(name, path)
		if last := path[strings.LastIndexByte(path, '.')+1:]; last != path {
			// Forgetting the group is one error, whatever its length.
			cost = min(cost, 1+distance(lastPart(name), last)+groupCost(name, path))
		}
		if cost <= max(2, len(name)/4) {
			near = append(near, scored{path, cost})
		}
	}
	slices.SortStableFunc(near, func(a, b scored) int { return cmp.Compare(a.cost, b.cost) })
	near = near[:min(len(near), maxSuggestions)]
	out := make([]string, len(near))
	for i, s := range near {
		out[i] = s.path
	}
	return out
}

func lastPart(name string) string { return name[strings.LastIndexByte(name, '.')+1:] }

// groupCost is 0 when name has no group at all, and 1 when it has another.
func groupCost(name, path string) int {
	group := name[:max(0, strings.LastIndexByte(name, '.'))]
	if group == "" || strings.HasPrefix(path, group+".") {
		return 0
	}
	return 1
}

// distance is the number of single-character edits between a and b, where two
// neighbours that changed places are one edit.
func distance(a, b string) int {
	var before []int // the row above the last, for changed places
	last := make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row := make([]int, len(b)+1)
		row[0] = i
		for j := 1; j <= len(b); j++ {
			change := 1
			if a[i-1] == b[j-1] {
				change = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+change)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last = last, row
	}
	return last[len(b)]
}
