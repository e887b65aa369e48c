// Package dashboard drives the dashboard on a real terminal, as a person would:
// the built program runs in tmux against the embedded fleet, keys are typed,
// and what stands on the screen is read. The tests need tmux and stand behind
// a build tag of that name:
//
//	go test -tags tmux ./e2e/dashboard/
//
// Each test has a tmux server and state directories of its own, so nothing of
// the person's is touched, and tests can run side by side. How long the first
// screens took is logged with -v; a loaded machine fails no test.
package dashboard
