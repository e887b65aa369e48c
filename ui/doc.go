// Package ui is the dashboard: it shows what fleet knows and what rollout does,
// and turns keys into requests.
//
// It does no IO of its own. What it shows comes in two ways: news (inventory,
// facts, status, builders, the list of runs) lie in a Mailbox until the program
// takes them, the newest of a kind having replaced the older ones; the run on
// screen and the visible lines of its logs are fetched by a command on a shared
// tick, which stops when nothing runs. What it wants done it asks of a Backend.
//
// It promises: a frame costs the same whatever the length of the logs; nothing
// is deployed that was not confirmed in a dialog naming the hosts; text from
// elsewhere passes internal/text before it is drawn; and the terminal is left
// as it was found, also after a panic in any goroutine of its Crew.
//
// Reading order: backend.go and mailbox.go (the edges), model.go (the loop),
// actions.go (every key), then the places: fleet, builders, run, runs, host.
package ui
