package fleet

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// reader reads the JSON of one fleet.nix and keeps the first mistake in it.
type reader struct {
	file string
	err  *Error
}

func (r *reader) mistake(hint, format string, args ...any) {
	if r.err == nil {
		r.err = mistake(hint, r.file+": "+format, args...)
	}
}

// section is one attribute set of fleet.nix. Reading a key makes it known;
// done reports the keys that nobody read.
type section struct {
	*reader
	path   string // such as hosts.h1, or "" at the top
	fields map[string]json.RawMessage
	known  []string
}

func (r *reader) section(path string, raw json.RawMessage) *section {
	s := &section{reader: r, path: path}
	if err := json.Unmarshal(raw, &s.fields); err != nil || s.fields == nil {
		s.wrongType(path, "an attribute set", raw)
	}
	return s
}

// at is the full path of a key, written as Nix would want it.
func (s *section) at(key string) string {
	if s.path == "" {
		return attr(key)
	}
	return s.path + "." + attr(key)
}

var plainAttr = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_'-]*$`)

func attr(name string) string {
	if plainAttr.MatchString(name) {
		return name
	}
	return strconv.Quote(name)
}

// names are the keys of a set whose keys are names.
func (s *section) names() []string {
	return slices.Sorted(maps.Keys(s.fields))
}

// raw returns the value of key, which is thereby known; nil when it is absent
// or null.
func (s *section) raw(key string) json.RawMessage {
	if !slices.Contains(s.known, key) {
		s.known = append(s.known, key)
	}
	if v := s.fields[key]; string(v) != "null" {
		return v
	}
	return nil
}

// done reports the first key that is not known.
func (s *section) done() {
	for _, key := range s.names() {
		if !slices.Contains(s.known, key) {
			s.mistake(didYouMean(key, s.known, "Known here: "+strings.Join(s.known, ", ")+"."), "unknown key %s", s.at(key))
		}
	}
}

func (s *section) wrongType(path, expected string, found json.RawMessage) {
	where := path
	if where == "" {
		where = "the file"
	}
	s.mistake("Compare with the sample fleet.nix of nixfleet-tui.", "%s: expected %s, found %s", where, expected, kindOf(found))
}

func kindOf(raw json.RawMessage) string {
	switch {
	case len(raw) == 0:
		return "nothing"
	case raw[0] == '"':
		return "a string"
	case raw[0] == '{':
		return "an attribute set"
	case raw[0] == '[':
		return "a list"
	case raw[0] == 't' || raw[0] == 'f':
		return "a boolean"
	case raw[0] == 'n':
		return "null"
	}
	return "a number"
}

// value reads one key into a T; nil when it is absent or null.
func value[T any](s *section, key, expected string) *T {
	raw := s.raw(key)
	if raw == nil {
		return nil
	}
	v := new(T)
	if err := json.Unmarshal(raw, v); err != nil {
		s.wrongType(s.at(key), expected, raw)
		return nil
	}
	return v
}

func (s *section) text(key string) *string { return value[string](s, key, "a string") }

func (s *section) flag(key string) *bool { return value[bool](s, key, "true or false") }

func (s *section) number(key string) *float64 { return value[float64](s, key, "a number") }

func (s *section) whole(key string) *int {
	if raw := s.raw(key); raw != nil && kindOf(raw) == "a number" && json.Unmarshal(raw, new(int)) != nil {
		s.mistake("Write it without a fraction.", "%s: expected a whole number, found %s", s.at(key), raw)
		return nil
	}
	return value[int](s, key, "a number")
}

// texts reads a list of strings; nil when it is absent, empty when it is empty.
func (s *section) texts(key string) []string {
	raw := value[[]json.RawMessage](s, key, "a list of strings")
	if raw == nil {
		return nil
	}
	list := make([]string, 0, len(*raw))
	for i, item := range *raw {
		var text string
		if kindOf(item) != "a string" || json.Unmarshal(item, &text) != nil {
			s.mistake("Put it in quotes.", "%s, item %d: expected a string, found %s", s.at(key), i+1, kindOf(item))
			return nil
		}
		list = append(list, text)
	}
	return list
}

// sets calls each for every attribute of the set at key, by name.
func (s *section) sets(key string, each func(name string, inner *section)) {
	raw := s.raw(key)
	if raw == nil {
		return
	}
	all := s.section(s.at(key), raw)
	for _, name := range all.names() {
		each(name, s.section(all.at(name), all.fields[name]))
	}
}

// set returns the attribute set at key, or nil.
func (s *section) set(key string) *section {
	raw := s.raw(key)
	if raw == nil {
		return nil
	}
	return s.section(s.at(key), raw)
}
