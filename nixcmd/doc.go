// Package nixcmd speaks Nix's words: the command lines of nix and
// nixos-rebuild in their dialects, the log that they print, store paths, flake
// metadata, machines files and the daemon's handshake.
//
// Most callers need four things. Dialect.Args writes a nixos-rebuild command
// line for the dialect that CachedDialect found. Nix evaluates: names, facts
// and metadata of a flake. LogDecoder turns the log of one nixos-rebuild into
// its phase, its progress, a readable log and the lines that say why it failed.
// Connect asks a Nix daemon who it is and whether it trusts us.
//
// It promises to be lenient in what it reads (unknown actions, types, fields
// and versions pass) and exact in what it writes, and to keep little in memory
// however long a log is. What it returns for people to read is sanitized. It
// knows nothing of runs, hosts' states or screens.
package nixcmd
