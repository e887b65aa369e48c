package fleet

import (
	"errors"
	"path"
	"slices"
	"strings"
)

// Selection is a parsed `--on` expression (colmena's syntax, and more): terms
// joined by commas, of which a host has to match one and none of the excluded.
// An expression of nothing but exclusions takes all other hosts.
//
//	web1 web*            a name, or a glob over whole names
//	@web @db*            a tag
//	!x                   excludes what the term x matches
//	system:aarch64-*     a system
//	state:down           how it is reached: up down auth hostkey unknown
//	drift:behind         in-sync behind ahead diverged boot-pending older-booted testing unknown
//	is:reboot            also builder frozen intermittent hidden
//
// A hidden host is selected by its exact name or by is:hidden only.
type Selection struct {
	terms  []term
	filter bool
}

// Subject is what a selection looks at in one host.
type Subject struct {
	Host   Host
	System string
	State  State
	Drift  Drift
	Reboot bool
	Builds bool // is a builder by any source; Host.Builder counts too
}

// ParseSelection reads an expression. The error is an *Error.
func ParseSelection(s string) (Selection, error) {
	var sel Selection
	for word := range strings.SplitSeq(s, ",") {
		word = strings.TrimSpace(word)
		if word == "" {
			continue
		}
		t, err := parseTerm(word)
		if err != nil {
			return Selection{}, err
		}
		sel.terms = append(sel.terms, t)
	}
	if len(sel.terms) == 0 {
		return Selection{}, mistake("Name hosts, such as --on web1,@db, or take all with --on '*'.", "the selection is empty")
	}
	return sel, nil
}

// ParseFilter reads the same language as it is being typed: nothing is a
// mistake, a plain word matches anywhere in a name, and tags and values match
// from their beginning. The empty filter matches every host that is not hidden.
func ParseFilter(s string) Selection {
	sel := Selection{filter: true}
	for word := range strings.SplitSeq(s, ",") {
		if t, ok := filterTerm(strings.TrimSpace(word)); ok {
			sel.terms = append(sel.terms, t)
		}
	}
	return sel
}

// NeedsStatus says whether the expression asks for what only a probe knows.
func (s Selection) NeedsStatus() bool {
	return slices.ContainsFunc(s.terms, func(t term) bool {
		return t.kind == byState || t.kind == byDrift || t.kind == byIs && t.pattern == isReboot
	})
}

// NeedsFacts says whether the expression asks for what the flake's evaluation
// of the hosts tells: without fresh facts it may select too few.
func (s Selection) NeedsFacts() bool {
	return slices.ContainsFunc(s.terms, func(t term) bool {
		return t.kind == bySystem || t.kind == byDrift || t.kind == byIs && t.pattern == isBuilder
	})
}

// Matches says whether the subject is selected.
func (s Selection) Matches(x Subject) bool {
	included, onlyExcludes := false, true
	for _, t := range s.terms {
		switch {
		case t.exclude && t.matches(x):
			return false
		case !t.exclude:
			onlyExcludes = false
			included = included || t.matches(x) && (!x.Host.Hidden || t.unhides(x))
		}
	}
	return included || onlyExcludes && !x.Host.Hidden
}

// ErrNoMatch is that an expression without a mistake selects nobody: where it
// asks for a state, that can be good news.
var ErrNoMatch = errors.New("no host matches")

// Select returns the names of the selected hosts in the order of all. A plain
// name or tag that no host has, or an expression that matches nothing
// (ErrNoMatch), is an *Error: so a misspelled exclusion never lets a host through.
func (s Selection) Select(all []Subject) ([]string, error) {
	for _, t := range s.terms {
		if err := t.check(all); err != nil && !s.filter {
			return nil, err
		}
	}
	var names []string
	for _, x := range all {
		if s.Matches(x) {
			names = append(names, x.Host.Name)
		}
	}
	if len(names) == 0 && !s.filter {
		e := mistake("See what there is with `nixfleet-tui status`.", "no host matches %s", s)
		e.Err = ErrNoMatch
		return nil, e
	}
	return names, nil
}

// String is the expression, tidied.
func (s Selection) String() string {
	words := make([]string, len(s.terms))
	for i, t := range s.terms {
		words[i] = t.word
	}
	return strings.Join(words, ",")
}

// check finds a plain name or tag that no host has.
func (t term) check(all []Subject) error {
	if isGlob(t.pattern) || t.kind != byName && t.kind != byTag {
		return nil
	}
	var known []string
	for _, x := range all {
		if t.kind == byName {
			known = append(known, x.Host.Name)
		} else {
			known = append(known, x.Host.Tags...)
		}
	}
	if slices.Contains(known, t.pattern) {
		return nil
	}
	if t.kind == byTag {
		near := nearest(t.pattern, known)
		if near != "" {
			return mistake("Did you mean @"+near+"?", "no host has the tag %s", t.pattern)
		}
		return mistake("Tags are given in fleet.nix: hosts.NAME.tags.", "no host has the tag %s", t.pattern)
	}
	return mistake(didYouMean(t.pattern, known, "See the hosts with `nixfleet-tui status`."), "there is no host called %s", t.pattern)
}

func isGlob(pattern string) bool { return strings.ContainsAny(pattern, `*?[\`) }

func glob(pattern, name string) bool {
	ok, err := path.Match(pattern, name)
	return err == nil && ok // patterns were checked when they were parsed
}
