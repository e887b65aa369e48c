# Tests of what ../../flake.nix exports, with a stand-in for the one input.
let
  systems = [ "aarch64-darwin" "aarch64-linux" "x86_64-darwin" "x86_64-linux" ];
  outputs = import ./outputs.nix { outPath = "this tree"; shortRev = "0123456"; };
  inherit (builtins) attrNames mapAttrs;
  program = outputs.packages.x86_64-linux.default;
in
{
  "packages, apps and shells for each system" = {
    got = mapAttrs (_: attrNames) { inherit (outputs) packages apps devShells; };
    want = { packages = systems; apps = systems; devShells = systems; };
  };
  "the app is the package's program" = {
    got = removeAttrs outputs.apps.aarch64-linux.default [ "meta" ];
    want = { type = "app"; program = "${outputs.packages.aarch64-linux.nixfleet-tui.outPath}/bin/nixfleet-tui"; };
  };
  "the package is built from this tree, without cgo" = {
    got = { inherit (program) pname version subPackages; inherit (program.env) CGO_ENABLED; source = program.src.outPath; };
    want = { pname = "nixfleet-tui"; version = "0123456"; subPackages = [ "." ]; CGO_ENABLED = 0; source = "this tree"; };
  };
  "a tree with changes has a version too" = {
    got = map (self: (import ./outputs.nix self).packages.x86_64-linux.default.version) [ { dirtyShortRev = "0123456-dirty"; } { } ];
    want = [ "0123456-dirty" "dirty" ];
  };
  "the shell has what the work needs" = {
    got = map (package: package.name) outputs.devShells.x86_64-linux.default.packages;
    want = [ "go" "gopls" "openssh" "nixos-rebuild-ng" "git" "tmux" "jq" ];
  };
  "the module and the library are those of this tree" = {
    got = { module = outputs.nixosModules.default.imports == [ ../module.nix ]; lib = attrNames outputs.lib == attrNames (import ../lib.nix); };
    want = { module = true; lib = true; };
  };
}
