package install

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/pem"
	"io"
	"os"
	"slices"
	"strings"

	"golang.org/x/crypto/ssh"

	"nixfleet-tui/internal/text"
	"nixfleet-tui/nixcmd"
)

// opened says how a secret stands to the new host's keys.
type opened int

const (
	openedNotSeen opened = iota // its file cannot be read here
	openedNo
	openedYes
)

// ageTag is how an age file names the SSH key that it is encrypted for: the
// first four bytes of the key's SHA-256, as in age's agessh.
func ageTag(key ssh.PublicKey) string {
	sum := sha256.Sum256(key.Marshal())
	return base64.RawStdEncoding.EncodeToString(sum[:4])
}

// recipients are the "type tag" of the SSH keys for which an age file is
// encrypted, from its header, which is text in any case.
func recipients(content []byte) (tags []string, isAge bool) {
	if block, _ := pem.Decode(content); block != nil && block.Type == "AGE ENCRYPTED FILE" {
		content = block.Bytes
	}
	lines := bufio.NewScanner(bytes.NewReader(content))
	for first := true; lines.Scan(); first = false {
		line := lines.Text()
		if first {
			if isAge = strings.HasPrefix(line, "age-encryption.org/v1"); !isAge {
				return nil, false
			}
			continue
		}
		if strings.HasPrefix(line, "---") {
			break
		}
		words := strings.Fields(line)
		if len(words) >= 3 && words[0] == "->" && strings.HasPrefix(words[1], "ssh-") {
			tags = append(tags, words[1]+" "+words[2])
		}
	}
	return tags, isAge
}

// opens says whether one of the new host's keys opens a secret.
func (i *Installation) opens(s nixcmd.Secret) opened {
	f, err := os.Open(s.File)
	if err != nil {
		return openedNotSeen
	}
	defer f.Close() // it was only read
	head, err := io.ReadAll(io.LimitReader(f, maxSecret))
	tags, isAge := recipients(head)
	if err != nil || !isAge {
		return openedNotSeen
	}
	for _, k := range i.keys {
		public, _, _, _, err := ssh.ParseAuthorizedKey([]byte(k.Public))
		if err == nil && slices.Contains(tags, public.Type()+" "+ageTag(public)) {
			return openedYes
		}
	}
	return openedNo
}

// sealed are the secrets that the new host could not open, and those of which
// that cannot be seen.
func (i *Installation) sealed() (closed, unseen []string) {
	for _, s := range i.facts.Secrets {
		switch i.opens(s) {
		case openedNo:
			closed = append(closed, text.Line(s.Name))
		case openedNotSeen:
			unseen = append(unseen, text.Line(s.Name))
		}
	}
	return closed, append(unseen, i.facts.Sops...)
}

// rekeyed looks into the encrypted files whether they are for the new host's
// key. Where it cannot, it believes the person, but for what cannot be: that
// secrets were rekeyed for a key before it was made.
func (i *Installation) rekeyed(context.Context) (bool, string, error) {
	closed, unseen := i.sealed()
	switch {
	case len(i.facts.Secrets)+len(i.facts.Sops) == 0:
		return true, "the flake has none for this host", nil
	case len(closed) > 0:
		return false, "", nil
	case len(unseen) == 0:
		return true, "the new host's key opens all of them", nil
	case i.Plan.Rekeyed && !i.made && !i.record.Rekeyed:
		i.record.Rekeyed = true
		if err := i.Records.write(i.record); err != nil {
			return false, "", err
		}
	}
	return i.record.Rekeyed, "as you said: " + text.Line(strings.Join(unseen, ", ")), nil
}

// rekey shows the public half for which the secrets are to be encrypted, waits
// until that is so, and reads the flake again: it is another one then.
func (i *Installation) rekey(ctx context.Context) error {
	closed, unseen := i.sealed()
	shown := i.howToRekey()
	for _, line := range shown {
		i.tell(TellNote, line)
	}
	q := Question{"Are the secrets rekeyed and committed?", "the secrets must be rekeyed for the new host's key and committed first", "--rekeyed", shown}
	if len(unseen) == 0 {
		q.Waits += ": " + strings.Join(closed, ", ")
	}
	if len(closed) == 0 || !i.Plan.Rekeyed { // else it can be seen who is right
		if err := i.confirm(ctx, q); err != nil {
			return err
		}
	}
	if err := i.readAgain(ctx); err != nil {
		return err
	}
	if closed, _ = i.sealed(); len(closed) > 0 {
		e := failure("Name the key in secrets.nix for them, run `agenix --rekey`, commit, and run this again.", "the new host's key does not open %s, as the flake has it", strings.Join(closed, ", "))
		e.Err = ErrWaits
		return e
	}
	i.record.Rekeyed = true
	return i.Records.write(i.record)
}

// howToRekey are the lines to do it by.
func (i *Installation) howToRekey() (lines []string) {
	var keys []string
	for _, k := range i.keys {
		keys = append(keys, k.Public+" root@"+i.Plan.Host)
	}
	if closed, unseen := i.sealed(); len(i.facts.Secrets) > 0 {
		all := append(closed, slices.DeleteFunc(unseen, func(name string) bool { return slices.Contains(i.facts.Sops, name) })...)
		lines = append(lines, keys...)
		lines = append(lines, "put that into agenix's secrets.nix for "+strings.Join(all, ", ")+", run `agenix --rekey`, and commit")
	}
	if len(i.facts.Sops) > 0 {
		lines = append(lines, "for sops: echo '"+bestKey(i.keys)+"' | ssh-to-age",
			"put what that prints into .sops.yaml for "+text.Line(strings.Join(i.facts.Sops, ", "))+", run `sops updatekeys` on their files, and commit")
	}
	return lines
}

// readAgain pins the flake anew and reads what it says now.
func (i *Installation) readAgain(ctx context.Context) error {
	meta, err := i.Nix.Metadata(ctx, i.Plan.URL)
	if err != nil {
		return err
	}
	if i.Plan.Flake = meta.LockedURL; meta.Dirty() {
		i.Plan.Flake = meta.URL
		i.tell(TellWarn, "the flake's tree has changes that are not committed; they are installed as well")
	}
	return i.readFlake(ctx)
}

func (i *Installation) forgetRekeyed(context.Context) (string, error) {
	if !i.record.Rekeyed {
		return "nothing of ours", nil
	}
	i.record.Rekeyed = false
	return "they are asked for again", i.Records.write(i.record)
}
