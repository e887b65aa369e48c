package install

import (
	"bytes"
	"context"
	_ "embed" // for the script
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/kballard/go-shellquote"

	"nixfleet-tui/nixcmd"
)

//go:embed key.sh
var keyScript []byte

// HostKey is a key of the future host: where its sshd looks for it, and its
// public half, "type base64".
type HostKey struct {
	Path   string `json:"path"`
	Public string `json:"public"`
}

// keyLines is the script that looks at the keys, or makes those that are missing.
func keyLines(mode, host string, keys []nixcmd.HostKey) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "mode=%s; host=%s\n%s", mode, shellquote.Join(host), keyScript)
	for _, k := range keys {
		fmt.Fprintf(&b, "key %s\n", shellquote.Join(k.Type, strconv.Itoa(k.Bits), path.Join(root, k.Path)))
	}
	fmt.Fprintf(&b, "say end ok\n")
	return b.Bytes()
}

// parseKeys reads what the script printed: all keys, and which of them it made.
func parseKeys(out []byte) (keys []HostKey, made []string, err error) {
	all, err := answers(out)
	for _, a := range all {
		switch a.key {
		case "made":
			made = append(made, strings.TrimPrefix(a.value, root))
		case "key":
			words := strings.Fields(a.value)
			if n := len(words); n >= 3 {
				public := words[n-2] + " " + words[n-1]
				at := strings.TrimSuffix(a.value, " "+public) // paths may hold spaces
				keys = append(keys, HostKey{Path: strings.TrimPrefix(at, root), Public: public})
			}
		}
	}
	return keys, made, err
}

// askKeys runs the script and refuses keys that are the installer's own.
func (i *Installation) askKeys(ctx context.Context, mode string) (made []string, err error) {
	out, err := i.script(ctx, keyLines(mode, i.Plan.Host, hostKeys(i.facts)))
	if err != nil {
		return nil, err
	}
	if i.keys, made, err = parseKeys(out); err != nil {
		return nil, err
	}
	for _, k := range i.keys {
		if slices.Contains(i.survey.own, k.Public) {
			return nil, failure("Remove "+path.Join(root, k.Path)+" there: an installer's key is known to whoever has its image.", "the host key at %s is the installer's own", path.Join(root, k.Path))
		}
	}
	return made, nil
}

func (i *Installation) keyMade(ctx context.Context) (bool, string, error) {
	if _, err := i.askKeys(ctx, "look"); err != nil {
		return false, "", err
	}
	if len(i.keys) < len(hostKeys(i.facts)) {
		return false, "", nil
	}
	var all []string
	for _, k := range i.keys {
		words := k.Path + " was there already and is kept"
		if slices.Contains(i.record.Keys, k) {
			words = k.Path
		}
		all = append(all, words)
	}
	return true, strings.Join(all, ", "), nil
}

func (i *Installation) makeKey(ctx context.Context) error {
	made, err := i.askKeys(ctx, "make")
	if err != nil {
		return err
	}
	i.made = i.made || len(made) > 0
	i.record.Rekeyed = i.record.Rekeyed && len(made) == 0
	for _, k := range i.keys {
		if slices.Contains(made, k.Path) {
			i.record.Keys = append(i.record.Keys, k)
		}
	}
	return i.Records.write(i.record)
}

// removeKeys removes those that are still the ones that we made.
func (i *Installation) removeKeys(ctx context.Context) (string, error) {
	if len(i.record.Keys) == 0 {
		return "nothing of ours", nil
	}
	script := bytes.NewBuffer(slices.Clone(keyScript))
	for _, k := range i.record.Keys {
		kind, blob, _ := strings.Cut(k.Public, " ")
		fmt.Fprintf(script, "unmake %s\n", shellquote.Join(path.Join(root, k.Path), kind, blob))
	}
	fmt.Fprintf(script, "say end ok\n")
	out, err := i.script(ctx, script.Bytes())
	if err != nil {
		return "", err
	}
	all, err := answers(out)
	if err != nil {
		return "", err
	}
	words := fmt.Sprintf("removed %d of the %d that were made", len(all), len(i.record.Keys))
	i.record.Keys, i.record.Rekeyed = nil, false
	return words, i.Records.write(i.record)
}
