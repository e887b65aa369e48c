package demo

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// builds writes down the builds of a plan, with the count that Nix keeps.
type builds struct {
	buildPlan
	log      *log
	id       int64 // of the activity that counts
	expected int64
	running  []time.Duration // when each build that was begun ends
}

// say writes down the count as of a moment.
func (b *builds) say(at time.Duration) {
	var done, running int64
	for _, end := range b.running {
		if end <= at {
			done++
		} else {
			running++
		}
	}
	b.log.progress(at, b.id, done, b.expected, running, 0)
}

// one writes down one build and returns when its slot is free again, and
// whether it went well.
func (b *builds) one(at time.Duration, r recipe) (time.Duration, bool) {
	l, drv := b.log, b.drv(r)
	machine, what := "", fmt.Sprintf("building '%s'", drv)
	if b.remote != "" && r.took >= bigBuild {
		machine = b.remote
		what += fmt.Sprintf(" on '%s'", machine)
	}
	id := l.start(at, actBuild, levelInfo, 0, what, text(drv), text(machine), number(1), number(1))
	end := at + r.took
	b.running = append(b.running, end)
	b.say(at)
	total := 0
	for _, p := range r.phases {
		total += len(p.lines)
	}
	began := at
	for _, p := range r.phases {
		if p.name != "" {
			l.result(began, id, resSetPhase, text(p.name))
		}
		takes := r.took * time.Duration(len(p.lines)) / time.Duration(max(total, 1))
		logLines(l, r.name, began, takes, id, p.lines)
		began += takes
	}
	if r.name == b.fails {
		b.failed(end, r)
		l.stop(end, id)
		return end, false
	}
	l.stop(end, id)
	b.say(end)
	return end + betweenBuilds, true
}

// logLines spreads lines of a build's log evenly over the time that it takes.
func logLines(l *log, name string, at, takes time.Duration, id int64, lines []string) {
	for i, line := range lines {
		moment := at + takes*time.Duration(i)/time.Duration(len(lines))
		l.result(moment, id, resBuildLogLine, text(line))
		if !l.json && l.logOptions.lines {
			l.lineAt(moment, name+"> "+line)
		}
	}
}

// linesInError is how many lines of a build's log Nix shows when it fails.
const linesInError = 10

// failed writes down what Nix says when a derivation cannot be built: its last
// lines, and each derivation that needed it.
func (b *builds) failed(at time.Duration, r recipe) {
	const red, bold, magenta, plain = "\x1b[31;1m", "\x1b[1m", "\x1b[35;1m", "\x1b[0m"
	drv := b.drv(r)
	var lines []string
	for _, p := range r.phases {
		lines = append(lines, p.lines...)
	}
	b.log.progress(at, b.id, int64(len(b.running)-1), b.expected, 0, 1)
	var tail strings.Builder
	for _, line := range lines[max(0, len(lines)-linesInError):] {
		tail.WriteString("\n       > " + line)
	}
	b.log.msg(at, levelError, fmt.Sprintf("%serror:%s builder for '%s%s%s' failed with exit code 1;\n       last %d log lines:%s\n       For full logs, run:\n         %snix log %s%s",
		red, plain, magenta, drv, plain, min(len(lines), linesInError), tail.String(), bold, drv, plain))
	self := slices.IndexFunc(b.build, func(o recipe) bool { return o.name == r.name })
	for _, above := range slices.Concat(b.build[self+1:], b.last[1:]) {
		b.log.msg(at, levelError, fmt.Sprintf("%serror:%s 1 dependencies of derivation '%s%s%s' failed to build", red, plain, magenta, b.drv(above), plain))
	}
}

// elsewhere is the builder that a machine's Nix sends big builds to: small
// machines have one for their system, others build for themselves.
func (s snapshot) elsewhere() string {
	const small = 4 // processors
	if s.story.cpus > small {
		return ""
	}
	return remoteStore(s.current.arch)
}

// remoteStore is the fleet's best builder for a system, as a store.
func remoteStore(arch string) string {
	if strings.HasPrefix(arch, "aarch64") {
		return "ssh://nix-builder@boraha.example.org"
	}
	return "ssh://nix-builder@indri.example.org"
}
