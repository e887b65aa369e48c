package sshutil

import "sync"

// silence knows the hosts that were called and have not said a word yet: they
// are waited for, which costs nobody anything, neither us nor them.
type silence struct {
	mu    sync.Mutex
	calls map[string]int // by name
}

// called notes that a host is being called, until it was heard, which may be
// told more than once.
func (s *silence) called(name string) (heard func()) {
	s.change(name, 1)
	return sync.OnceFunc(func() { s.change(name, -1) })
}

func (s *silence) change(name string, by int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.calls == nil {
		s.calls = map[string]int{}
	}
	if s.calls[name] += by; s.calls[name] == 0 {
		delete(s.calls, name)
	}
}

func (s *silence) of(name string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls[name] > 0
}

// Silent says whether the host called name is being dialled and has said nothing
// so far. Whoever bounds how many hosts are read at once need not count it. A
// host behind a jump host or a ProxyCommand always counts: a thousand calls at
// once would cost those something.
func (p *Pool) Silent(name string) bool { return p.dialer.shared().silence.of(name) }
