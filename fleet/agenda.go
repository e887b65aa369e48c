package fleet

import (
	"cmp"
	"container/heap"
)

// agenda is hosts that wait to be read: the one whose turn comes next is the
// first, so that finding it costs the same in a fleet of ten thousand.
type agenda []*watched

// agendaOf puts all rows on an agenda that are not being read.
func agendaOf(rows map[string]*watched) agenda {
	a := make(agenda, 0, len(rows))
	for _, row := range rows {
		if !row.reading {
			a = append(a, row)
		}
	}
	heap.Init(&a)
	return a
}

// These five are for container/heap.

func (a agenda) Len() int { return len(a) }

func (a agenda) Less(i, j int) bool {
	return cmp.Or(a[i].due.Compare(a[j].due), cmp.Compare(a[i].place, a[j].place)) < 0
}

func (a agenda) Swap(i, j int) { a[i], a[j] = a[j], a[i] }

func (a *agenda) Push(row any) { *a = append(*a, row.(*watched)) }

func (a *agenda) Pop() any {
	last := len(*a) - 1
	row := (*a)[last]
	*a = (*a)[:last]
	return row
}
