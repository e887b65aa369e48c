package demo

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"nixfleet-tui/internal/atomicfile"

	"golang.org/x/crypto/ssh"
)

// serverConfig lets the demo's one key in, whoever it says it is.
func serverConfig(dir directory, name string, client ssh.PublicKey) (*ssh.ServerConfig, error) {
	key, err := readOrMakeKey(dir.hostKey(name), name)
	if err != nil {
		return nil, err
	}
	allowed := string(client.Marshal())
	config := &ssh.ServerConfig{
		ServerVersion: "SSH-2.0-OpenSSH_10.2",
		PublicKeyCallback: func(_ ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
			if string(key.Marshal()) != allowed {
				return nil, errors.New("not the demo's key")
			}
			return nil, nil
		},
	}
	config.AddHostKey(key)
	return config, nil
}

// writeMeeting writes what clients need, the endpoint last.
func writeMeeting(dir directory, servers []*server, where endpoint) error {
	known, err := knownHosts(dir, servers)
	if err != nil {
		return err
	}
	var config strings.Builder
	for _, s := range servers {
		at := where.Hosts[s.host.Name]
		fmt.Fprintf(&config, "Host %s\n  HostName 127.0.0.1\n  Port %d\n  User %s\n  HostKeyAlias %s\n", s.names(), at.Port, at.User, s.host.Name)
	}
	fmt.Fprintf(&config, "Host *\n  IdentityFile \"%s\"\n  IdentitiesOnly yes\n  UserKnownHostsFile \"%s\"\n  GlobalKnownHostsFile /dev/null\n  StrictHostKeyChecking yes\n", dir.clientKey(), dir.knownHosts())
	b, err := json.MarshalIndent(where, "", "  ")
	if err != nil {
		return err
	}
	return errors.Join(atomicfile.Write(dir.knownHosts(), []byte(known)), atomicfile.Write(dir.sshConfig(), []byte(config.String())), atomicfile.Write(dir.endpoint(), append(b, '\n')))
}

// knownHosts is the content of known_hosts: what stands there already, which
// may be a person's doing, and a line for each host that it lacks. Only in a
// new file does the host that was installed again have its key of before.
func knownHosts(dir directory, servers []*server) (string, error) {
	b, err := os.ReadFile(dir.knownHosts())
	fresh := errors.Is(err, fs.ErrNotExist)
	if err != nil && !fresh {
		return "", err
	}
	known := string(b)
	for _, s := range servers {
		key, err := readOrMakeKey(dir.hostKey(s.host.Name), s.host.Name)
		if err != nil {
			return "", err
		}
		public := key.PublicKey()
		if s.story.newKey {
			if !fresh {
				continue
			}
			if public, err = keyOfBefore(s.host.Name); err != nil {
				return "", err
			}
		}
		if line := s.host.Name + " " + publicLine(public) + "\n"; !strings.Contains(known, line) {
			known += line
		}
		if s.first == nil {
			continue
		}
		if key, err = readOrMakeKey(dir.hostKey(InstallerAddress), InstallerAddress); err != nil {
			return "", err
		}
		if line := InstallerAddress + " " + publicLine(key.PublicKey()) + "\n"; !strings.Contains(known, line) {
			known += line
		}
	}
	return known, nil
}

// names are all that a host can be called by.
func (s *server) names() string {
	if s.host.fqdn() == s.host.Name {
		return s.host.Name
	}
	return s.host.Name + " " + s.host.fqdn()
}
