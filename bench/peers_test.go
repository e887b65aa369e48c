package main

import (
	"errors"
	"testing"

	"nixfleet-tui/bench/loopback"
)

// ssh under xargs reads those that answer, however many of the first ones are
// broken: xargs would stop when an ssh ends as it does for such a host.
func TestXargsGoesOnBehindBrokenHosts(t *testing.T) {
	dir := t.TempDir()
	hosts, err := loopback.Start(t.Context(), dir, parallel+4, parallel/2)
	if errors.Is(err, loopback.ErrMissing) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := hosts.Close(); err != nil {
			t.Error(err)
		}
	})
	r, err := newReading(dir, hosts)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := readers()[0].time(t.Context(), r); err != nil {
		t.Error(err)
	}
}

// Who comes short of hosts has two more tries; who fails in another way has none.
func TestWhoComesShortTriesAgain(t *testing.T) {
	other := errors.New("not found")
	for _, c := range []struct {
		ends  []error
		want  error
		tried int
	}{
		{[]error{nil}, nil, 1},
		{[]error{short{got: 1}, nil}, nil, 2},
		{[]error{short{got: 1}, other}, other, 2},
		{[]error{short{got: 1}, short{got: 2}, short{got: 3}, nil}, short{got: 3}, 3},
	} {
		tried := 0
		_, err := again(func() (float64, error) { tried++; return 1, c.ends[tried-1] })
		if !errors.Is(err, c.want) || tried != c.tried {
			t.Errorf("%v: %v after %d tries", c.ends, err, tried)
		}
	}
}

// What is told of a reader that came short is its complaints, not the answers.
func TestAnswersAreNoComplaints(t *testing.T) {
	const said = "NF1\thost\tvm\n[1] 11:32:52 [SUCCESS] 127.77.0.1\n[2] 11:32:53 [FAILURE] 127.77.0.2 Timed out\nNF1\tend\t1\n"
	if got, want := besideAnswers(said), "[2] 11:32:53 [FAILURE] 127.77.0.2 Timed out\n"; got != want {
		t.Errorf("got %q", got)
	}
}
