package nixcmd

import (
	"slices"
	"strings"
)

// Closed says whether a Nix expression stands for itself: whoever evaluates it,
// wherever its file lies, gets what its text alone says, or an error. Such a
// value can be kept for as long as the text is the same.
//
// It knows a part of Nix: sets, lists, strings, numbers, let, if, functions of
// one name, and the operators that read nothing. Every name has to be bound by a
// let or a function in the text, but for true, false and null; so nothing of
// what Nix brings along can be meant. Paths, URLs, rec, with, and what else is
// not known here are refused, although many of them would do no harm.
//
// What it takes for a token is what src/libexpr/lexer.l does (Nix 2.3 to 2.31):
// where a string or a comment ends decides what is code.
func Closed(text string) bool {
	r := closedReader{rest: text}
	everywhere := (*closedScope)(nil).inside("true", "false", "null")
	if len(text) > maxClosed || strings.IndexByte(text, 0) >= 0 || !r.expression(everywhere) || r.peek() != closedEnd {
		return false
	}
	return !slices.ContainsFunc(r.names, func(n nameInScope) bool { return !n.scope.has(n.name) })
}

// closedReader goes through an expression. Its methods say whether what they
// have read is known, and may take for good what Nix takes for an error.
type closedReader struct {
	rest  string
	depth int
	names []nameInScope // that are used; a let binds some only behind their use
}

type nameInScope struct {
	name  string
	scope *closedScope
}

// closedScope has the names of one let or function.
type closedScope struct {
	names map[string]bool
	outer *closedScope
}

func (s *closedScope) inside(names ...string) *closedScope {
	inner := &closedScope{names: map[string]bool{}, outer: s}
	for _, name := range names {
		inner.names[name] = true
	}
	return inner
}

func (s *closedScope) has(name string) bool {
	for ; s != nil; s = s.outer {
		if s.names[name] {
			return true
		}
	}
	return false
}

// expression reads up to what can only stand behind one.
func (r *closedReader) expression(scope *closedScope) bool {
	r.depth++
	defer func() { r.depth-- }()
	if r.depth > maxClosedDepth {
		return false
	}
	for empty := true; ; empty = false {
		switch r.peek() {
		case closedEnd, ";", ")", "}", "]", "in", "then", "else":
			return !empty
		case "//", "++", "+", "==", "!=", "&&", "||", "!":
			r.take()
		case "let":
			r.take()
			return r.letIn(scope)
		case "if":
			r.take()
			return r.ifElse(scope)
		default:
			token := r.take()
			if isWord(token) && r.peek() == ":" {
				r.take()
				return bindable(token) && r.expression(scope.inside(token))
			}
			if !r.operand(token, scope) {
				return false
			}
		}
	}
}

func (r *closedReader) letIn(scope *closedScope) bool {
	inner := scope.inside()
	return r.bindings("in", scope, inner) && r.expression(inner)
}

func (r *closedReader) ifElse(scope *closedScope) bool {
	return r.expression(scope) && r.is("then") && r.expression(scope) && r.is("else") && r.expression(scope)
}

// operand reads what begins with the token, and what is selected from it.
func (r *closedReader) operand(token string, scope *closedScope) bool {
	ok := false
	switch {
	case token == `"`, token == "''":
		ok = r.text(token, scope)
	case token == "(":
		ok = r.expression(scope) && r.is(")")
	case token == "[":
		ok = r.list(scope)
	case token == "{":
		ok = r.bindings("}", scope, scope)
	case isWord(token):
		r.names = append(r.names, nameInScope{token, scope})
		ok = true
	default:
		ok = isNumber(token)
	}
	return ok && r.selected(scope)
}

func (r *closedReader) list(scope *closedScope) bool {
	r.depth++ // the elements of lists of lists are no expressions
	defer func() { r.depth-- }()
	for r.peek() != "]" {
		if r.depth > maxClosedDepth || !r.operand(r.take(), scope) {
			return false
		}
	}
	return r.is("]")
}

// selected reads the attributes behind a value or a name, each with its dot.
func (r *closedReader) selected(scope *closedScope) bool {
	for r.peek() == "." {
		r.take()
		if !r.attribute(r.take(), scope) {
			return false
		}
	}
	return true
}

// attribute reads the name of one, which begins with the token.
func (r *closedReader) attribute(token string, scope *closedScope) bool {
	switch token {
	case `"`:
		return r.text(token, scope)
	case "${":
		return r.expression(scope) && r.is("}")
	}
	return isWord(token)
}

// bindings reads those of a set, or of a let, up to the token that ends them. A
// let has an inner scope: its names are seen in all its values.
func (r *closedReader) bindings(end string, outer, inner *closedScope) bool {
	for {
		token, ok := r.take(), false
		switch {
		case token == end:
			return true
		case token == "inherit":
			ok = r.inherited(outer, inner)
		case outer != inner && !bindable(token):
			return false
		default:
			if outer != inner {
				inner.names[token] = true
			}
			ok = r.attribute(token, inner) && r.selected(inner) && r.is("=") && r.expression(inner) && r.is(";")
		}
		if !ok {
			return false
		}
	}
}

// inherited reads names that are bound to what they mean outside, or in a set.
func (r *closedReader) inherited(outer, inner *closedScope) bool {
	from := r.peek() == "("
	if from {
		r.take()
		if !r.expression(inner) || !r.is(")") {
			return false
		}
	}
	for {
		token := r.take()
		switch {
		case token == ";":
			return true
		case outer == inner && !isWord(token), outer != inner && !bindable(token):
			return false
		case !from:
			r.names = append(r.names, nameInScope{token, outer})
		}
		if outer != inner {
			inner.names[token] = true
		}
	}
}

// bindable says whether a name may be bound. That those which Nix brings along
// may not makes sure that none of them is ever meant, whatever is thought here of
// scopes.
func bindable(token string) bool {
	switch token {
	case "assert", "else", "if", "in", "inherit", "let", "rec", "then", "with",
		"abort", "baseNameOf", "break", "builtins", "derivation", "derivationStrict", "dirOf", "false",
		"fetchGit", "fetchMercurial", "fetchTarball", "fetchTree", "fetchurl", "fromTOML", "import", "isNull", "map", "null",
		"placeholder", "removeAttrs", "scopedImport", "storePath", "throw", "toString", "true":
		return false
	}
	return isWord(token)
}
