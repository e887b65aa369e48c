# base64 (RFC 4648, with padding) of a string, in Nix alone. Nix wants a
# builder's host key as `base64 -w0 /etc/ssh/ssh_host_ed25519_key.pub` prints
# it, and an evaluation can run no program.
let
  inherit (builtins) bitAnd concatStringsSep genList listToAttrs stringLength substring;

  alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

  # A string gives away its characters, not their numbers. These are the
  # characters of ASCII that can stand in a line of text, from 32 on.
  printable = " !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~";
  codes = { "\t" = 9; "\n" = 10; "\r" = 13; } // listToAttrs (genList
    (i: { name = substring i 1 printable; value = 32 + i; })
    (stringLength printable));
  code = char: codes.${char} or (throw "nixfleet: base64 knows text in ASCII only");

  # Three bytes are four letters of six bits each; a group that lacks bytes is
  # filled with "=".
  group = bytes:
    let
      count = stringLength bytes;
      byte = i: if i < count then code (substring i 1 bytes) else 0;
      bits = byte 0 * 65536 + byte 1 * 256 + byte 2;
      letter = shift: substring (bitAnd (bits / shift) 63) 1 alphabet;
    in
    letter 262144 + letter 4096
    + (if count > 1 then letter 64 else "=")
    + (if count > 2 then letter 1 else "=");
in
text: concatStringsSep "" (genList (i: group (substring (3 * i) 3 text)) ((stringLength text + 2) / 3))
