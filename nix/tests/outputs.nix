# What ../../flake.nix exports when Nix calls its tree `self`.
self:
let outputs = (import ../../flake.nix).outputs { self = outputs // self; nixpkgs = import ./nixpkgs.nix; }; in outputs
