# A fleet with the cases that the sample does not have.
let
  key = import ./key.nix;
in
{
  hosts = {
    web = { address = "web.example.org"; hostKey = "${key "web"} root@web"; };

    # Behind one router, told apart by their ports.
    left = {
      address = "gate.example.org";
      port = 2201;
      hostKey = key "left";
      builder.systems = [ "x86_64-linux" ];
    };
    right = {
      address = "gate.example.org";
      port = 2202;
      builder.systems = [ "aarch64-linux" ];
    };

    # One machine, and a second entry for it below.
    twice = {
      address = "2001:db8::2";
      hostKey = "  ${key "twice"}\n";
      builder = {
        systems = [ "x86_64-linux" ];
        sshUser = "nix";
        authorizedKey = "restrict ${key "access"}";
        signingKey = "fleet-1:ZXhhbXBsZTogc2lnbnMgbm90aGluZyBrZWx5dXMuLi4=";
      };
    };

    nameless.hostKey = key "nameless";
    spare.builder = { systems = [ "riscv64-linux" ]; sshUser = ""; signingKey = ""; authorizedKey = ""; sshKey = ""; };
    shadow.address = "spare";
  };

  builders = {
    twice-arm = { address = "2001:db8::2"; systems = [ "aarch64-linux" ]; };
    big = {
      address = "big.example.net";
      port = 2222;
      hostKey = "${key "big"} root@big";
      systems = [ "x86_64-linux" "i686-linux" ];
      maxJobs = 64;
      speedFactor = 2.5;
      supportedFeatures = [ "kvm" ];
      mandatoryFeatures = [ "big-parallel" ];
      sshUser = "fleet";
      signingKey = "fleet-1:ZXhhbXBsZTogc2lnbnMgbm90aGluZyBrZWx5dXMuLi4=";
    };
  };
}
