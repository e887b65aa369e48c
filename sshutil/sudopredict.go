package sshutil

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"nixfleet-tui/internal/text"
)

// skewTold is a difference between our clock and a host's that is worth a word.
const skewTold = time.Minute

// PredictSudo says whether sudo will work on a host, from what was read of it
// and what the agent holds. It is a pure function; now is our clock. It rather
// says that it does not know than that sudo works where it does not.
func PredictSudo(h SudoHost, a SudoAgent, now time.Time) SudoForecast {
	f := predictSudo(h, a)
	if !f.Until.IsZero() && !h.Clock.IsZero() {
		f.Until = f.Until.Add(now.Sub(h.Clock)).Round(time.Second) // by our clock, as the rest of the screen
	}
	if note := skewNote(h.Clock, now); f.By.Agent() {
		f.Reason += note
		if f.Miss != "" {
			f.Miss += note
		}
	}
	f.Reason, f.Hint, f.Key, f.Miss = text.Line(f.Reason), text.Line(f.Hint), text.Line(f.Key), text.Line(f.Miss)
	for i, r := range f.Risks {
		f.Risks[i] = SudoRisk{text.Line(r.Message), text.Line(r.Hint)}
	}
	return f
}

// skewNote says how far a host's clock is from ours, if that matters.
func skewNote(clock, now time.Time) string {
	switch skew := clock.Sub(now).Round(time.Second); {
	case clock.IsZero():
	case skew > skewTold:
		return " (its clock is " + span(skew) + " ahead of ours)"
	case skew < -skewTold:
		return " (its clock is " + span(-skew) + " behind ours)"
	}
	return ""
}

func predictSudo(h SudoHost, a SudoAgent) SudoForecast {
	user := h.User
	switch {
	case h.UID == 0:
		return SudoForecast{Outlook: SudoWillWork, By: SudoByRoot, Reason: "the login user is root"}
	case h.Missing:
		return SudoForecast{Outlook: SudoWillFail, Reason: "there is no sudo there", Hint: "Log in as root and set `sudo = false` for it in fleet.nix, or enable security.sudo there."}
	case user == "":
		return SudoForecast{Outlook: SudoUncertain, Reason: "whom we log in as there is not known"}
	}
	rules := readSudoers(h.Sudoers, user, h.Groups)
	switch {
	case rules.read && rules.exact && rules.tty:
		return SudoForecast{Outlook: SudoWillFail, Reason: "sudo there wants a terminal (requiretty)", Hint: "Take requiretty out of security.sudo.extraConfig."}
	case rules.read && rules.exact && rules.free:
		return SudoForecast{Outlook: SudoWillWork, By: SudoByRule, Reason: "sudoers lets " + user + " become root without a password"}
	case rules.read && rules.exact && !rules.allowed:
		return SudoForecast{Outlook: SudoWillFail, Reason: "sudoers there does not let " + user + " become root", Hint: "Put " + user + " into the group wheel there, or log in as somebody who is."}
	}
	w := walker{host: h, agent: a, rules: rules}
	f := w.forecast()
	switch {
	case f.Outlook == SudoWillWork && f.By.Agent() && strings.HasPrefix(h.Program, "sudo-rs"):
		f.Outlook, f.Reason = SudoUncertain, f.Reason+", unless sudo-rs, which runs there, keeps the agent from it"
	case f.Outlook == SudoWillWork && rules.read && !rules.exact:
		f.Outlook, f.Reason = SudoUncertain, f.Reason+", but sudoers there says more than can be told from here"
	case f.Outlook == SudoWillWork && !rules.read && !h.member("wheel") && !h.member("sudo"):
		f.Outlook, f.Reason = SudoUncertain, f.Reason+", if "+user+" may use sudo there at all: its sudoers cannot be read without being root"
	case f.Outlook != SudoWillWork && !(rules.read && rules.exact):
		f.ruleUnknown(rules)
	}
	return f
}

// ruleUnknown lowers a forecast to what it is worth when sudoers could not be
// read: there may be a NOPASSWD in it.
func (f *SudoForecast) ruleUnknown(r sudoRules) {
	f.Outlook = SudoUncertain
	why := "its sudoers cannot be read without being root"
	if r.read {
		why = "its sudoers says more than can be told from here"
	}
	f.Reason = "it works if sudoers says NOPASSWD (" + why + "); otherwise: " + f.Reason
}

// walker goes through a host's rules of PAM for sudo.
type walker struct {
	host  SudoHost
	agent SudoAgent
	rules sudoRules

	words map[*pamRule]moduleWord
	risks []SudoRisk
	last  *moduleWord // of a module that asks the agent
	means SudoMeans   // of that
}

// service is the name of sudo's file in pam.d.
func (w *walker) service() string {
	if w.rules.service != "" {
		return w.rules.service
	}
	return "sudo"
}

func (w *walker) stack(kind string, answered bool) *pamStack {
	return &pamStack{services: w.host.PAM, kind: kind, says: w.says, answered: answered}
}

func (w *walker) forecast() SudoForecast {
	w.words = map[*pamRule]moduleWord{}
	if w.rules.otherUser != "" {
		return SudoForecast{Outlook: SudoUncertain, Reason: "sudo there asks for somebody else's password (" + w.rules.otherUser + ")"}
	}
	auth := w.stack("auth", false)
	end := auth.run(w.service())
	f := SudoForecast{Risks: w.risks}
	switch account := w.account(); {
	case auth.strange:
		f.Outlook, f.Reason = SudoUncertain, "the rules of PAM for sudo there could not all be read"
	case end.answer == pamPasses && account == pamPasses:
		f.Outlook = SudoWillWork
		f.passes(w)
	case account == pamFails:
		f.Outlook, f.Reason = SudoWillFail, "PAM there lets nobody use sudo (account)"
	case end.answer == pamPasses:
		f.Outlook, f.Reason = SudoUncertain, "PAM there may forbid "+w.host.User+" to use sudo (account)"
	case end.answer == pamAsks:
		w.asks(&f)
	case end.answer == pamFails:
		f.Outlook, f.By, f.Reason = SudoWillFail, SudoByNothing, "PAM there lets nobody through"
		w.explain(&f)
	default:
		f.Outlook, f.By, f.Reason = SudoUncertain, SudoByOther, "what PAM there will say cannot be told from here"
		if end.rule != nil && end.rule.module != "" {
			f.Reason = "what " + end.rule.module + " there will say cannot be told from here"
		}
		w.explain(&f)
	}
	return f
}

// passes tells by what sudo lets through.
func (f *SudoForecast) passes(w *walker) {
	f.By, f.Reason = SudoByOther, "PAM there lets everybody through"
	if w.last == nil || w.last.answer != pamPasses {
		f.Risks = append(f.Risks, SudoRisk{"sudo there asks nobody for anything: PAM lets everybody through", "Look at /etc/pam.d/sudo there."})
		return
	}
	f.By, f.Key, f.Touch, f.Until = w.means, w.last.key, w.last.touch, w.last.until
	f.Reason = fmt.Sprintf("%s lets %s through", w.means, w.last.key)
	if f.Touch {
		f.Reason += ", after a touch"
	}
}

// asks tells of a question, and whether the right answer to it is enough.
func (w *walker) asks(f *SudoForecast) {
	f.By = SudoByPassword
	switch after := w.stack("auth", true).run(w.service()); after.answer {
	case pamPasses:
		f.Outlook, f.Reason = SudoNeedsPassword, "sudo wants the password of "+w.host.User
		if state := w.host.Password; (state == "L" || state == "LK" || state == "NP") && w.onlyUnix() {
			f.Outlook, f.Reason = SudoWillFail, "sudo wants the password of "+w.host.User+", who has none"
		}
	case pamFails:
		f.Outlook, f.Reason = SudoWillFail, "sudo asks for a password and fails even with the right one"
	default:
		f.Outlook, f.Reason = SudoUncertain, "sudo asks for a password, and for more than can be told from here"
	}
	w.explain(f)
}

// onlyUnix says whether no other module than pam_unix could know a password.
func (w *walker) onlyUnix() bool {
	for _, r := range w.stack("auth", false).flat(w.service(), 0) {
		if !slices.Contains([]string{"pam_unix", "pam_deny", "pam_permit", "pam_env", "pam_faildelay", "pam_ussh", "pam_rssh", "pam_ssh_agent_auth", "pam_cap"}, r.module) {
			return false
		}
	}
	return true
}

// explain adds what the agent came short of.
func (w *walker) explain(f *SudoForecast) {
	if w.last == nil {
		if f.Hint == "" && f.Outlook != SudoUncertain {
			f.Hint = "Set security.sudo.wheelNeedsPassword = false there, let sudo ask your forwarded agent (security.pam.ussh, security.pam.rssh), or log in as root."
		}
		return
	}
	f.Key, f.Hint = w.last.key, w.last.hint
	if w.last.answer != pamPasses {
		f.Miss = w.last.reason
	}
	switch w.last.answer {
	case pamPasses:
		f.Reason += fmt.Sprintf(", though %s lets %s through", w.means, w.last.key)
	case pamUnsure:
		f.By, f.Reason = w.means, w.last.reason
	default:
		f.By, f.Reason = w.means, f.Reason+", because "+w.last.reason
	}
}

// account says whether PAM lets the user in apart from any proof.
func (w *walker) account() pamAnswer {
	s := w.stack("account", false)
	s.says = accountModule
	rules := s.flat(w.service(), 0)
	if len(rules) == 0 && !s.strange {
		return pamUnsure // libpam would look into the service "other"
	}
	end := s.walk(rules, 0)
	if s.strange && end.answer == pamPasses {
		return pamUnsure
	}
	return end.answer
}

// accountModule is what modules say of an account; that it has expired cannot
// be seen, and is not expected of somebody who has just logged in.
func accountModule(r *pamRule) pamAnswer {
	switch r.module {
	case "pam_unix", "pam_permit", "pam_faillock", "pam_lastlog2":
		return pamPasses
	}
	return plainModule(r)
}

// says is what one module will say.
func (w *walker) says(r *pamRule) pamAnswer {
	var word moduleWord
	means := SudoMeans(r.module)
	switch r.module {
	case "pam_ussh":
		u := parseUssh(r.args)
		word = u.predict(w.host, w.agent)
	case "pam_rssh":
		word = parseRssh(r.args, w.host).predict(w.host, w.agent, w.rules)
	case "pam_ssh_agent_auth":
		word = parseAgentAuth(r.args, w.host).predict(w.host, w.agent, w.rules)
	default:
		return plainModule(r)
	}
	if w.last == nil || w.last.answer != pamPasses {
		w.last, w.means = &word, means
	}
	for _, risk := range word.risks {
		if !slices.Contains(w.risks, risk) {
			w.risks = append(w.risks, risk)
		}
	}
	if word.answer == pamPasses && strings.Contains(r.control.success, "ignore") {
		return pamUnsure
	}
	return word.answer
}

// plainModule is what modules say that look at nothing of ours.
func plainModule(r *pamRule) pamAnswer {
	switch r.module {
	case "pam_permit", "pam_localuser":
		return pamPasses
	case "pam_deny":
		return pamFails
	case "pam_env", "pam_faildelay", "pam_cap", "pam_gnome_keyring", "pam_kwallet5", "pam_kwallet", "pam_mount", "pam_systemd":
		return pamIgnores
	case "pam_unix":
		return pamAsks
	}
	return pamUnsure
}
