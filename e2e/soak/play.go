package soak

import "time"

// lookEvery is how often is looked, if looking takes no longer.
const lookEvery = 50 * time.Millisecond

// Play lets the round's blows fall, each in its time, and lifts those again
// that can be lifted, until nothing is left to do and ended says that the
// deployment's viewer has ended. It looks all the while. It returns false when
// the viewer does not end within the patience.
func (r Round) Play(ended <-chan error, patience time.Duration, strike func(Blow) (lift func()), look func()) bool {
	type lifting struct {
		lift func()
		at   time.Time
	}
	var lifts []lifting
	began := time.Now()
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	deadline := time.After(patience)
	over, inTime := false, true
	for blows := r.Blows; !over || len(blows) > 0 || len(lifts) > 0; {
		for len(blows) > 0 && time.Since(began) >= blows[0].After {
			if lift := strike(blows[0]); lift != nil {
				lifts = append(lifts, lifting{lift, time.Now().Add(blows[0].Lasts)})
			}
			blows = blows[1:]
		}
		for len(lifts) > 0 && time.Now().After(lifts[0].at) { // in their order
			lifts[0].lift()
			lifts = lifts[1:]
		}
		look()
		select {
		case <-ended:
			over, ended = true, nil
		case <-tick.C:
		case <-deadline:
			over, inTime = true, over
		}
	}
	return inTime
}
