//go:build lab

package e2e

import (
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Kills are numbers of the environment: how many, and from which seed.
const (
	killsVariable = "NIXFLEET_KILLS"
	seedVariable  = "NIXFLEET_SEED"
)

const (
	killsAtOnce = 4               // of one run
	killWithin  = 3 * time.Second // after the one before, at random
)

// teeing is a nixos-rebuild that writes what it prints on stderr to a second
// place too, by the run's name and the host's.
const teeing = `case $PWD in */hosts/*.cwd) ;; *) exec /usr/local/bin/nixos-rebuild "$@" ;; esac
d=${PWD%%.cwd}; r=${d%%/hosts/*}
{ /usr/local/bin/nixos-rebuild "$@" 2>&1 1>&3 3>&- | tee -i -a "%s/${r##*/}-${d##*/}" >&2 3>&-; exit "${PIPESTATUS[0]}"; } 3>&1`

// TestKillStress kills viewers, supervisors and task parents at random moments
// of runs. No byte of a log is lost, nothing is left running, and each verdict
// is what it would have been.
func TestKillStress(t *testing.T) {
	hosts := map[string]string{"h1": "ok", "h2": "ok", "h3": "degraded", "h4": "failed", "h7": "ok"}
	need(t, "h1", "h2", "h3", "h4", "h7")
	w := place(t)
	w.shape("h2", "delay = 4;")
	tees := w.dir + "/tee"
	w.must("mkdir %s", tees)
	w.program("nixos-rebuild", fmt.Sprintf(teeing, tees))
	k := &killer{where: w, hosts: hosts, tees: file(tees), killed: map[string]int{}}
	goal := number(t, killsVariable, 10)
	seed := number(t, seedVariable, 1)
	k.random = rand.New(rand.NewPCG(uint64(seed), 0))
	began := time.Now()
	for runs := 0; k.count() < goal && !t.Failed(); runs++ {
		if runs > goal { // at least one victim a run
			t.Fatalf("%d kills in %d runs", k.count(), runs)
		}
		k.oneRun(goal)
	}
	t.Logf("seed %d: %d kills %v in %d runs, %s; %d adoptions, %d exit statuses lost; %d logs of %d bytes compared, %d verdicts",
		seed, k.count(), k.killed, k.runs, time.Since(began).Round(time.Second), k.adoptions, k.lost, k.logs, k.bytes, k.verdicts)
}

func number(t *testing.T, variable string, otherwise int) int {
	text := os.Getenv(variable)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("%s: %v", variable, err)
	}
	return n
}

// killer kills, and keeps count.
type killer struct {
	*where
	hosts  map[string]string // and how each of them ends
	tees   string
	random *rand.Rand

	killed                map[string]int
	runs, adoptions, lost int
	logs, verdicts        int
	bytes                 int64
}

func (k *killer) count() (n int) {
	for _, c := range k.killed {
		n += c
	}
	return n
}

// oneRun starts a run, kills parts of it, and sees what becomes of it.
func (k *killer) oneRun(goal int) {
	k.t.Helper()
	k.newRevision()
	before, standing := k.dirs(), map[string]string{}
	for h := range k.hosts {
		standing[h] = k.standing(h)
	}
	viewer, _ := k.start("switch --on h1,h2,h3,h4,h7 --parallel 5 --yes")
	for range min(killsAtOnce, goal-k.count()) {
		<-time.After(time.Duration(k.random.Int64N(int64(killWithin))))
		dir := newest(before, k.dirs())
		kind, victim := k.victim(dir, viewer)
		if victim == 0 || syscall.Kill(victim, syscall.SIGKILL) != nil {
			continue // it has ended
		}
		k.killed[kind]++
		if viewer != nil && victim == viewer.Process.Pid {
			viewer.Wait()
			viewer = nil
		}
		if viewer == nil && dir != "" && k.random.IntN(2) == 0 { // otherwise nobody watches for a while
			viewer, _ = k.start("runs attach %s --plain", filepath.Base(dir))
		}
	}
	dir := ""
	k.eventually("there is a run, or never will be", soon, func() bool {
		if viewer == nil { // whoever comes next ends the logins of a command that was killed before its run
			k.where.runs()
		}
		over := len(processes(k.t, k.dir)) == 0
		dir = newest(before, k.dirs())
		return over || dir != ""
	})
	if dir != "" {
		k.concludes(dir, standing)
	}
	if viewer != nil {
		viewer.Wait()
	}
}

// newest is the run that was not there before, or "".
func newest(before, now []string) string {
	for _, path := range slices.Backward(now) {
		if !slices.Contains(before, path) {
			return filepath.Dir(path)
		}
	}
	return ""
}

// victim chooses a process of the run; 0 when there is none.
func (k *killer) victim(dir string, viewer *exec.Cmd) (kind string, pid int) {
	k.t.Helper()
	kinds := map[string][]int{}
	if viewer != nil {
		kinds["viewer"] = []int{viewer.Process.Pid}
	}
	if dir != "" {
		kinds["supervisor"] = processes(k.t, "run-supervisor", "/runs/"+filepath.Base(dir))
		kinds["task parent"] = processes(k.t, "run-task", "/runs/"+filepath.Base(dir))
	}
	order := []string{"viewer", "supervisor", "task parent"}
	k.random.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
	for _, kind := range order {
		if pids := kinds[kind]; len(pids) > 0 {
			return kind, pids[k.random.IntN(len(pids))]
		}
	}
	return "", 0
}

// concludes waits for a run's end and compares all that it left with the truth.
func (k *killer) concludes(dir string, standing map[string]string) {
	k.t.Helper()
	id := filepath.Base(dir)
	k.eventually("the run ends", aRun, func() bool { return k.find(id).State == "ended" })
	k.runs++
	for _, e := range events(k.t, dir) {
		if e.Event == "adopted" {
			k.adoptions++
		}
	}
	for host, v := range verdicts(k.t, dir) {
		k.verdicts++
		if v.ExitCode == nil {
			k.lost++
		}
		now := k.standing(host)
		truth := now != standing[host] && now == v.System+"\n"+v.System
		if k.hosts[host] == "failed" {
			truth = now == standing[host]
		}
		if v.Verdict != k.hosts[host] || !truth {
			k.t.Errorf("run %s: %s stands at %s, stood at %s: %+v", id, host, now, standing[host], v)
		}
		k.compare(dir, host)
	}
	if n := len(verdicts(k.t, dir)); n != len(k.hosts) {
		k.t.Errorf("run %s: %d verdicts", id, n)
	}
	k.leavesNothing(id)
}

// compare compares a log with what nixos-rebuild printed.
func (k *killer) compare(dir, host string) {
	k.t.Helper()
	log := readLog(k.t, dir, host)
	printed, err := os.ReadFile(filepath.Join(k.tees, filepath.Base(dir)+"-"+host))
	if err != nil {
		k.t.Error(err)
		return
	}
	if sha256.Sum256([]byte(log)) != sha256.Sum256(printed) {
		k.t.Errorf("run %s: the log of %s has %d bytes, and %d were printed; the log ends in %q", filepath.Base(dir), host, len(log), len(printed), log[max(0, len(log)-200):])
	}
	if !strings.HasPrefix(log, "building the system configuration...\n") {
		k.t.Errorf("run %s: the log of %s has no beginning", filepath.Base(dir), host)
	}
	k.logs++
	k.bytes += int64(len(printed))
}
