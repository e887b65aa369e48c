package demo

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// buildPlan is what Nix would do to realise a system: paths that it fetches,
// derivations that it builds, the last few in a row.
type buildPlan struct {
	system system
	fetch  []fetched
	build  []recipe
	last   []recipe
	fails  string // the derivation that cannot be built, or ""
	remote string // store URI of the builder that big builds are sent to, or ""
	slots  int    // builds at a time
}

// fetched is a path that comes from a binary cache.
type fetched struct {
	path  string
	bytes int64 // of its NAR
}

// The cache that everything is fetched from.
const cacheURL = "https://cache.nixos.org"

// planBuild works out what it takes to realise sys. remote is the builder that
// the machine which builds sends its big builds to, or "".
func planBuild(sys system, remote string) buildPlan {
	st, r := storyOf(sys.host), seeded("build "+sys.path)
	p := buildPlan{system: sys, remote: remote, slots: 2, last: assembly(sys)}
	for _, name := range st.fetched {
		p.fetch = append(p.fetch, fetched{storePath(sys.arch, name), sizeOf(name, r)})
	}
	// Any other revision than the wanted one builds well.
	if sys.rev == revisions()[0].rev {
		p.fails = st.buildFails
	}
	for _, name := range st.builtHere {
		if name == p.fails {
			p.build = append(p.build, recipe{name, 2800 * time.Millisecond, []phase{{"", brokenLines(name, sys)}}})
			continue
		}
		p.build = append(p.build, recipeOf(name, sys, r))
	}
	return p
}

// sizeOf is how big something of that name could be.
func sizeOf(name string, r *rand.Rand) int64 {
	mib := int64(6 + r.IntN(40))
	switch base, _ := splitName(name); base {
	case "llvm", "docker", "go", "grafana", "linux":
		mib = int64(90 + r.IntN(60))
	}
	return mib<<20 + int64(r.IntN(1<<20))
}

// drv is the derivation of a recipe of this plan.
func (p buildPlan) drv(r recipe) string {
	if strings.HasPrefix(r.name, "nixos-system-") {
		return p.system.drv
	}
	return derivationPath(p.system.host+p.system.rev, r.name)
}

// out is what a recipe of this plan makes.
func (p buildPlan) out(r recipe) string {
	if strings.HasPrefix(r.name, "nixos-system-") {
		return p.system.path
	}
	return storePath(p.system.host+p.system.rev, r.name)
}

// announce says what will be done.
func (p buildPlan) announce(l *log) {
	all := append(append([]recipe{}, p.build...), p.last...)
	l.msg(planningTakes, levelInfo, fmt.Sprintf("these %d derivations will be built:", len(all)))
	for i := len(all) - 1; i >= 0; i-- {
		l.msg(planningTakes, levelInfo, "  "+p.drv(all[i]))
	}
	if len(p.fetch) == 0 {
		return
	}
	var total int64
	for _, f := range p.fetch {
		total += f.bytes
	}
	mib := func(n int64) float64 { return float64(n) / (1 << 20) }
	l.msg(planningTakes, levelInfo, fmt.Sprintf("these %d paths will be fetched (%.2f MiB download, %.2f MiB unpacked):", len(p.fetch), mib(total/compressedShare), mib(total)))
	for _, f := range p.fetch {
		l.msg(planningTakes, levelInfo, "  "+f.path)
	}
}

// log writes down the whole build, and says whether it fails.
func (p buildPlan) log(l *log) (failed bool) {
	p.announce(l)
	fetchedAt := p.logFetches(l, planningTakes)
	// Building begins while the last downloads are still under way.
	b := builds{buildPlan: p, log: l, expected: int64(len(p.build) + len(p.last))}
	b.id = l.start(planningTakes, actBuilds, levelError, 0, "")
	b.say(planningTakes)
	ends := make([]time.Duration, p.slots)
	for i := range ends {
		ends[i] = planningTakes + (fetchedAt-planningTakes)/2
	}
	for _, r := range p.build {
		slot := earliest(ends)
		var ok bool
		if ends[slot], ok = b.one(ends[slot], r); !ok {
			return true
		}
	}
	at := max(ends[earliest(ends)], fetchedAt)
	for _, e := range ends {
		at = max(at, e)
	}
	for _, r := range p.last {
		at, _ = b.one(at, r)
	}
	l.stop(at, b.id)
	return false
}

// earliest is the slot that is free first.
func earliest(ends []time.Duration) int {
	best := 0
	for i, e := range ends {
		if e < ends[best] {
			best = i
		}
	}
	return best
}

// logFetches writes down the downloads and returns when the last has ended.
func (p buildPlan) logFetches(l *log, from time.Duration) time.Duration {
	if len(p.fetch) == 0 {
		return from
	}
	var total int64
	for _, f := range p.fetch {
		total += f.bytes
	}
	realise := l.start(from, actRealise, levelError, 0, "")
	l.result(from, realise, resSetExpected, number(actFileTransfer), number(total/compressedShare))
	l.result(from, realise, resSetExpected, number(actCopyPath), number(total))
	paths := l.start(from, actCopyPaths, levelError, 0, "")
	ends := make([]time.Duration, fetchSlots)
	for i := range ends {
		ends[i] = from
	}
	done := 0
	var last time.Duration
	for i, f := range p.fetch {
		slot := earliest(ends)
		running := min(len(p.fetch)-i, fetchSlots)
		l.progress(ends[slot], paths, int64(done), int64(len(p.fetch)), int64(running), 0)
		ends[slot] = fetchOne(l, ends[slot], f)
		done++
		last = max(last, ends[slot])
	}
	l.progress(last, paths, int64(len(p.fetch)), int64(len(p.fetch)), 0, 0)
	l.stop(last, paths)
	l.stop(last, realise)
	return last
}

// fetchOne writes down one download and returns when it has ended.
func fetchOne(l *log, at time.Duration, f fetched) time.Duration {
	sub := l.start(at, actSubstitute, levelError, 0, "", text(f.path), text(cacheURL))
	id := l.start(at, actCopyPath, levelInfo, sub, fmt.Sprintf("copying path '%s' from '%s'", f.path, cacheURL), text(f.path), text(cacheURL), text("local"))
	end := logBytes(l, at, id, f.bytes, fetchRate)
	l.stop(end, id)
	l.stop(end, sub)
	return end
}

// logBytes writes down the progress of a copy and returns when it has ended.
func logBytes(l *log, at time.Duration, id, bytes int64, rate float64) time.Duration {
	takes := time.Duration(float64(bytes) / rate * float64(time.Second))
	for d := time.Duration(0); d < takes; d += progressEvery {
		l.progress(at+d, id, int64(float64(bytes)*float64(d)/float64(takes)), bytes, 0, 0)
	}
	l.progress(at+takes, id, bytes, bytes, 0, 0)
	return at + takes
}
