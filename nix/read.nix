# How fleet.nix is read: the same way that `nixfleet-tui` reads it.
let
  inherit (builtins) elemAt filter genList head isString length match split;
in
rec {
  # An attribute of a set. Null is silence.
  get = set: key: otherwise:
    let value = set.${key} or null; in if value == null then otherwise else value;

  # A text that may be left empty as well; null is silence again.
  text = set: key:
    let value = get set key ""; in if value == "" then null else value;

  # The type and the key itself in a line of a .pub file, or null when it is no
  # ssh public key. The numbers in a key begin with three bytes of zero.
  sshKey = line:
    let
      words = filter (part: isString part && part != "") (split "[[:space:]]+" line);
      isKey = i: match "AAAA[A-Za-z0-9+/]+=*" (elemAt words (i + 1)) != null;
      at = filter isKey (genList (i: i) (if words == [ ] then 0 else length words - 1));
    in
    if at == [ ] then null else "${elemAt words (head at)} ${elemAt words (head at + 1)}";
}
