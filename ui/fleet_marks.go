package ui

import (
	"maps"
	"slices"
)

// remark changes the marks so that it can be taken back.
func (f *fleetPlace) remark(change func()) {
	before := maps.Clone(f.marks)
	change()
	if maps.Equal(before, f.marks) {
		return
	}
	f.undone = append(f.undone, before)
	f.undone = f.undone[max(0, len(f.undone)-undosMost):]
}

// undoMarks takes the last change of the marks back. Hosts that have gone
// since stay gone.
func (f *fleetPlace) undoMarks() {
	last := len(f.undone) - 1
	f.marks, f.undone, f.anchor = f.undone[last], f.undone[:last], ""
	maps.DeleteFunc(f.marks, func(name string, _ bool) bool { return !slices.Contains(f.known.names, name) })
}

// mark marks the host under the cursor, or the range that was begun, and goes on to the next.
func (f *fleetPlace) mark() {
	f.touched = true
	if f.anchor != "" {
		f.markRange()
		return
	}
	f.remark(func() {
		if f.marks[f.cursor] {
			delete(f.marks, f.cursor)
		} else {
			f.marks[f.cursor] = true
		}
	})
	f.move(moveDown)
}

// ranged are the hosts between where a range began and the cursor.
func (f *fleetPlace) ranged() []string {
	from := slices.Index(f.shown, f.anchor)
	if f.anchor == "" || from < 0 {
		return nil
	}
	to := f.index()
	return f.shown[min(from, to) : max(from, to)+1]
}

func (f *fleetPlace) markRange() {
	f.touched = true
	if f.anchor == "" {
		f.anchor = f.cursor
		return
	}
	f.remark(func() {
		for _, name := range f.ranged() {
			f.marks[name] = true
		}
	})
	f.anchor = ""
}

func (f *fleetPlace) markAll() {
	f.touched = true
	f.remark(func() {
		for _, name := range f.shown {
			f.marks[name] = true
		}
	})
}

func (f *fleetPlace) invert() {
	f.touched = true
	f.remark(func() {
		for _, name := range f.shown {
			if f.marks[name] {
				delete(f.marks, name)
			} else {
				f.marks[name] = true
			}
		}
	})
}

func (f *fleetPlace) clearMarks() { f.remark(func() { clear(f.marks) }) }
