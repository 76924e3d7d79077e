package workspace

import "strings"

// nearest returns the candidate that a misspelt word probably means: the one with
// the fewest edits, two at most, and one in a word of four letters or fewer.
func nearest(word string, candidates []string) (string, bool) {
	best, least := "", 3
	for _, c := range candidates {
		if d := distance(strings.ToLower(word), c); d < least && 3*d <= len(c)+1 {
			best, least = c, d
		}
	}
	return best, best != ""
}

// distance counts the bytes to insert, delete, replace or swap with their
// neighbour that lie between a and b (optimal string alignment). It returns 3 for
// words whose lengths alone put them further apart.
func distance(a, b string) int {
	if max(len(a), len(b))-min(len(a), len(b)) > 2 {
		return 3
	}
	var before, last []int
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before, last, row = last, row, make([]int, len(b)+1)
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			row[j+1] = min(last[j+1]+1, row[j]+1, last[j]+cost)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
	}
	return row[len(b)]
}
