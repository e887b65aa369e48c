package fleet

import "strings"

// nearest returns the word among known that was probably meant by typed, or
// "" when none is near enough to be worth naming.
func nearest(typed string, known []string) string {
	best, distance := "", len([]rune(typed))/3+2
	for _, word := range known {
		if d := editDistance(strings.ToLower(typed), strings.ToLower(word)); d < distance {
			best, distance = word, d
		}
	}
	return best
}

// didYouMean is a hint that names the nearest known word, or else other.
func didYouMean(typed string, known []string, other string) string {
	if word := nearest(typed, known); word != "" {
		return "Did you mean " + word + "?"
	}
	return other
}

// editDistance counts the insertions, deletions, replacements and swaps of
// neighbours that turn a into b.
func editDistance(a, b string) int {
	s, t := []rune(a), []rune(b)
	before, last, row := make([]int, len(t)+1), make([]int, len(t)+1), make([]int, len(t)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(s); i++ {
		row[0] = i
		for j := 1; j <= len(t); j++ {
			cost := 1
			if s[i-1] == t[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && s[i-1] == t[j-2] && s[i-2] == t[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(t)]
}
