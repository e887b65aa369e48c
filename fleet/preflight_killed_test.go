package fleet

import (
	"testing"
	"time"
)

// TestSurveyThatWasKilledIsNoAnswer: a host short of memory kills the shell that
// asks, while its parent, which waits for it, goes on.
func TestSurveyThatWasKilledIsNoAnswer(t *testing.T) {
	for name, words := range shells(t) {
		l := local{root: nixos(t).dir, shell: words, path: withPrograms(t, map[string]string{"df": "kill -9 $PPID"})}
		s, err := ReadSurvey(t.Context(), l, Questions{}, time.Now)
		if err == nil {
			t.Errorf("%s: read %+v", name, s.Reading)
		}
	}
}
