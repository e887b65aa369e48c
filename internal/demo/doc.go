// Package demo is the embedded fleet: the hosts of the sample fleet.nix as SSH
// servers on this machine, so that the whole program can be tried with nothing
// but its binary.
//
// Exactly three things are stand-ins: what nix would answer (Evaluator),
// nixos-rebuild (Rebuild), and the hosts (Serve). Connections, supervisors, child
// processes and run directories are the real ones. Nothing here runs anything
// on the machine it runs on: a host answers from a small table of commands and
// changes nothing but its own state file.
//
// The hosts live in a background process, the daemon, which Connect starts when
// it is needed. It and its clients meet in one directory:
//
//	daemon.lock     flock, held by the daemon while it serves
//	clients.lock    flock, shared by all clients; free means nobody is there
//	endpoint.json   written when the hosts can be reached: their ports, the version
//	end             laid down by who wants the daemon to end
//	daemon.log      what the daemon had to complain of
//	id_ed25519      the key that logs in to every host; made for this directory
//	known_hosts     what a person would have accepted so far
//	ssh_config      the same for OpenSSH: ssh -F ssh_config kelyus
//	hosts/NAME.json the state of a host: generations, profile, running system
//	hosts/NAME.key  its host key
//
// The names of the first four never change, so that programs of different
// versions can ask each other to end.
package demo
