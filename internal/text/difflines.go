package text

// LineChange is one line of a comparison of two texts.
type LineChange struct {
	Mark byte // '-' only in the first, '+' only in the second, ' ' in both
	Line string
}

// diffCells bounds the work of DiffLines: the product of the two numbers of
// lines that are left when what is the same at both ends is taken off.
const diffCells = 4 << 20

// DiffLines compares two texts line by line, keeping as many lines as can be
// kept in their order. Texts that are too long for that are told as all of the
// first and then all of the second, but for what both begin and end with.
func DiffLines(a, b []string) []LineChange {
	head := 0
	for head < len(a) && head < len(b) && a[head] == b[head] {
		head++
	}
	tail := 0
	for tail < len(a)-head && tail < len(b)-head && a[len(a)-1-tail] == b[len(b)-1-tail] {
		tail++
	}
	changes := marked(nil, ' ', a[:head])
	changes = append(changes, diffMiddle(a[head:len(a)-tail], b[head:len(b)-tail])...)
	return marked(changes, ' ', a[len(a)-tail:])
}

func marked(changes []LineChange, mark byte, lines []string) []LineChange {
	for _, line := range lines {
		changes = append(changes, LineChange{mark, line})
	}
	return changes
}

// diffMiddle finds a longest common subsequence by the lengths of those of all
// pairs of remainders.
func diffMiddle(a, b []string) []LineChange {
	if len(a)*len(b) > diffCells {
		return marked(marked(nil, '-', a), '+', b)
	}
	width := len(b) + 1
	kept := make([]int32, (len(a)+1)*width)
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				kept[i*width+j] = kept[(i+1)*width+j+1] + 1
			} else {
				kept[i*width+j] = max(kept[(i+1)*width+j], kept[i*width+j+1])
			}
		}
	}
	var changes []LineChange
	i, j := 0, 0
	for i < len(a) && j < len(b) {
		switch {
		case a[i] == b[j]:
			changes = append(changes, LineChange{' ', a[i]})
			i, j = i+1, j+1
		case kept[(i+1)*width+j] >= kept[i*width+j+1]:
			changes = append(changes, LineChange{'-', a[i]})
			i++
		default:
			changes = append(changes, LineChange{'+', b[j]})
			j++
		}
	}
	return marked(marked(changes, '-', a[i:]), '+', b[j:])
}
