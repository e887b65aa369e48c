package sshutil

import "time"

// SudoOutlook says whether sudo will work on a host, as far as that can be
// told beforehand without asking it.
type SudoOutlook string

// The outlooks. The zero value is that nobody has looked.
const (
	SudoNotForeseen   SudoOutlook = ""
	SudoWillWork      SudoOutlook = "works"    // without a question to a person; a touch may be asked for
	SudoNeedsPassword SudoOutlook = "password" // it works for who types the right password, and for nobody else
	SudoWillFail      SudoOutlook = "fails"    // no answer to any question helps
	SudoUncertain     SudoOutlook = "unknown"  // what decides cannot be seen from here
)

// SudoForecast is what can be told beforehand of sudo on one host. Reason and
// Hint are for people; with SudoNeedsPassword they say what else would have
// let sudo through, and how near that came.
type SudoForecast struct {
	Outlook SudoOutlook
	By      SudoMeans
	Touch   bool      // somebody will be asked to touch a key, each time
	Until   time.Time // by our clock, when it stops to work; zero: it does not
	Key     string    // the certificate or key that counts, as people know it
	Reason  string    // one sentence, without a full stop
	Hint    string    // what mends it, or ""
	Miss    string    // for want of what the agent's keys do not do: "certificate X expired 3 minutes ago"; "" when none is asked for
	Risks   []SudoRisk
}

// SudoMeans is what lets sudo through, or would have.
type SudoMeans string

// The means.
const (
	SudoByNothing   SudoMeans = ""
	SudoByRoot      SudoMeans = "root"     // the login user is root: sudo asks it nothing
	SudoByRule      SudoMeans = "nopasswd" // sudoers says NOPASSWD, or the like
	SudoByUssh      SudoMeans = "pam_ussh"
	SudoByRssh      SudoMeans = "pam_rssh"
	SudoByAgentAuth SudoMeans = "pam_ssh_agent_auth"
	SudoByPassword  SudoMeans = "password"
	SudoByOther     SudoMeans = "other" // a PAM module of which only its name is known here
)

// Agent says whether it is the forwarded agent that decides.
func (m SudoMeans) Agent() bool {
	return m == SudoByUssh || m == SudoByRssh || m == SudoByAgentAuth
}

// SudoRisk is a hole in how a host guards root: worth a red line, whether or
// not sudo works.
type SudoRisk struct {
	Message string // one sentence, without a full stop
	Hint    string
}
