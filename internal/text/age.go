package text

import (
	"fmt"
	"time"
)

// Day is a day of 24 hours, for ages.
const Day = 24 * time.Hour

const year = 365 * Day

// Age is how long ago something was, in one unit: at most four cells for a
// century, and "now" below a second.
func Age(d time.Duration) string {
	switch {
	case d < time.Second:
		return "now"
	case d < time.Minute:
		return fmt.Sprintf("%ds", d/time.Second)
	case d < time.Hour:
		return fmt.Sprintf("%dm", d/time.Minute)
	case d < Day:
		return fmt.Sprintf("%dh", d/time.Hour)
	case d < 2*year:
		return fmt.Sprintf("%dd", d/Day)
	}
	return fmt.Sprintf("%dy", d/year)
}
