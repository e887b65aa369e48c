package fleet

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"sync"

	"nixfleet-tui/nixcmd"
)

// answers is an Evaluator that says what it was given, and counts the questions.
type answers struct {
	meta  nixcmd.FlakeMetadata
	names []string
	file  string
	facts map[string]nixcmd.HostFacts
	nodes map[string]nixcmd.Deploy

	metaErr, namesErr, fileErr, nodesErr error
	factsErr                             map[string]error
	during                               func(host string) // while a host is evaluated

	mu    sync.Mutex
	asked []string
}

func (a *answers) note(question string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.asked = append(a.asked, question)
}

func (a *answers) count(question string) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	n := 0
	for _, q := range a.asked {
		if q == question {
			n++
		}
	}
	return n
}

func (a *answers) Metadata(_ context.Context, _ string) (nixcmd.FlakeMetadata, error) {
	a.note("metadata")
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.meta, a.metaErr
}

func (a *answers) HostNames(_ context.Context, ref string) ([]string, error) {
	a.note("names of " + ref)
	return slices.Clone(a.names), a.namesErr
}

func (a *answers) Facts(ctx context.Context, ref, host string) (nixcmd.HostFacts, error) {
	a.note("facts of " + host + " in " + ref)
	if a.during != nil {
		a.during(host)
	}
	if err := ctx.Err(); err != nil {
		return nixcmd.HostFacts{}, &nixcmd.Error{Doing: "evaluating " + host, Message: "stopped", Err: err}
	}
	if err := a.factsErr[host]; err != nil {
		return nixcmd.HostFacts{}, err
	}
	return a.facts[host], nil
}

func (a *answers) DeployNodes(_ context.Context, _ string) (map[string]nixcmd.Deploy, error) {
	a.note("nodes")
	return a.nodes, a.nodesErr
}

func (a *answers) File(_ context.Context, _ string) (json.RawMessage, error) {
	a.note("file")
	return json.RawMessage(a.file), a.fileErr
}

func nixFailure(message string) error {
	return &nixcmd.Error{Doing: "asking", Message: message, Full: "error: " + message, Err: errors.New("exit status 1")}
}

var (
	cleanTree = nixcmd.FlakeMetadata{
		Ref: "/fleet", URL: "git+file:///fleet", LockedURL: "git+file:///fleet?rev=aa", Fingerprint: "f1", Revision: "aa", Dir: "/fleet",
	}
	dirtyTree = nixcmd.FlakeMetadata{
		Ref: "/fleet", URL: "git+file:///fleet", Fingerprint: "d1", DirtyRevision: "aa-dirty", Dir: "/fleet",
	}
	source = Source{Flake: "/fleet", File: "/fleet/fleet.nix"}
)
