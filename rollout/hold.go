package rollout

import (
	"errors"

	"nixfleet-tui/fleet"
)

// Hold takes the lock of a machine that was read, for something short that is
// no run, so that no run is at it meanwhile. h says who wants it, its Host being
// how the machine was reached. Whoever has it already is the error, a *fleet.Error.
func (s *Store) Hold(r fleet.Reading, h Holder) (release func() error, err error) {
	const hint = "Wait until that has ended, and try again: `nixfleet-tui runs` shows how far it is."
	f, err := lockNow(s.machineLock(machineID(&r, h.Host)))
	if errors.Is(err, errHeld) {
		holder, _, err := s.HolderOf(r, h.Host)
		if err != nil {
			return nil, err
		}
		return nil, &fleet.Error{Message: holder.words(), Hint: hint}
	}
	if err != nil {
		return nil, err
	}
	if r.Switching {
		return nil, errors.Join(&fleet.Error{Message: "a system is being activated on it", Hint: hint}, f.Close())
	}
	if err := h.sign(f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f.Close, nil
}
