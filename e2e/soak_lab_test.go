//go:build lab

package e2e

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"nixfleet-tui/e2e/soak"
	"nixfleet-tui/rollout"
)

// How long the soak lasts ("30m"), which plan of faults it follows, and on which
// two hosts.
const (
	soakVariable      = "NIXFLEET_LAB_SOAK"
	soakSeedVariable  = "NIXFLEET_LAB_SOAK_SEED"
	soakHostsVariable = "NIXFLEET_LAB_SOAK_HOSTS"
)

const (
	soakBriefly   = "1m"
	soakedByFew   = "h5,h8"         // of whom few other tests want something
	strikesWithin = 6 * time.Second // of a round's beginning
	strikesLast   = 2 * time.Second // at most, where they are lifted again: ssh bears that
	soakDisk      = 64 << 20        // bytes of the disk that gets full
)

// What the dashboard may hold, at any moment.
const (
	dashboardFiles    = 100
	dashboardChildren = 10
	dashboardResident = 200 << 20 // bytes
)

// soaked is a place of which the state lies on a small disk of its own, with a
// dashboard that stands open.
type soaked struct {
	*where
	hosts         [2]string // one ends ok, the other degraded
	board, viewer *console  // nil while there is none
	tees          string    // what nixos-rebuild printed, in a place that no fault reaches
	agent         int       // process number
	known         map[string]bool
	run           soak.Run // that goes on; its Dir is "" before there is one

	rounds, runs, looks, late int
	bytes                     int64
	struck, verdicts          map[string]int
}

// TestLabSoak deploys to two hosts again and again while faults strike by a
// seeded plan: see docs/soak.md.
func TestLabSoak(t *testing.T) {
	length, seed, err := soak.Settings(cmp.Or(os.Getenv(soakVariable), soakBriefly), os.Getenv(soakSeedVariable), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	names := strings.Split(cmp.Or(os.Getenv(soakHostsVariable), soakedByFew), ",")
	need(t, names...)
	t.Logf("%s=%d", soakSeedVariable, seed)
	s := newSoaked(t, [2]string(names))
	season, began := soak.NewSeason(seed, 1), time.Now()
	for time.Since(began) < length && !t.Failed() {
		rounds := season.Deal(slices.Sorted(maps.Keys(labFaults())), strikesWithin, strikesLast)
		for _, r := range rounds {
			t.Log(r)
		}
		for _, r := range rounds {
			if time.Since(began) < length && !t.Failed() {
				s.play(r)
			}
		}
	}
	if s.board != nil {
		s.leaveDashboard()
	}
	s.where.runs() // ends the logins of a viewer that was killed before its run
	s.leavesNothing("that was the last")
	t.Logf("in %s: %d rounds, %d runs, %d looks while they went on, %d bytes of logs compared\nfaults: %v, and %d too late\nverdicts: %v",
		time.Since(began).Round(time.Second), s.rounds, s.runs, s.looks, s.bytes, s.struck, s.late, s.verdicts)
	if s.runs == 0 || s.bytes == 0 {
		t.Error("this proves nothing")
	}
}

func newSoaked(t *testing.T, hosts [2]string) *soaked {
	s := &soaked{where: place(t), hosts: hosts, known: map[string]bool{}, struck: map[string]int{}, verdicts: map[string]int{}}
	disk := file(s.where.dir + "/s")
	s.must("mkdir -m 700 %s/s %[1]s/tee", s.where.dir)
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, fmt.Sprintf("size=%d,mode=700", soakDisk)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(disk, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	s.tees = file(s.where.dir + "/tee")
	s.program("nixos-rebuild", fmt.Sprintf(teeing, s.where.dir+"/tee"))
	s.shape(hosts[0], "delay = 2;")
	s.shape(hosts[1], `delay = 1; fail = "units";`)
	s.must(`cd %s/flake && sed -i '/nix.buildMachines = \[/,/^ *\];$/c\nix.buildMachines = [ ];' flake.nix && rm -f fleet.nix`, s.where.dir)
	s.must("ssh-keygen -q -t ed25519 -N '' -f %s/key", s.where.dir)
	t.Cleanup(func() { s.endAgent() })
	s.openDashboard()
	return s
}

// on is a command line with the soak's agent, in the place of this process.
func (s *soaked) on(format string, args ...any) *exec.Cmd {
	return s.command("export SSH_AUTH_SOCK=" + s.where.dir + "/agent; exec nixfleet-tui " + fmt.Sprintf(format, args...))
}

func (s *soaked) openDashboard() {
	s.board = s.onConsole(s.on("--on %s", strings.Join(s.hosts[:], ",")))
}

// leaveDashboard closes the dashboard's window, after which it must end.
func (s *soaked) leaveDashboard() {
	s.lose(s.board)
	s.board = nil
}

// lose closes the window of a program, which must end then.
func (s *soaked) lose(c *console) {
	s.t.Helper()
	c.master.Close()
	if !within(aRun, func() bool {
		select {
		case <-c.ended:
			return true
		default:
			return false
		}
	}) {
		s.t.Errorf("it goes on without its terminal:\n%s", c.text())
	}
	s.crashed(c.text())
}

// beginAgent starts an agent with a key.
func (s *soaked) beginAgent() {
	s.t.Helper()
	text := s.must("rm -f %s/agent; ssh-agent -a %[1]s/agent | sed -n 's/.*SSH_AGENT_PID=\\([0-9]*\\);.*/\\1/p'; SSH_AUTH_SOCK=%[1]s/agent ssh-add -q %[1]s/key", s.where.dir)
	pid, err := strconv.Atoi(text)
	if err != nil {
		s.t.Fatal(err)
	}
	s.agent = pid
}

func (s *soaked) endAgent() (struck bool) {
	if s.agent != 0 {
		struck = syscall.Kill(s.agent, syscall.SIGKILL) == nil
	}
	s.agent = 0
	return struck
}

// play deploys once, lets the round's faults happen, and looks at all of it
// while it goes on and when it is over.
func (s *soaked) play(r soak.Round) {
	s.rounds++
	all := labFaults()
	onTerminal, exact, whole, watched := r.Terminal, true, true, true
	for _, b := range r.Blows {
		f := all[b.Fault]
		onTerminal, exact, whole = onTerminal || f.terminal, exact && f.exact, whole && !f.loses
		watched = watched && !strings.HasPrefix(b.Fault, "the viewer")
	}
	s.newRevision()
	s.beginAgent()
	if s.board == nil {
		s.openDashboard()
	}
	said := &bytes.Buffer{}
	ended := make(chan error, 1)
	cmd := s.on("switch --on %s --parallel 2 --yes", strings.Join(s.hosts[:], ","))
	if onTerminal {
		s.viewer = s.onConsole(cmd)
		ended = s.viewer.ended
	} else {
		cmd.Stdout, cmd.Stderr = said, said
		if err := cmd.Start(); err != nil {
			s.t.Fatal(err)
		}
		go func() { ended <- cmd.Wait() }()
	}
	s.run = soak.Run{Torn: len(r.Blows)}
	shut := false // a host was, before there was a run
	text := func() string {
		if s.viewer != nil {
			return s.viewer.text()
		}
		return said.String()
	}
	inTime := r.Play(ended, aRun, func(b soak.Blow) func() {
		lift, hit := all[b.Fault].strike(s, cmd.Process.Pid)
		if !hit {
			s.late++
			return nil
		}
		s.struck[b.Fault]++
		shut = shut || all[b.Fault].shuts && s.run.Dir == ""
		return lift
	}, s.look)
	if !inTime {
		s.t.Errorf("the viewer does not end:\n%s", text())
	}
	if s.viewer != nil {
		s.viewer.master.Close()
	}
	s.crashed(text())
	s.endAgent()
	// With its plan a run can be adopted, by whomever: also one whose supervisor
	// never started.
	if dir := s.newRun("run.json"); dir != "" {
		s.concludes(dir, exact, whole)
	} else if refused := strings.Contains(unbroken(text()), "nothing was started"); exact && watched && !(shut && refused) {
		s.t.Error("no run came of it")
	}
	if s.t.Failed() {
		s.t.Logf("in %s: the viewer said\n%s", r, text())
	}
	s.viewer = nil
}

// newRun is the directory of the run that was not there before this round, and
// has this file; or "".
func (s *soaked) newRun(name string) string {
	for _, path := range s.files(name) {
		if dir := filepath.Dir(path); !s.known[dir] {
			return dir
		}
	}
	return ""
}

// crashed fails the test if the program met a defect of its own.
func (s *soaked) crashed(said string) {
	s.t.Helper()
	traces, err := filepath.Glob(file(s.where.dir + "/s/nixfleet/crash-*"))
	if err != nil || len(traces) > 0 || strings.Contains(said, "a defect in this program") {
		s.t.Errorf("it crashed: %v, %v\n%s", traces, err, said)
	}
}

// look holds what goes on to what must be so at every moment.
func (s *soaked) look() {
	s.looks++
	s.crashed("")
	s.bounded()
	if s.run.Dir == "" {
		s.run.Dir = s.newRun("events.jsonl")
	}
	if s.run.Dir == "" {
		return
	}
	if err := s.run.Look(); err != nil {
		s.t.Error(err)
	}
}

// bounded holds the dashboard to what it may hold.
func (s *soaked) bounded() {
	if s.board == nil {
		return
	}
	of := fmt.Sprintf("/proc/%d", s.board.cmd.Process.Pid)
	files, ferr := os.ReadDir(of + "/fd")
	statm, serr := os.ReadFile(of + "/statm")
	if ferr != nil || serr != nil {
		s.t.Errorf("the dashboard has gone: %v, %v\n%s", ferr, serr, s.board.text())
		return
	}
	var size, resident, children int
	if _, err := fmt.Sscan(string(statm), &size, &resident); err != nil {
		s.t.Error(err)
	}
	threads, err := filepath.Glob(of + "/task/*/children")
	if err != nil {
		s.t.Error(err)
	}
	for _, path := range threads {
		if content, err := os.ReadFile(path); err == nil { // else the thread has ended
			children += len(strings.Fields(string(content)))
		}
	}
	if bytes := resident * os.Getpagesize(); len(files) > dashboardFiles || children > dashboardChildren || bytes > dashboardResident {
		s.t.Errorf("the dashboard has %d files open, %d children and %d MiB", len(files), children, bytes>>20)
	}
}

// concludes sees a run to its end, which adopts it if it must, and compares
// what it left with the truth.
func (s *soaked) concludes(dir string, exact, whole bool) {
	var view rollout.View
	for attached := 0; !view.Over() && attached < 5; attached++ {
		if attached > 0 {
			s.crashed(s.sh("nixfleet-tui runs attach %s --plain", idOf(dir)).stderr)
		}
		var err error
		if view, err = soak.View(dir); err != nil {
			s.t.Error(err)
		}
	}
	s.known[dir], s.run.Dir = true, dir
	s.leavesNothing(idOf(dir))
	n, err := s.run.Whole()
	if err != nil || !view.Over() {
		s.t.Errorf("run %s, over: %v: %v", dir, view.Over(), err)
	}
	s.runs, s.bytes = s.runs+1, s.bytes+n
	want := map[string]rollout.Outcome{s.hosts[0]: rollout.OutcomeOK, s.hosts[1]: rollout.OutcomeDegraded}
	for _, task := range view.Tasks {
		v := task.Verdict
		if v == nil {
			s.t.Errorf("%s has no verdict", task.Host)
			continue
		}
		s.verdicts[string(v.Outcome)]++
		if exact && v.Outcome != want[task.Host] {
			s.t.Errorf("%s became %s: %s", task.Host, v.Outcome, v.Reason)
		}
		moved := v.Outcome == rollout.OutcomeOK || v.Outcome == rollout.OutcomeDegraded
		if now := s.standing(task.Host); moved && now != v.System+"\n"+v.System {
			s.t.Errorf("%s is said to be %s with %s, and stands at %s", task.Host, v.Outcome, v.System, now)
		}
		if whole {
			s.compare(dir, task.Host)
		}
	}
}

// compare compares a log with what nixos-rebuild printed, if it began.
func (s *soaked) compare(dir, host string) {
	printed, err := os.ReadFile(filepath.Join(s.tees, idOf(dir)+"-"+host))
	if os.IsNotExist(err) {
		return
	}
	if log := readLog(s.t, dir, host); err != nil || log != string(printed) {
		s.t.Errorf("run %s: the log of %s has %d bytes, and %d were printed, %v", idOf(dir), host, len(log), len(printed), err)
	}
}
