# Tests of what the library says of a fleet.nix that is wrong. Which keys there
# are is compared with the program's own in keys_test.go.
let
  lib = import ../lib.nix;
  key = import ./key.nix;
  inherit (builtins) head length;

  # The one mistake in a fleet, up to what is known instead.
  only = fleet:
    let found = lib.mistakes fleet; in
    if length found == 1 then head (builtins.split "; known here" (head found)) else found;
  builder = more: { builders.b = { systems = [ "x86_64-linux" ]; } // more; };
in
{
  "the sample is right" = { got = lib.mistakes (import ../../fleet.nix); want = [ ]; };
  "so is the crowded one" = { got = lib.mistakes (import ./crowded.nix); want = [ ]; };
  "and one of nothing" = { got = map lib.mistakes [ { } { hosts = null; builders = null; defaults = null; ca = null; } ]; want = [ [ ] [ ] ]; };
  "and one with every key" = { got = lib.mistakes (import ./every-key.nix); want = [ ]; };

  "unknown at the top" = { got = only { host = { }; }; want = "unknown key host"; };
  "unknown in a host" = { got = only { hosts.kelyus.buidOn = "local"; }; want = "unknown key hosts.kelyus.buidOn"; };
  "unknown in a host with dots" = { got = only { hosts."a.example.org".prot = 22; }; want = "unknown key hosts.\"a.example.org\".prot"; };
  "unknown in a host's builder" = {
    got = only { hosts.h.builder = { systems = [ "x86_64-linux" ]; maxJob = 4; }; };
    want = "unknown key hosts.h.builder.maxJob";
  };
  "unknown in a builder" = { got = only (builder { adress = "x"; }); want = "unknown key builders.b.adress"; };
  "unknown in the defaults" = { got = only { defaults.address = "x"; }; want = "unknown key defaults.address"; };
  "unknown in the authority" = { got = only { ca.pubKey = "x"; }; want = "unknown key ca.pubKey"; };
  "what is known is named" = {
    got = lib.mistakes { ca.pubKey = "x"; };
    want = [ "unknown key ca.pubKey; known here: publicKey, key, principals, validity" ];
  };
  "each mistake is told" = {
    got = length (lib.mistakes { hosts.h = { prot = 22; builder = { }; }; builders.h = { }; foo = 1; });
    want = 5;
  };

  "a file that is a function" = { got = only (_: { }); want = "the file: expected an attribute set, found a lambda"; };
  "hosts in a list" = { got = only { hosts = [ ]; }; want = "hosts: expected an attribute set, found a list"; };
  "a host as a string" = { got = only { hosts.h = "h.lan"; }; want = "hosts.h: expected an attribute set, found a string"; };
  "a host as null" = { got = only { hosts.h = null; }; want = "hosts.h: expected an attribute set, found a null"; };
  "a builder of nothing" = { got = only { hosts.h.builder = { }; }; want = "hosts.h.builder: a builder needs systems"; };
  "one name for two machines" = {
    got = only (builder { } // { hosts.b = { }; });
    want = "b stands both in hosts and in builders";
  };

  "no host key" = {
    got = map (line: only { hosts.h.hostKey = line; }) [ "AAAA" "ssh-ed25519" "not a key" 7 ];
    want = builtins.genList (_: "hosts.h.hostKey: expected an ssh public key, such as \"ssh-ed25519 AAAA…\"") 4;
  };
  "no key to let in" = {
    got = only (builder { authorizedKey = "nobody"; });
    want = "builders.b.authorizedKey: expected an ssh public key, such as \"ssh-ed25519 AAAA…\"";
  };
  "a key with options is a key" = { got = lib.mistakes (builder { authorizedKey = "restrict,command=\"x y\" ${key "b"} b@c"; }); want = [ ]; };
  "no authority" = { got = only { ca.publicKey = "x"; }; want = "ca.publicKey: expected an ssh public key, such as \"ssh-ed25519 AAAA…\""; };
  "no signing key" = {
    got = map (k: only (builder { signingKey = k; })) [ "k-1:AAAA" "ZXhhbXBsZTogc2lnbnMgbm90aGluZyBrZWx5dXMuLi4=" 7 ];
    want = builtins.genList (_: "builders.b.signingKey: expected what `nix key convert-secret-to-public` prints, such as \"cache-1:AAAA…=\"") 3;
  };
  "a secret key is not repeated" = {
    got = let secret = "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVpBQkNERUZHSElKS0xNTk9QUVJTVFVWV1hZWkFCQ0RFRkdISUpLTA=="; in
      map (found: builtins.match ".*QUJD.*" found) (lib.mistakes (builder { signingKey = "k-1:${secret}"; }));
    want = [ null ];
  };
}
