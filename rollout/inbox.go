package rollout

import (
	"errors"
	"io/fs"
	"os"
	"time"
)

// inbox tells when something may have been put into a directory since the last
// look, for much less than reading it costs: that is asked some times a second,
// of directories in which hardly ever anything is.
type inbox struct {
	dir     string
	changed time.Time // as of the last look
}

// news says whether the directory is to be read. Of one that has just changed
// that is always so: two changes may bear the same time.
func (b *inbox) news(now time.Time) bool {
	info, err := os.Stat(b.dir)
	if err != nil {
		return !errors.Is(err, fs.ErrNotExist) // who reads it is told why that fails
	}
	changed := info.ModTime()
	if changed.Equal(b.changed) && now.Sub(changed) > inboxSettles {
		return false
	}
	b.changed = changed
	return true
}
