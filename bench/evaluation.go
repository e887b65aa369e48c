package main

import (
	"context"
	"fmt"
	"os/exec"
	"strings"

	"nixfleet-tui/bench/figures"
)

// evaluation has tests say what is no figure: what must never happen.
func evaluation(ctx context.Context, b *bench) (figures.Table, error) {
	table := figures.Table{Head: []string{"what", "held by"}}
	for _, one := range []struct{ what, pkg, test string }{
		{"names and facts are evaluated once for a fingerprint, also by later starts", "./fleet", "TestNamesAreEvaluatedOncePerFingerprint|TestNothingIsEvaluatedTwice"},
		{"`status`, `diff` and the plan of a run evaluate nothing that one of them has", "./internal/cli", "TestCommandsEvaluateNothingTwice"},
		{"ten evaluations never exceed the memory that there is, and every host's turn comes", "./rollout", "TestTheQueueKeepsItsLimitsAndStarvesNobody|TestStartable"},
		{"the same in a real run of ten hosts, of which one does not evaluate", "./rollout", "TestARunEvaluatesWhatFits"},
	} {
		said, err := exec.CommandContext(ctx, "go", "test", "-count=1", "-v", "-run", "^("+one.test+")$", one.pkg).CombinedOutput()
		if err != nil {
			return table, fmt.Errorf("%s: %w: %s", one.what, err, said)
		}
		table.Add(one.what, "`"+strings.ReplaceAll(one.test, "|", "` and `")+"` in `"+one.pkg+"`")
	}
	table.Add("a run evaluates each host once: `nixos-rebuild` does, and nobody else", "`TestOneDeploymentIsOneLogin` on the lab")
	return table, nil
}
