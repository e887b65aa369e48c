# Tests of the NixOS module on hosts of the sample fleet and of the crowded one.
let
  fleetLib = import ../lib.nix;
  sample = import ../../fleet.nix;
  crowded = import ./crowded.nix;
  key = import ./key.nix;
  inherit (import ./evaluate.nix) evalModules;
  inherit (builtins) attrNames filter isString match;

  machine = inventory: hostName: module:
    evalModules [ ./nixos.nix ../module.nix { networking = { inherit hostName; }; nixfleet = { inherit inventory; }; } module ];
  configOf = inventory: hostName: module: (machine inventory hostName module).config;

  # What NixOS would refuse to build with.
  complaints = config: map (a: a.message) (filter (a: !a.assertion) config.assertions);

  builder = { nixfleet.builderRole.enable = true; };
  ussh = { nixfleet.ussh.enable = true; };

  # Every option of nixfleet, with its path.
  documented = path: options:
    if options._type or "" == "option"
    then [ { inherit path; has = isString options.description && match ".*[.]\n" options.description != null && options ? example; } ]
    else builtins.concatMap (name: documented "${path}.${name}" options.${name}) (attrNames options);
in
{
  # --- by itself -------------------------------------------------------------------

  "the module alone gives known hosts" = {
    got = (configOf crowded "web" { }).programs.ssh.knownHosts;
    want = fleetLib.knownHosts crowded;
  };
  "and nothing else" = {
    got = removeAttrs (configOf sample "kelyus" { }) [ "nixfleet" "assertions" ];
    want = removeAttrs (evalModules [ ./nixos.nix { networking.hostName = "kelyus"; } ]).config [ "assertions" ];
  };
  "and no complaint" = { got = complaints (configOf sample "kelyus" { }); want = [ ]; };
  "known hosts of one's own stay" = {
    got = attrNames (configOf crowded "web" { programs.ssh.knownHosts.other = { hostNames = [ "other" ]; publicKey = key "other"; }; }).programs.ssh.knownHosts;
    want = [ "big" "left" "nameless" "other" "twice" "web" ];
  };
  "every option is described, with an example" = {
    got = documented "nixfleet" (machine sample "kelyus" { }).options.nixfleet;
    want = map (path: { inherit path; has = true; }) [
      "nixfleet.builderRole.enable"
      "nixfleet.builderRole.secretKeyFiles"
      "nixfleet.dispatch.enable"
      "nixfleet.inventory"
      "nixfleet.self"
      "nixfleet.sshCA.enable"
      "nixfleet.ussh.enable"
    ];
  };

  # --- which machine this is -------------------------------------------------------

  "a stranger to the fleet is refused" = {
    got = complaints (configOf sample "kelyos" { });
    want = [ "nixfleet: there is no machine \"kelyos\" in fleet.nix: add hosts.\"kelyos\", or say in nixfleet.self which of them this one is." ];
  };
  "unless it says who it is" = { got = complaints (configOf sample "kelyos" { nixfleet.self = "kelyus"; }); want = [ ]; };
  "an address will do" = { got = complaints (configOf sample "kelyos" { nixfleet.self = "kelyus.lan"; }); want = [ ]; };
  "if it is the address of one" = {
    got = complaints (configOf crowded "x" { nixfleet.self = "gate.example.org"; });
    want = [ "nixfleet: \"gate.example.org\" is the address of left and right: say in nixfleet.self which of them this one is." ];
  };
  "a mistake in the inventory is told, and alone" = {
    got = complaints (configOf { hosts.kelyus.buidOn = "local"; ca = "x"; } "kelyus"
      { nixfleet = { dispatch.enable = true; builderRole.enable = true; ussh.enable = true; sshCA.enable = true; }; });
    want = [
      "nixfleet: fleet.nix: unknown key hosts.kelyus.buidOn; known here: user, buildOn, port, sudo, forwardAgent, substitutes, address, system, tags, hostKey, hidden, intermittent, frozen, healthChecks, builder"
      "nixfleet: fleet.nix: ca: expected an attribute set, found a string"
    ];
  };

  # --- dispatch --------------------------------------------------------------------

  "kelyus sends builds to indri and boraha" =
    let config = configOf sample "kelyus" { nixfleet.dispatch.enable = true; }; in
    {
      got = {
        machines = map (m: m.hostName) config.nix.buildMachines;
        inherit (config.nix) distributedBuilds;
        keys = config.nix.settings.trusted-public-keys;
        ssh = config.programs.ssh.extraConfig;
        refused = complaints config;
        users = attrNames config.users.users;
      };
      want = {
        machines = [ "boraha.example.org" "indri.example.org" ];
        distributedBuilds = true;
        keys = [
          "cache.nixos.org-1:6NCHdD59X431o0gWypbMrAURkbJ16ZPMQFGspcDShjY="
          "boraha-1:ZXhhbXBsZTogc2lnbnMgbm90aGluZyBib3JhaGEuLi4="
          "indri-1:ZXhhbXBsZTogc2lnbnMgbm90aGluZyBpbmRyaS4uLi4="
        ];
        ssh = "Host boraha.example.org\n  Port 2222\nHost *\n";
        refused = [ ];
        users = [ ];
      };
    };
  "a build machine of its own stays" = {
    got = map (m: m.hostName) (configOf sample "kelyus" { nixfleet.dispatch.enable = true; nix.buildMachines = [ { hostName = "mine"; systems = [ "i686-linux" ]; } ]; }).nix.buildMachines;
    want = [ "boraha.example.org" "indri.example.org" "mine" ];
  };
  "ports at one address cannot be told apart" = {
    got = complaints (configOf crowded "web" { nixfleet.dispatch.enable = true; });
    want = [ "nixfleet: two builders share the address gate.example.org, and Nix cannot tell them apart by their ports: give each a name of its own in DNS." ];
  };

  # --- the builder's own side --------------------------------------------------------

  "a builder lets the others in" =
    let config = configOf sample "kelyus" { nixfleet.builderRole = { enable = true; secretKeyFiles = [ "/run/agenix/sign" ]; }; }; in
    {
      got = { inherit (config) users nix warnings; refused = complaints config; };
      want = {
        users.users.nix-builder = {
          isNormalUser = false;
          isSystemUser = true;
          group = "nix-builder";
          useDefaultShell = true;
          openssh.authorizedKeys.keys = [ "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGV4YW1wbGU6IG5vIHN1Y2ggcHJpdmF0ZSBrZXkuLi4u example-builder-access" ];
        };
        users.groups.nix-builder = { };
        nix = {
          distributedBuilds = false;
          buildMachines = [ ];
          settings = {
            trusted-users = [ "root" "nix-builder" ];
            trusted-public-keys = [ "cache.nixos.org-1:6NCHdD59X431o0gWypbMrAURkbJ16ZPMQFGspcDShjY=" ];
            secret-key-files = [ "/run/agenix/sign" ];
          };
        };
        warnings = [ ];
        refused = [ ];
      };
    };
  "a signing key that nobody uses is worth a warning" = {
    got = (configOf sample "kelyus" builder).warnings;
    want = [ "nixfleet: others trust the signingKey of kelyus, but kelyus signs nothing: set nixfleet.builderRole.secretKeyFiles." ];
  };
  "unless it is used in another way" = {
    got = (configOf sample "kelyus" { imports = [ builder ]; nix.settings.secret-key-files = [ "/elsewhere" ]; }).warnings;
    want = [ ];
  };
  "a person who builds stays a person" = {
    got = (configOf sample "kelyus" { imports = [ builder ]; users.users.nix-builder = { isNormalUser = true; group = "users"; }; }).users.users.nix-builder;
    want = {
      isNormalUser = true;
      isSystemUser = false;
      group = "users";
      useDefaultShell = false;
      openssh.authorizedKeys.keys = [ "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGV4YW1wbGU6IG5vIHN1Y2ggcHJpdmF0ZSBrZXkuLi4u example-builder-access" ];
    };
  };
  "root stays root" =
    let config = configOf { hosts.h.builder = { systems = [ "x86_64-linux" ]; sshUser = "root"; authorizedKey = key "access"; }; } "h" builder; in
    {
      got = [ config.users.users.root.isSystemUser config.users.users.root.openssh.authorizedKeys.keys (attrNames config.users.groups) ];
      want = [ false [ (key "access") ] [ ] ];
    };
  "a host that builds for nobody cannot play the role" = {
    got = complaints (configOf sample "tsingy" builder);
    want = [ "nixfleet: nixfleet.builderRole is on, but tsingy has no builder in fleet.nix: give it one, or switch the role off." ];
  };
  "nor one that nobody could log in to" = {
    got = complaints (configOf crowded "spare" builder);
    want = [ "nixfleet: the builder of spare in fleet.nix has no sshUser: nobody could log in to build." ];
  };

  # --- the authority ---------------------------------------------------------------

  "sudo by certificate on kelyus" =
    let config = configOf sample "kelyus" ussh; in
    {
      got = { pam = removeAttrs config.security.pam.ussh [ "caFile" ]; sshd = config.services.openssh.settings; refused = complaints config; };
      want = {
        pam = { enable = true; control = "sufficient"; authorizedPrincipals = "sudoer,sudoer@kelyus"; group = null; };
        sshd = { };
        refused = [ ];
      };
    };
  "sudo and sshd read one authority" =
    let config = configOf sample "kelyus" { nixfleet = { ussh.enable = true; sshCA.enable = true; }; }; in
    {
      got = [ (config.security.pam.ussh.caFile == config.services.openssh.settings.TrustedUserCAKeys) (builtins.readFile config.security.pam.ussh.caFile) ];
      want = [ true "${builtins.head (builtins.match "(.*) example-ca" sample.ca.publicKey)}\n" ];
    };
  "sshd alone leaves sudo alone" = {
    got = (configOf sample "kelyus" { nixfleet.sshCA.enable = true; }).security.pam.ussh.enable;
    want = false;
  };
  "no authority" = {
    got = complaints (configOf crowded "web" { nixfleet = { ussh.enable = true; sshCA.enable = true; }; });
    want = [
      "nixfleet: nixfleet.ussh needs the public key of an SSH certificate authority: set ca.publicKey in fleet.nix."
      "nixfleet: nixfleet.sshCA needs the public key of an SSH certificate authority: set ca.publicKey in fleet.nix."
    ];
  };
  "no principals would be all principals" = {
    got = complaints (configOf (sample // { ca = sample.ca // { principals = [ ]; }; }) "kelyus" ussh);
    want = [ "nixfleet: without ca.principals in fleet.nix pam_ussh would take any certificate: name one, such as \"sudoer\"." ];
  };
  "principals that pam_ussh would read as others" = {
    got = map (p: builtins.length (complaints (configOf (sample // { ca = sample.ca // { principals = [ p ]; }; }) "kelyus" ussh)))
      [ "a,root" "a=b" "a b" "" "fine" ];
    want = [ 1 1 1 1 0 ];
  };
  "a group would open sudo to all others" = {
    got = complaints (configOf sample "kelyus" { imports = [ ussh ]; security.pam.ussh.group = "wheel"; });
    want = [ "nixfleet: security.pam.ussh.group lets everybody outside of the group use sudo without a certificate: leave it out." ];
  };

  # --- the stand-in itself ---------------------------------------------------------

  "an option that NixOS does not have is an error" = {
    got = (builtins.tryEval (configOf sample "kelyus" { nix.buildMachnes = [ ]; }).nix).success;
    want = false;
  };
  "so is a value of another type" = {
    got = map (value: (builtins.tryEval (builtins.deepSeq (configOf sample "kelyus" value).nixfleet true)).success)
      [ { nixfleet.self = 7; } { nixfleet.builderRole.secretKeyFiles = [ ./module.nix ]; } { nixfleet.ussh.enable = "yes"; } { nixfleet.self = "kelyus"; } ];
    want = [ false false false true ];
  };
}
