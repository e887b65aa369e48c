// Package nixcmd speaks Nix's words: the command lines of nix and
// nixos-rebuild in their dialects, the `@nix` log lines they print, store
// paths, flake metadata and machines files.
//
// It promises to be lenient in what it reads (unknown actions, types, fields
// and versions pass) and exact in what it writes. It knows nothing of runs,
// hosts' states or screens.
package nixcmd
