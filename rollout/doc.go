// Package rollout is what we do: it turns a plan into a run directory, a
// supervisor and task parents, and reads runs back.
//
// The run directory is the truth (docs/formats.md): viewers only read it and
// drop requests into it. It promises that killing a viewer, a supervisor or a
// task parent loses no byte of a log, no exit status that was there to be had,
// and never turns into a wrong verdict: what cannot be known is OutcomeUnknown.
//
// Where to begin: Store.Start makes the directory of a Plan and starts its
// Supervisor, which starts RunTask for each host; NewReader follows the events
// and gives a View, OpenLog the log of a host, Cancel and Answer are what a
// viewer can ask. Store.Adopt gives a lost run a supervisor again.
package rollout
