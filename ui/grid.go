package ui

// The sizes that panes should have.
const (
	paneLeastHeight = 5 // borders included; below that another page begins
	twoColumnsFrom  = 80
	threeFrom       = 160
	fourFrom        = 240
	stackedBelow    = 100 // columns: where panes fit below each other, whole lines read better than halves
)

// grid is how the panes of a page are laid out.
type grid struct {
	w, h       int
	cols, rows int // of a full page
}

// gridFor returns the grid for n panes on w by h: as many columns as the width
// is good for, but no more than make about as many across as down. closer is
// how many steps a person came closer: each takes panes off the page, or puts
// more onto it when it is less than none.
func gridFor(w, h, n, closer int) grid {
	most := 1
	for _, from := range []int{twoColumnsFrom, threeFrom, fourFrom} {
		most += boolInt(w >= from)
	}
	deepest := max(1, h/paneLeastHeight)
	g := grid{w: w, h: h, cols: 1}
	for g.cols < most && g.cols*g.cols < n && w >= stackedBelow {
		g.cols++
	}
	for g.cols < most && (n+g.cols-1)/g.cols > deepest {
		g.cols++
	}
	g.rows = max(1, min(deepest, (n+g.cols-1)/g.cols))
	for range closer {
		g.less()
	}
	for range -closer {
		g.more(most, deepest)
	}
	return g
}

// less makes the panes of a page larger: a row goes, or else a column.
func (g *grid) less() {
	if g.rows > 1 {
		g.rows--
	} else {
		g.cols = max(1, g.cols-1)
	}
}

// more makes them smaller: there is a column more, or else a row.
func (g *grid) more(most, deepest int) {
	if g.cols < most {
		g.cols++
	} else {
		g.rows = min(deepest, g.rows+1)
	}
}

// perPage is how many panes a page holds.
func (g grid) perPage() int { return g.cols * g.rows }

// lines are the sizes of n panes, borders included, by the rows in which they
// stand. The panes of a row that is not full are wider.
func (g grid) lines(n int) [][]extent {
	var lines [][]extent
	heights := shares(g.h, (n+g.cols-1)/g.cols)
	for line, h := range heights {
		across := min(g.cols, n-line*g.cols)
		var row []extent
		for _, w := range shares(g.w, across) {
			row = append(row, extent{w, h})
		}
		lines = append(lines, row)
	}
	return lines
}

// extent is the size of a box.
type extent struct{ w, h int }
