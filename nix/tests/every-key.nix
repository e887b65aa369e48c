# A fleet with every key that fleet.nix can have.
let
  key = import ./key.nix;
  builder = {
    systems = [ "x86_64-linux" ];
    maxJobs = 2;
    speedFactor = 1.5;
    sshUser = "nix-builder";
    sshKey = "/run/agenix/builder-access";
    supportedFeatures = [ "kvm" ];
    mandatoryFeatures = [ "big-parallel" ];
    signingKey = "h-1:ZXhhbXBsZTogc2lnbnMgbm90aGluZyBrZWx5dXMuLi4=";
    authorizedKey = key "access";
  };
in
{
  defaults = {
    user = "korfuri";
    buildOn = "target";
    port = 22;
    sudo = true;
    forwardAgent = true;
    substitutes = true;
  };
  hosts.h = {
    address = "h.example.org";
    port = 22;
    user = "root";
    system = "x86_64-linux";
    tags = [ "web" ];
    hostKey = key "h";
    buildOn = "local";
    sudo = false;
    forwardAgent = false;
    substitutes = false;
    hidden = false;
    intermittent = true;
    frozen = "disk on order";
    healthChecks = [ "true" ];
    inherit builder;
  };
  builders.b = builder // {
    address = "b.example.org";
    port = 2222;
    user = "ops";
    hostKey = key "b";
  };
  ca = {
    publicKey = key "ca";
    key = "./secrets/ca";
    principals = [ "sudoer" ];
    validity = "-5m:+20h";
  };
}
