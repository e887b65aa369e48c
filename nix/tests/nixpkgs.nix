# A stand-in for the flake nixpkgs: what ../../flake.nix takes from it, and a
# nixosSystem of the options in ./nixos.nix. Packages are real derivations that
# nobody builds.
let
  evaluate = import ./evaluate.nix;
  inherit (builtins) listToAttrs map;
  derived = system: name: more: more // derivation { inherit system name; builder = "/nobody/builds/this"; };
  genAttrs = names: f: listToAttrs (map (name: { inherit name; value = f name; }) names);
in
{
  lib = {
    inherit genAttrs;
    getExe = package: "${package.outPath}/bin/${package.meta.mainProgram}";
    licenses.mit = "MIT";
    nixosSystem = { modules, ... }: evaluate.evalModules ([ ./nixos.nix ] ++ modules);
  };
  legacyPackages = genAttrs [ "x86_64-linux" "aarch64-linux" "x86_64-darwin" "aarch64-darwin" ] (system:
    genAttrs [ "go" "gopls" "openssh" "nixos-rebuild-ng" "git" "tmux" "jq" ] (name: derived system name { })
    // {
      stdenv.hostPlatform = { inherit system; };
      buildGoModule = package: derived system package.pname package;
      mkShell = derived system "shell";
    });
}
