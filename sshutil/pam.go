package sshutil

import (
	"path"
	"strconv"
	"strings"
)

// pamRule is a line of a PAM service file: what a module's answer leads to.
type pamRule struct {
	control pamControl
	module  string // without path and ".so"
	args    []string
	service string // of an include or a substack, whose module is ""
	sub     bool   // it is a substack
}

// pamControl says what follows from an answer, as in pam.conf(5): "ok",
// "done", "bad", "die", "ignore", "reset", or a number of rules to pass over.
type pamControl struct{ success, failure string }

// pamControls are the words for common ones.
func pamControls(word string) (c pamControl, known bool) {
	switch word {
	case "required":
		return pamControl{"ok", "bad"}, true
	case "requisite":
		return pamControl{"ok", "die"}, true
	case "sufficient":
		return pamControl{"done", "ignore"}, true
	case "optional":
		return pamControl{"ok", "ignore"}, true
	}
	return c, false
}

// parsePAM reads the rules of one kind ("auth" or "account") out of a service
// file. Lines that nobody here understands are counted.
func parsePAM(lines []string, kind string) (rules []pamRule, strange int) {
	for _, line := range lines {
		words := pamWords(line)
		if len(words) == 0 {
			continue
		}
		if words[0] == "@include" && len(words) == 2 {
			rules = append(rules, pamRule{service: words[1]})
			continue
		}
		if strings.HasSuffix(line, "\\") {
			strange++ // it goes on in the next line, which nobody does
		}
		if of := strings.TrimPrefix(words[0], "-"); !strings.EqualFold(of, kind) {
			continue
		}
		rule, ok := parseRule(words[1:])
		if !ok {
			strange++
			continue
		}
		rules = append(rules, rule)
	}
	return rules, strange
}

func parseRule(words []string) (rule pamRule, ok bool) {
	if len(words) < 2 {
		return rule, false
	}
	switch word := strings.ToLower(words[0]); word {
	case "include", "substack":
		return pamRule{service: words[1], sub: word == "substack"}, true
	default:
		rule.control, ok = pamControls(word)
		if bracket, is := strings.CutPrefix(word, "["); is {
			rule.control, ok = bracketControl(strings.TrimSuffix(bracket, "]"))
		}
	}
	rule.module = strings.TrimSuffix(path.Base(words[1]), ".so")
	rule.module = strings.TrimPrefix(rule.module, "lib") // as pam_rssh calls its file
	for _, arg := range words[2:] {
		if inner, is := strings.CutPrefix(arg, "["); is {
			arg = strings.TrimSuffix(inner, "]")
		}
		rule.args = append(rule.args, arg)
	}
	return rule, ok
}

// bracketControl reads "success=1 default=ignore".
func bracketControl(text string) (c pamControl, ok bool) {
	byAnswer := map[string]string{}
	for pair := range strings.FieldsSeq(text) {
		answer, action, found := strings.Cut(pair, "=")
		if !found {
			return c, false
		}
		byAnswer[answer] = action
	}
	of := func(answer string) string {
		if action, given := byAnswer[answer]; given {
			return action
		}
		if action, given := byAnswer["default"]; given {
			return action
		}
		return "bad"
	}
	return pamControl{of("success"), of("auth_err")}, true
}

// pamWords takes a line apart: at blanks, but not within brackets. A comment
// ends it.
func pamWords(line string) []string {
	var words []string
	for {
		line = strings.TrimLeft(line, " \t")
		if line == "" || line[0] == '#' {
			return words
		}
		end := strings.IndexAny(line, " \t")
		if line[0] == '[' {
			if end = strings.IndexByte(line, ']') + 1; end == 0 {
				end = len(line)
			}
		}
		if end < 0 {
			end = len(line)
		}
		words = append(words, line[:end])
		line = line[end:]
	}
}

// pamAnswer is what a module will say.
type pamAnswer int

const (
	pamFails pamAnswer = iota
	pamPasses
	pamIgnores // it has no say
	pamAsks    // it asks a person, and passes if the answer is right
	pamUnsure  // nobody can tell from here
)

// pamVerdict is how a stack ends.
type pamVerdict struct {
	answer pamAnswer // never pamIgnores
	rule   *pamRule  // which decided; nil when none did
}

// pamStack is a service's rules, and what the modules in it will say. With
// answered, questions to a person get the right answer.
type pamStack struct {
	services map[string][]string // lines, by name of the service file
	kind     string
	says     func(*pamRule) pamAnswer
	answered bool
	strange  bool // there was something that nobody here understands
}

const pamDepth = 8 // of service files that include each other

// run goes through a service's rules as libpam does.
func (p *pamStack) run(service string) pamVerdict { return p.walk(p.flat(service, 0), 0) }

// flat are a service's rules with included ones in their place.
func (p *pamStack) flat(service string, depth int) []pamRule {
	lines, known := p.services[service]
	if !known || depth > pamDepth {
		p.strange = true
		return nil
	}
	rules, strange := parsePAM(lines, p.kind)
	p.strange = p.strange || strange > 0
	var all []pamRule
	for _, r := range rules {
		if r.service != "" && !r.sub {
			all = append(all, p.flat(path.Base(r.service), depth+1)...)
		} else {
			all = append(all, r)
		}
	}
	return all
}

// walk decides. A question, or something unknown, ends it: what comes after
// depends on what is not known.
func (p *pamStack) walk(rules []pamRule, depth int) pamVerdict {
	end := pamVerdict{answer: pamUnsure}
	if depth > pamDepth {
		return end
	}
	decided, doomed := false, false
	for i := 0; i < len(rules); i++ {
		r := &rules[i]
		answer := p.answer(r, depth)
		action := r.control.failure
		switch {
		case answer == pamIgnores:
			continue
		case answer == pamUnsure && r.control == pamControl{"ok", "ignore"} && decided:
			continue // an optional one changes nothing any more
		case answer == pamUnsure || answer == pamAsks:
			return pamVerdict{answer, r}
		case answer == pamPasses:
			action = r.control.success
		}
		switch action {
		case "ignore":
		case "ok", "done":
			if !decided && !doomed {
				end, decided = pamVerdict{pamPasses, r}, true
			}
			if action == "done" && !doomed {
				return pamVerdict{pamPasses, r}
			}
		case "bad", "die":
			if !doomed {
				end, doomed = pamVerdict{pamFails, r}, true
			}
			if action == "die" {
				return end
			}
		default:
			jump, err := strconv.Atoi(action)
			if err != nil || jump < 0 {
				return pamVerdict{pamUnsure, r} // reset, or a word of tomorrow
			}
			if i += jump; i >= len(rules) {
				return pamVerdict{pamFails, r} // libpam takes it for a mistake
			}
		}
	}
	if !decided && !doomed {
		return pamVerdict{answer: pamFails}
	}
	return end
}

// answer is what one rule says, which may be a stack of its own.
func (p *pamStack) answer(r *pamRule, depth int) pamAnswer {
	if r.service != "" {
		r.control = pamControl{"ok", "bad"}
		return p.walk(p.flat(path.Base(r.service), depth+1), depth+1).answer
	}
	answer := p.says(r)
	if answer == pamAsks && p.answered {
		return pamPasses
	}
	return answer
}
