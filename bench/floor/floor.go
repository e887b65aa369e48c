// Package floor is the least that x/crypto takes to read many hosts.
package floor

import (
	"bytes"

	"golang.org/x/crypto/ssh"
	"golang.org/x/sync/errgroup"
)

// Host is one address, with its connection once there is one.
type Host struct {
	Address string
	Client  *ssh.Client
	Said    []byte
}

// Read has every host run script, so many at a time.
func Read(hosts []*Host, parallel int, config *ssh.ClientConfig, script []byte) error {
	var group errgroup.Group
	group.SetLimit(parallel)
	for _, h := range hosts {
		group.Go(func() (err error) {
			if h.Client == nil {
				if h.Client, err = ssh.Dial("tcp", h.Address, config); err != nil {
					return err
				}
			}
			session, err := h.Client.NewSession()
			if err != nil {
				return err
			}
			defer session.Close()
			session.Stdin = bytes.NewReader(script)
			h.Said, err = session.Output("/bin/sh -s")
			return err
		})
	}
	return group.Wait()
}
