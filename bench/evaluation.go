package main

import (
	"context"
	"fmt"
	"os/exec"
	"strings"

	"nixfleet-tui/bench/figures"
)

// promise is what must never happen otherwise, and the tests of a package that
// hold it.
type promise struct {
	what, pkg string
	tests     []string
}

func promises() []promise {
	return []promise{
		{"names and facts are evaluated once for a fingerprint, also by later starts", "./fleet",
			[]string{"TestNamesAreEvaluatedOncePerFingerprint", "TestNothingIsEvaluatedTwice"}},
		{"`status`, `diff` and the plan of a run evaluate nothing that one of them has", "./internal/cli", []string{"TestCommandsEvaluateNothingTwice"}},
		{"ten evaluations never exceed the memory and the processors that there are, and every host's turn comes", "./rollout",
			[]string{"TestTheQueueKeepsItsLimitsAndStarvesNobody", "TestStartable"}},
		{"the same in a real run of ten hosts, of which one does not evaluate", "./rollout", []string{"TestARunEvaluatesWhatFits"}},
	}
}

// evaluation has tests say what is no figure.
func evaluation(ctx context.Context, _ *bench) (figures.Table, error) {
	table := figures.Table{Head: []string{"what", "held by"}}
	var tests, pkgs []string
	for _, p := range promises() {
		tests, pkgs = append(tests, p.tests...), append(pkgs, p.pkg)
	}
	words := append([]string{"test", "-count=1", "-v", "-run", "^(" + strings.Join(tests, "|") + ")$"}, pkgs...)
	said, err := exec.CommandContext(ctx, "go", words...).CombinedOutput()
	if err != nil {
		return table, fmt.Errorf("%w: %s", err, said)
	}
	for _, p := range promises() {
		for _, test := range p.tests {
			if !strings.Contains(string(said), "--- PASS: "+test+" ") {
				return table, fmt.Errorf("%s: %s was not run in %s", p.what, test, p.pkg)
			}
		}
		table.Add(p.what, "`"+strings.Join(p.tests, "` and `")+"` in `"+p.pkg+"`")
	}
	table.Add("a run evaluates each host once: `nixos-rebuild` does, and nobody else", "`TestOneDeploymentIsOneLogin` on the lab")
	return table, nil
}
