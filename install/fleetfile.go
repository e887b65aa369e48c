package install

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"

	"nixfleet-tui/internal/text"
)

// fleetHosts is fleet.nix as Nix reads it: all of it, and its hosts.
func (i *Installation) fleetHosts(ctx context.Context, path string) (whole, hosts map[string]any, err error) {
	raw, err := i.Nix.File(ctx, path)
	if err == nil {
		err = json.Unmarshal(raw, &whole)
	}
	if err != nil {
		return nil, nil, err
	}
	hosts, _ = whole["hosts"].(map[string]any) // none: there is no such attribute
	return whole, hosts, nil
}

// listed holds as soon as fleet.nix has an entry for the host, whatever it says.
func (i *Installation) listed(ctx context.Context) (bool, string, error) {
	if i.Plan.Fleet == "" {
		return false, "", nil
	}
	_, hosts, err := i.fleetHosts(ctx, i.Plan.Fleet)
	if err != nil {
		return false, "", nil // that it cannot be read, list says
	}
	_, has := hosts[i.Plan.Host]
	return has, i.Plan.Fleet + " has an entry for " + i.Plan.Host, nil
}

// list shows what fleet.nix would say of the new host, and writes it on an
// explicit yes if that can plainly be done.
func (i *Installation) list(ctx context.Context) error {
	entry := fleetEntry(i.Plan.Host, i.Plan.Address, i.Plan.Port, i.facts.System, i.keys)
	lines := strings.Split(entry, "\n")
	i.tell(TellNote, "for fleet.nix (its address may be another one by then):")
	for _, line := range lines {
		i.tell(TellNote, "  "+text.Line(line))
	}
	if i.Plan.Fleet == "" {
		return left{"put it into a fleet.nix; there is none here that could be written"}
	}
	path, next, err := i.withEntry(ctx, lines)
	if err != nil {
		return left{"put it there yourself: " + err.Error()}
	}
	defer os.Remove(next) // gone already where it took its place
	yes, err := i.Ask(ctx, Question{Text: "Write this entry into " + i.Plan.Fleet + "?", Flag: "--write-entry", Shown: lines})
	switch {
	case err != nil:
		return err
	case !yes:
		return left{"put it there yourself, or run this again with --write-entry"}
	}
	return os.Rename(next, path)
}

// withEntry makes, beside fleet.nix, the file that would take its place: with
// the entry before its last closing brace. Nix is asked what it means, and
// unless that is the old file and the entry, and nothing else, it is no good.
func (i *Installation) withEntry(ctx context.Context, lines []string) (path, next string, err error) {
	if path, err = filepath.EvalSymlinks(i.Plan.Fleet); err != nil {
		return "", "", err
	}
	info, err := os.Stat(path)
	if err != nil {
		return "", "", err
	}
	old, err := os.ReadFile(path)
	if err != nil {
		return "", "", err
	}
	brace := bytes.LastIndexByte(old, '}')
	if brace < 0 {
		return "", "", errors.New("it has no closing brace")
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".fleet-*.nix")
	if err != nil {
		return "", "", fmt.Errorf("nothing can be written beside it: %w", err)
	}
	head, tail := bytes.TrimRight(old[:brace], " \t"), old[brace:]
	if !bytes.HasSuffix(head, []byte("\n")) {
		head = append(head[:len(head):len(head)], '\n')
	}
	_, err = fmt.Fprintf(f, "%s  %s\n%s", head, strings.Join(lines, "\n  "), tail)
	if err = errors.Join(err, f.Chmod(info.Mode().Perm()), f.Sync(), f.Close()); err == nil {
		err = i.onlyAdds(ctx, path, f.Name(), old)
	}
	if err != nil {
		return "", "", errors.Join(err, os.Remove(f.Name()))
	}
	return path, f.Name(), nil
}

// onlyAdds says why the new file does not mean the old one and the entry.
func (i *Installation) onlyAdds(ctx context.Context, path, next string, old []byte) error {
	was, _, err := i.fleetHosts(ctx, path)
	if err != nil {
		return fmt.Errorf("it cannot be read as it is: %w", err)
	}
	now, hosts, err := i.fleetHosts(ctx, next)
	if err != nil {
		return errors.New("it is not written so that a line could be put before its last brace")
	}
	if _, has := hosts[i.Plan.Host]; !has {
		return errors.New("its last brace does not end the whole of it")
	}
	if delete(hosts, i.Plan.Host); len(hosts) == 0 && was["hosts"] == nil {
		delete(now, "hosts")
	}
	if !reflect.DeepEqual(was, now) {
		return errors.New("an entry before its last brace would change more than that")
	}
	if again, err := os.ReadFile(path); err != nil || !bytes.Equal(again, old) {
		return errors.Join(errors.New("somebody is writing it just now"), err)
	}
	return nil
}
