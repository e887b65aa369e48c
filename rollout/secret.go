package rollout

import "nixfleet-tui/sshutil"

// Secret is a password or the like, in memory that is locked and wiped.
type Secret = sshutil.Secret

// NewSecret returns an empty secret. This process's memory is guarded from then on.
func NewSecret() (*Secret, error) {
	if err := sshutil.GuardMemory(); err != nil {
		return nil, err
	}
	return sshutil.NewSecret()
}
