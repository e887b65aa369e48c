# The public key called name, of which nobody has the other half: as long as
# one of ed25519, and its last letters are the name.
name:
let filler = "IE5vYm9keUhhc1RoZVByaXZhdGVIYWxmT2ZUaGlzS2V5"; in
"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI${builtins.substring 0 (43 - builtins.stringLength name) filler}${builtins.replaceStrings [ "-" ] [ "x" ] name}"
