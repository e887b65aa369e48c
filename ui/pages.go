package ui

// pages is how many pages the panes take.
func (r *runPlace) pages() int {
	n := r.grid().perPage()
	return (len(r.inGrid()) + n - 1) / n
}

// turn turns by pages; the focus goes along, to the same place of the page.
func (r *runPlace) turn(by int) {
	n, pages := r.grid().perPage(), r.pages()
	if r.as != asPanes || pages < 2 {
		return
	}
	page := (r.focus/n + by + pages) % pages
	r.focus = min(page*n+r.focus%n, len(r.inGrid())-1)
	r.layout()
}

// approach makes panes larger, or smaller, as far as that changes anything.
func (r *runPlace) approach(by int) {
	before := r.grid()
	r.closer += by
	if r.as != asPanes || r.grid() == before {
		r.closer -= by
	}
	r.layout()
}

// hasPages says whether there are panes on another page.
func (m *Model) hasPages() bool { return m.hasRun() && m.run.as == asPanes && m.run.pages() > 1 }
