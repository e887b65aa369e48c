# What ./lib.nix, ./module.nix and ../flake.nix promise, as a set of
# { got, want } by name. nix_test.go compares them; by hand it is
#
#     nix-instantiate --eval --strict --json nix/tests.nix
import ./tests/library.nix // import ./tests/mistakes.nix // import ./tests/module.nix // import ./tests/flake.nix
