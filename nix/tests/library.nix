# Tests of the library, on the sample fleet and on one with all that a fleet
# can hold.
let
  lib = import ../lib.nix;
  sample = import ../../fleet.nix;
  crowded = import ./crowded.nix;
  key = import ./key.nix;

  hostNames = map (machine: machine.hostName);
  machine = host: hostName: fleet: builtins.head (builtins.filter (m: m.hostName == hostName) (lib.buildMachinesFor host fleet));
  signing = {
    boraha = "boraha-1:ZXhhbXBsZTogc2lnbnMgbm90aGluZyBib3JhaGEuLi4=";
    indri = "indri-1:ZXhhbXBsZTogc2lnbnMgbm90aGluZyBpbmRyaS4uLi4=";
    kelyus = "kelyus-1:ZXhhbXBsZTogc2lnbnMgbm90aGluZyBrZWx5dXMuLi4=";
  };
in
{
  "the builders of kelyus are the others" = {
    got = hostNames (lib.buildMachinesFor "kelyus" sample);
    want = [ "boraha.example.org" "indri.example.org" ];
  };
  "a host that builds for nobody has them all" = {
    got = hostNames (lib.buildMachinesFor "tsingy" sample);
    want = [ "boraha.example.org" "indri.example.org" "kelyus.lan" ];
  };
  "so has a machine that the fleet does not know" = {
    got = hostNames (lib.buildMachinesFor "elsewhere" sample);
    want = [ "boraha.example.org" "indri.example.org" "kelyus.lan" ];
  };
  "a build machine has all that fleet.nix says" = {
    got = machine "kelyus" "indri.example.org" sample;
    want = {
      hostName = "indri.example.org";
      protocol = "ssh-ng";
      systems = [ "x86_64-linux" ];
      maxJobs = 8;
      speedFactor = 15;
      sshUser = "nix-builder";
      sshKey = "/run/agenix/builder-access";
      supportedFeatures = [ "nixos-test" "benchmark" "big-parallel" "kvm" ];
      mandatoryFeatures = [ ];
      publicHostKey = null;
    };
  };
  "a builder of few words has Nix's defaults" = {
    got = machine "web" "spare" crowded;
    want = {
      hostName = "spare";
      protocol = "ssh-ng";
      systems = [ "riscv64-linux" ];
      maxJobs = 1;
      speedFactor = 1;
      sshUser = null;
      sshKey = null;
      supportedFeatures = [ ];
      mandatoryFeatures = [ ];
      publicHostKey = null;
    };
  };

  # --- which machine is the host itself ------------------------------------------

  "a host called by its address is left out too" = {
    got = hostNames (lib.buildMachinesFor "kelyus.lan" sample);
    want = [ "boraha.example.org" "indri.example.org" ];
  };
  "a host that stands there twice is left out twice" = {
    got = hostNames (lib.buildMachinesFor "twice" crowded);
    want = [ "gate.example.org" "gate.example.org" "spare" "big.example.net" ];
  };
  "also when its second entry is what is named" = {
    got = hostNames (lib.buildMachinesFor "twice-arm" crowded);
    want = [ "gate.example.org" "gate.example.org" "spare" "big.example.net" ];
  };
  "a builder whose address is the host's name is the host" = {
    got = lib.buildMachinesFor "h" { hosts.h.address = "h.lan"; builders.b = { address = "h"; systems = [ "x86_64-linux" ]; }; };
    want = [ ];
  };
  "another port at the same address is another machine" = {
    got = map (m: m.systems) (builtins.filter (m: m.hostName == "gate.example.org") (lib.buildMachinesFor "left" crowded));
    want = [ [ "aarch64-linux" ] ];
  };
  "a shared address means each of its machines" = {
    got = map (m: m.name) (lib.find "gate.example.org" crowded);
    want = [ "left" "right" ];
  };
  "a name comes before an address" = {
    got = map (m: m.name) (lib.find "spare" crowded);
    want = [ "spare" ];
  };
  "nobody is called so" = {
    got = lib.find "nobody" crowded;
    want = [ ];
  };

  # --- keys ----------------------------------------------------------------------

  "the keys that builders sign with" = {
    got = lib.trustedPublicKeys sample;
    want = [ signing.boraha signing.indri signing.kelyus ];
  };
  "without one's own" = {
    got = lib.trustedPublicKeysFor "indri" sample;
    want = [ signing.boraha signing.kelyus ];
  };
  "each once, and none that is empty" = {
    got = lib.trustedPublicKeys crowded;
    want = [ "fleet-1:ZXhhbXBsZTogc2lnbnMgbm90aGluZyBrZWx5dXMuLi4=" ];
  };
  "no host key is known that the fleet does not say" = {
    got = lib.knownHosts sample;
    want = { };
  };
  "known hosts have name and address" = {
    got = lib.knownHosts crowded;
    want = {
      web = { hostNames = [ "web" "web.example.org" ]; publicKey = key "web"; };
      left = { hostNames = [ "[left]:2201" "[gate.example.org]:2201" ]; publicKey = key "left"; };
      twice = { hostNames = [ "twice" "2001:db8::2" ]; publicKey = key "twice"; };
      nameless = { hostNames = [ "nameless" ]; publicKey = key "nameless"; };
      big = { hostNames = [ "[big]:2222" "[big.example.net]:2222" ]; publicKey = key "big"; };
    };
  };
  "the port of all hosts counts for a host that has none" = {
    got = (lib.knownHosts (crowded // { defaults.port = 2022; })).web.hostNames;
    want = [ "[web]:2022" "[web.example.org]:2022" ];
  };
  "but not for a builder that is no host" = {
    got = (lib.knownHosts {
      defaults.port = 2022;
      builders.b = { systems = [ "x86_64-linux" ]; hostKey = key "b"; };
    }).b.hostNames;
    want = [ "b" ];
  };
  "a builder's host key goes without its comment" = {
    got = (machine "web" "big.example.net" crowded).publicHostKey;
    want = lib.base64 (key "big" + "\n");
  };

  # --- ports, for a Nix that cannot say them -------------------------------------

  "ports of builders stand in the ssh configuration" = {
    got = lib.sshConfigFor "kelyus" sample;
    want = "Host boraha.example.org\n  Port 2222\nHost *\n";
  };
  "which is empty where all listen on 22" = {
    got = lib.sshConfigFor "boraha" sample;
    want = "";
  };
  "two builders behind one address" = {
    got = lib.ambiguousFor "web" crowded;
    want = [ "gate.example.org" ];
  };
  "one of them sees one only" = {
    got = lib.ambiguousFor "left" crowded;
    want = [ ];
  };

  # --- the authority ---------------------------------------------------------------

  "sudo by certificate" = {
    got = removeAttrs (lib.ussh sample "kelyus") [ "caFile" ];
    want = { enable = true; control = "sufficient"; authorizedPrincipals = "sudoer,sudoer@kelyus"; };
  };
  "a host is called by its name even if it is named by its address" = {
    got = (lib.ussh sample "kelyus.lan").authorizedPrincipals;
    want = "sudoer,sudoer@kelyus";
  };
  "several principals" = {
    got = (lib.ussh { ca.principals = [ "a" "b" ]; } "h").authorizedPrincipals;
    want = "a,a@h,b,b@h";
  };
  "the principal of who names none" = {
    got = (lib.ussh { } "h").authorizedPrincipals;
    want = "sudoer,sudoer@h";
  };
  "the authority's file holds its key" = {
    got = builtins.readFile (lib.ussh sample "kelyus").caFile;
    want = "sk-ssh-ed25519@openssh.com AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29tAAAAIFv8e+h86Q+7o6mRM2GYG5i3mLrV/9PIeSOQA/xP/+UwAAAABHNzaDo=\n";
  };
  "no authority, no file" = {
    got = [ (lib.caFile { }) (lib.caFile { ca = null; }) (lib.caFile { ca.publicKey = ""; }) ];
    want = [ null null null ];
  };

  # --- the builder's own side --------------------------------------------------------

  "who logs in to build" = {
    got = lib.builderRole "twice" crowded;
    want = { sshUser = "nix"; authorizedKey = "restrict ${key "access"}"; signingKey = "fleet-1:ZXhhbXBsZTogc2lnbnMgbm90aGluZyBrZWx5dXMuLi4="; };
  };
  "what is empty is silence" = {
    got = lib.builderRole "spare" crowded;
    want = { sshUser = null; authorizedKey = null; signingKey = null; };
  };
  "no builder" = {
    got = [ (lib.builderRole "web" crowded) (lib.builderRole "nobody" crowded) ];
    want = [ null null ];
  };
  "an empty fleet, and one of nulls" = {
    got = map (fleet: [ (lib.buildMachinesFor "h" fleet) (lib.trustedPublicKeys fleet) (lib.knownHosts fleet) ])
      [ { } { defaults = null; hosts = null; builders = null; ca = null; } { hosts.h = { address = null; port = null; hostKey = null; builder = null; }; } ];
    want = [ [ [ ] [ ] { } ] [ [ ] [ ] { } ] [ [ ] [ ] { } ] ];
  };
}
