# What a flake written as docs/nix.md says makes of its hosts. `dir` holds its
# files, and the sample fleet.nix.
{ dir }:
let
  nixfleet = import ./outputs.nix { };
  outputs = (import (dir + "/flake.nix")).outputs { inherit nixfleet; self = outputs; nixpkgs = import ./nixpkgs.nix; };
  of = { config, ... }: {
    complaints = builtins.filter (a: !a.assertion) config.assertions ++ config.warnings;
    machines = map (m: m.hostName) config.nix.buildMachines;
    users = builtins.attrNames config.users.users;
    sudo = config.security.pam.ussh.authorizedPrincipals;
    sshd = builtins.attrNames config.services.openssh.settings;
  };
in
{
  hosts = builtins.mapAttrs (_: of) outputs.nixosConfigurations;
  library = builtins.mapAttrs (_: value: builtins.length (if builtins.isAttrs value then builtins.attrNames value else value))
    (import (dir + "/library.nix") { inherit nixfleet; });
}
