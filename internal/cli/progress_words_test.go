package cli

import (
	"testing"
	"time"

	"nixfleet-tui/nixcmd"
	"nixfleet-tui/rollout"
)

func TestProgressInWords(t *testing.T) {
	left := 95 * time.Second
	for _, c := range []struct {
		progress nixcmd.Progress
		left     *time.Duration
		want     string
	}{
		{nixcmd.Progress{}, &left, ""},
		{nixcmd.Progress{BuildsDone: 3, BuildsExpected: 20, Building: []string{"nginx-1.29.3"}}, &left, "3/20 built, nginx-1.29.3, about 1:35 left"},
		{nixcmd.Progress{CopiesDone: 4, CopiesExpected: 20}, nil, "4/20 copied"},
		{nixcmd.Progress{CopiesDone: 4, CopiesExpected: 20, BytesDone: 3 << 20, BytesExpected: 40 << 20, Download: "linux-6.12.60"}, nil,
			"4/20 copied, 3.0 of 40.0 MiB, linux-6.12.60"},
	} {
		if got := progressWords(rollout.TaskView{Progress: c.progress, Left: c.left}); got != c.want {
			t.Errorf("%+v is told as %q, want %q", c.progress, got, c.want)
		}
	}
}
