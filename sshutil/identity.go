package sshutil

import (
	"errors"
	"io"
	"os"
	"sync"
	"syscall"
	"time"

	"golang.org/x/crypto/ssh"
)

// keyFile is an IdentityFile with what lies beside it: PATH, PATH.pub and
// PATH-cert.pub.
type keyFile struct {
	path   string
	public ssh.PublicKey    // nil when nothing readable is there
	signer ssh.Signer       // nil when the private key is elsewhere or locked
	cert   *ssh.Certificate // may be nil
	fault  string           // why there is no signer, for people; "" if the file is missing
	locked bool             // the private key wants its passphrase
}

// keyFiles reads key files and keeps them until they change.
type keyFiles struct {
	mu    sync.Mutex
	files map[string]keptKey
}

type keptKey struct {
	stamp [3]fileStamp
	file  keyFile
}

// fileStamp tells whether a file changed.
type fileStamp struct {
	modified time.Time
	size     int64
}

func stampOf(path string) fileStamp {
	info, err := os.Stat(path)
	if err != nil {
		return fileStamp{}
	}
	return fileStamp{info.ModTime(), info.Size()}
}

// read returns the key at path, which may not exist.
func (k *keyFiles) read(path string) keyFile {
	stamp := [3]fileStamp{stampOf(path), stampOf(path + ".pub"), stampOf(path + "-cert.pub")}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.files == nil {
		k.files = map[string]keptKey{}
	}
	have, ok := k.files[path]
	if !ok || have.stamp != stamp {
		have = keptKey{stamp, loadKey(path)}
		k.files[path] = have
	}
	return have.file
}

// loadKey reads a key from disk.
func loadKey(path string) keyFile {
	k := keyFile{path: path}
	content, mode, err := readKeyFile(path)
	switch {
	case err == nil:
		k.parsePrivate(content, mode)
	case !errors.Is(err, os.ErrNotExist):
		k.fault = "it cannot be read: " + err.Error()
	}
	if k.public == nil {
		if content, _, err := readKeyFile(path + ".pub"); err == nil {
			k.public, _, _, _, _ = ssh.ParseAuthorizedKey(content)
		}
	}
	k.cert = loadCertificate(path + "-cert.pub")
	return k
}

// readKeyFile reads a small file, and tells who may read it besides us.
func readKeyFile(path string) (content []byte, mode os.FileMode, err error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0) // a fifo must not hang us
	if err != nil {
		return nil, 0, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, 0, err
	}
	if !info.Mode().IsRegular() {
		return nil, 0, errors.New("it is no regular file")
	}
	content, err = io.ReadAll(io.LimitReader(f, keyFileMax))
	return content, info.Mode(), err
}

// parsePrivate takes a private key, or a public one: an IdentityFile may name
// a public key whose private half is in the agent.
func (k *keyFile) parsePrivate(content []byte, mode os.FileMode) {
	signer, err := ssh.ParsePrivateKey(content)
	var wantsPassphrase *ssh.PassphraseMissingError
	switch {
	case err == nil && mode&0o077 != 0:
		k.public = signer.PublicKey()
		k.fault = "others may read it, so ssh ignores it (chmod 600 " + k.path + ")"
	case err == nil:
		k.public, k.signer = signer.PublicKey(), signer
	case errors.As(err, &wantsPassphrase):
		k.public, k.locked = wantsPassphrase.PublicKey, true
		k.fault = "it wants its passphrase"
	default:
		if public, _, _, _, err := ssh.ParseAuthorizedKey(content); err == nil {
			k.public = public
			return
		}
		k.fault = "it is no key that can be read"
	}
}

// loadCertificate reads a certificate; nil if there is none.
func loadCertificate(path string) *ssh.Certificate {
	content, _, err := readKeyFile(path)
	if err != nil {
		return nil
	}
	public, _, _, _, err := ssh.ParseAuthorizedKey(content)
	if err != nil {
		return nil
	}
	cert, _ := public.(*ssh.Certificate)
	return cert
}
