package fleet

import "nixfleet-tui/sshutil"

// What can be told of sudo, and of the certificates that it goes by, in the
// words of those who connect.
type (
	SudoForecast = sshutil.SudoForecast
	SudoRisk     = sshutil.SudoRisk
	Certificate  = sshutil.Certificate
	CertOption   = sshutil.CertOption
)

// The outlooks of sudo on a host.
const (
	SudoWillWork      = sshutil.SudoWillWork
	SudoNeedsPassword = sshutil.SudoNeedsPassword
	SudoWillFail      = sshutil.SudoWillFail
	SudoUncertain     = sshutil.SudoUncertain
)

// Keys are what the person's ssh agent holds, as far as sudo on hosts goes by it.
type Keys struct {
	Certificates []Certificate // in the agent, in its order
	OnDisk       []Certificate // in files only, where sudo finds none
	Authority    string        // fingerprint of the fleet's; "" without one
	Trouble      string        // why there are no certificates, or ""
	Hint         string
}

// Counting is the certificate that counts: the one by the fleet's authority, if
// it has one, that is valid for longest. False: there is none.
func (k Keys) Counting() (best Certificate, found bool) {
	for _, c := range k.Certificates {
		if c.ForHosts || k.Authority != "" && c.Authority != k.Authority {
			continue
		}
		if !found || c.Until.IsZero() || !best.Until.IsZero() && c.Until.After(best.Until) {
			best, found = c, true
		}
	}
	return best, found
}
