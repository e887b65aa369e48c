package ui

// The sizes that panes should have.
const (
	paneLeastHeight = 7 // borders included; below that another page begins
	twoColumnsFrom  = 80
	threeFrom       = 160
	fourFrom        = 240
)

// grid is how panes are laid out: the same number of columns in each row, the
// last cells of the last row being empty or taken by wider panes.
type grid struct {
	w, h       int
	n          int // panes on a full page
	cols, rows int
}

// gridFor returns the grid for n panes on w by h: as many columns as the width
// is good for, but no more than make the panes about as many across as down.
func gridFor(w, h, n int) grid {
	most := 1
	for _, from := range []int{twoColumnsFrom, threeFrom, fourFrom} {
		if w >= from {
			most++
		}
	}
	deepest := max(1, h/paneLeastHeight)
	g := grid{w: w, h: h, n: n, cols: 1, rows: 1}
	for g.cols < most && g.cols*g.cols < n {
		g.cols++
	}
	for g.cols < most && (n+g.cols-1)/g.cols > deepest {
		g.cols++
	}
	g.rows = max(1, min(deepest, (n+g.cols-1)/g.cols))
	return g
}

// perPage is how many panes a page holds.
func (g grid) perPage() int { return g.cols * g.rows }

// size is the size of the ith pane of a page, borders included.
func (g grid) size(i int) (w, h int) {
	return g.widths()[i%g.cols], g.heights()[i/g.cols]
}

func (g grid) widths() []int  { return split(g.w, shares(g.cols)...) }
func (g grid) heights() []int { return split(g.h, shares(g.rows)...) }

func shares(n int) []part {
	all := make([]part, n)
	for i := range all {
		all[i] = fill(1)
	}
	return all
}
