package nixcmd

import (
	"context"
	"errors"
	"strconv"
	"strings"
)

// Deploy is what deploy-rs's or colmena's settings say of a host.
type Deploy struct {
	Host string
	User string
	Port int
	Tags []string
}

// deployFunction and hiveFunction select the few settings that say where a
// host is. They leave alone what would force a system (profiles) or hold
// secrets (keys).
const (
	deployFunction = `d: builtins.mapAttrs (_: n: {
  host = n.hostname or null;
  user = n.sshUser or d.sshUser or null;
  options = (d.sshOpts or [ ]) ++ (n.sshOpts or [ ]);
}) (d.nodes or { })`
	hiveFunction = `h: builtins.mapAttrs (_: d: {
  host = d.targetHost or null; user = d.targetUser or null; port = d.targetPort or null; tags = d.tags or [ ]; options = d.sshOptions or [ ];
}) (h.deploymentConfig or { })`
)

type deployNode struct {
	Host    string   `json:"host"`
	User    string   `json:"user"`
	Port    int      `json:"port"`
	Tags    []string `json:"tags"`
	Options []string `json:"options"`
}

// DeployNodes reads deploy.nodes and colmenaHive where the flake has them;
// having neither is no error. What one of them says is returned even when the
// other does not evaluate.
func (n *Nix) DeployNodes(ctx context.Context, ref string) (map[string]Deploy, error) {
	nodes := map[string]Deploy{}
	var failed []error
	for _, source := range []struct{ attr, apply string }{{"deploy", deployFunction}, {"colmenaHive", hiveFunction}} {
		var answer map[string]deployNode
		err := n.evalAttr(ctx, "reading "+source.attr+" of "+ref, ref, source.attr, source.apply, &answer)
		if err != nil && !isLacking(err) {
			failed = append(failed, err)
		}
		for name, node := range answer {
			nodes[name] = node.deploy()
		}
	}
	return nodes, errors.Join(failed...)
}

func (n deployNode) deploy() Deploy {
	d := Deploy{Host: n.Host, User: n.User, Port: n.Port, Tags: n.Tags}
	for i, option := range n.Options {
		value, isPort := strings.CutPrefix(option, "-p")
		if !isPort || d.Port != 0 {
			continue
		}
		if value == "" && i+1 < len(n.Options) {
			value = n.Options[i+1]
		}
		d.Port, _ = strconv.Atoi(strings.TrimSpace(value)) // not a number: ssh's own default
	}
	return d
}
