package sshutil

import "time"

// RetryAfter is how long to leave a host alone that failed that many times in
// a row for that reason. Servers count failed logins against our address and
// shut us out (PerSourcePenalties), so those wait longest. Whoever retries
// many hosts adds some random time of its own.
func RetryAfter(kind Kind, failures int) time.Duration {
	first, longest := 5*time.Second, 2*time.Minute
	switch kind {
	case KindNone, KindCanceled:
		return 0
	case KindAuthNoKeys, KindAuthRejected, KindAuthTooMany, KindAgentRefused, KindNeedsTouch:
		first, longest = 30*time.Second, 10*time.Minute
	case KindHostKeyUnknown, KindHostKeyChanged, KindHostKeyRevoked, KindHostCertBad, KindConfigBad, KindNoCommonAlgo, KindBanner:
		first, longest = 30*time.Second, 5*time.Minute // only a person changes that
	case KindReset, KindSessionLimit:
		first, longest = 2*time.Second, 30*time.Second // it is alive, and has too much to do
	}
	wait := first
	for ; failures > 1 && wait < longest; failures-- {
		wait *= 2
	}
	return min(wait, longest)
}
