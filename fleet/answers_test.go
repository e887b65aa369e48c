package fleet

import (
	"errors"
	"fmt"
	"testing"
)

func TestEqualAnswersAreFolded(t *testing.T) {
	said := func(host, out string) Answer { return Answer{Host: host, Stdout: []byte(out)} }
	failed := func(host string, code int, why string) Answer {
		return Answer{Host: host, Stderr: []byte(why), ExitCode: code}
	}
	cut := func(host, why string) Answer { return Answer{Host: host, Err: errors.New(why)} }
	for name, c := range map[string]struct {
		answers []Answer
		want    string
	}{
		"nobody":            {nil, "[]"},
		"one":               {[]Answer{said("a", "x")}, "[[a]]"},
		"all the same":      {[]Answer{said("c", "x\n"), said("a", "x"), said("b", "x\r\n")}, "[[a b c]]"},
		"the odd one out":   {[]Answer{said("a", "old"), said("b", "new"), said("c", "new")}, "[[b c] [a]]"},
		"as large as each":  {[]Answer{said("d", "2"), said("c", "1"), said("b", "2"), said("a", "1")}, "[[a c] [b d]]"},
		"another status":    {[]Answer{failed("a", 1, ""), failed("b", 2, ""), said("c", "")}, "[[a] [b] [c]]"},
		"another complaint": {[]Answer{failed("a", 1, "no such unit"), failed("b", 1, "denied"), failed("c", 1, "denied\n")}, "[[b c] [a]]"},
		"stdout, stderr":    {[]Answer{said("a", "x"), {Host: "b", Stderr: []byte("x")}}, "[[a] [b]]"},
		"not reached":       {[]Answer{cut("a", "timeout"), cut("b", "timeout"), cut("c", "refused"), said("d", "")}, "[[a b] [c] [d]]"},
		"space within":      {[]Answer{said("a", "x  y"), said("b", "x y")}, "[[a] [b]]"},
		"bytes of any kind": {[]Answer{said("a", "\xff\x00"), said("b", "\xff\x00"), said("c", "\xfe")}, "[[a b] [c]]"},
	} {
		hosts := [][]string{}
		for _, g := range Fold(c.answers) {
			hosts = append(hosts, g.Hosts)
			if g.Answer.Host != g.Hosts[0] {
				t.Errorf("%s: the answer of %v is %s's", name, g.Hosts, g.Answer.Host)
			}
		}
		if got := fmt.Sprint(hosts); got != c.want {
			t.Errorf("%s: folded to %s, want %s", name, got, c.want)
		}
	}
}
