package fleet

import (
	"path"
	"slices"
	"strings"
)

// termKind is what a term looks at.
type termKind int

const (
	byName termKind = iota
	byTag
	bySystem
	byState
	byDrift
	byIs
)

// The words after `is:`.
const (
	isReboot       = "reboot"
	isBuilder      = "builder"
	isFrozen       = "frozen"
	isIntermittent = "intermittent"
	isHidden       = "hidden"
)

// term is one part of an expression.
type term struct {
	word    string // as written
	exclude bool
	kind    termKind
	pattern string
	partial bool // of a filter: names match anywhere, the rest from the beginning
}

// keyword is a key that stands before a colon, with the values it takes; none
// means a glob.
type keyword struct {
	name   string
	kind   termKind
	values []string
}

func keywords() []keyword {
	return []keyword{
		{"system", bySystem, nil},
		{"state", byState, words(StateUp, StateDown, StateAuth, StateHostKey, StateUnknown)},
		{"drift", byDrift, words(DriftInSync, DriftBehind, DriftAhead, DriftDiverged, DriftBootPending, DriftOlderBooted, DriftTesting, DriftUnknown)},
		{"is", byIs, []string{isReboot, isBuilder, isFrozen, isIntermittent, isHidden}},
	}
}

func words[T ~string](values ...T) []string {
	list := make([]string, len(values))
	for i, v := range values {
		list[i] = string(v)
	}
	return list
}

// parseTerm reads one term strictly.
func parseTerm(word string) (term, error) {
	t := term{word: word}
	rest := word
	if t.exclude = strings.HasPrefix(rest, "!"); t.exclude {
		rest = strings.TrimSpace(rest[1:])
	}
	key, value, hasKey := strings.Cut(rest, ":")
	switch {
	case strings.HasPrefix(rest, "@"):
		t.kind, t.pattern = byTag, rest[1:]
	case hasKey:
		k, err := keywordCalled(key, word)
		if err != nil {
			return t, err
		}
		t.kind, t.pattern = k.kind, value
		if k.values != nil && value != "" && !slices.Contains(k.values, value) {
			return t, mistake(didYouMean(value, k.values, "It takes "+strings.Join(k.values, ", ")+"."), "%s: %s knows no %q", word, key, value)
		}
	default:
		t.pattern = rest
	}
	if t.pattern == "" {
		return t, mistake("Write !web1 or @web or state:down; quote it for the shell.", "%s: something is missing here", word)
	}
	if _, err := path.Match(t.pattern, ""); err != nil {
		return t, mistake("A [ begins a set of characters, such as web[1-3].", "%s: the pattern does not end", word)
	}
	return t, nil
}

func keywordCalled(key, word string) (keyword, error) {
	var known []string
	for _, k := range keywords() {
		if k.name == key {
			return k, nil
		}
		known = append(known, k.name+":")
	}
	return keyword{}, mistake(didYouMean(key+":", known, "It takes "+strings.Join(known, ", ")+"."), "%s: there is no %s: to select by", word, key)
}

// filterTerm reads one term as far as it has been typed; false when it says nothing yet.
func filterTerm(word string) (term, bool) {
	t := term{word: word, partial: true}
	rest := word
	if t.exclude = strings.HasPrefix(rest, "!"); t.exclude {
		rest = strings.TrimSpace(rest[1:])
	}
	t.pattern = rest
	if tag, ok := strings.CutPrefix(rest, "@"); ok {
		t.kind, t.pattern = byTag, tag
	} else if key, value, ok := strings.Cut(rest, ":"); ok {
		if k, err := keywordCalled(key, word); err == nil {
			t.kind, t.pattern = k.kind, value
		}
	}
	return t, t.pattern != ""
}

// matches says whether the term, taken as an inclusion, is true of x.
func (t term) matches(x Subject) bool {
	switch t.kind {
	case byTag:
		return slices.ContainsFunc(x.Host.Tags, t.fits)
	case bySystem:
		return x.System != "" && t.fits(x.System)
	case byState:
		return t.fits(string(orUnknown(x.State)))
	case byDrift:
		return t.fits(string(orUnknown(x.Drift)))
	case byIs:
		return slices.ContainsFunc(traits(x), t.fits)
	}
	if t.partial && !isGlob(t.pattern) {
		return strings.Contains(strings.ToLower(x.Host.Name), strings.ToLower(t.pattern))
	}
	return t.pattern == x.Host.Name || glob(t.pattern, x.Host.Name)
}

// unhides says whether the term selects x although it is hidden.
func (t term) unhides(x Subject) bool {
	return t.kind == byName && t.pattern == x.Host.Name || t.kind == byIs && t.fits(isHidden)
}

func (t term) fits(value string) bool {
	if t.partial && !isGlob(t.pattern) {
		return strings.HasPrefix(strings.ToLower(value), strings.ToLower(t.pattern))
	}
	return t.pattern == value || glob(t.pattern, value)
}

// traits are the words after `is:` that are true of x.
func traits(x Subject) []string {
	var list []string
	add := func(is bool, word string) {
		if is {
			list = append(list, word)
		}
	}
	add(x.Reboot, isReboot)
	add(x.Builds || x.Host.Builder != nil, isBuilder)
	add(x.Host.Frozen != "", isFrozen)
	add(x.Host.Intermittent, isIntermittent)
	add(x.Host.Hidden, isHidden)
	return list
}

func orUnknown[T ~string](v T) T {
	if v == "" {
		return "unknown"
	}
	return v
}
