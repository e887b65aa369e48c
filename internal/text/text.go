// Package text makes strings that came from elsewhere (a host, a log, a
// certificate, an error) safe to show, and fits them into columns.
//
// It promises that what Line and Styled return cannot move the cursor, change
// a terminal's state or hide characters: only Styled lets colours (SGR)
// through. It knows nothing of hosts, runs or screens.
package text
