# What the machines of a fleet must know of each other, worked out from the
# fleet.nix that `nixfleet-tui` reads too, so that it is written once: who
# builds for whom, whose keys are trusted, whose certificates are honoured.
#
# All of it is functions of an imported fleet (`import ./fleet.nix`) that need
# nothing but Nix itself. A `host` is called as people call it: by its attribute
# in fleet.nix or by its address. ./module.nix gives the results to NixOS.
let
  inherit (builtins) any attrNames concatMap concatStringsSep elem filter foldl' head listToAttrs toFile toString;
  inherit (import ./read.nix) get text sshKey;
  checks = import ./checks.nix;

  base64 = import ./base64.nix;

  unique = foldl' (kept: item: if elem item kept then kept else kept ++ [ item ]) [ ];

  # What is no key stays as it is, for `mistakes` to name.
  plainKey = line: let key = sshKey line; in if key == null then line else key;

  # Every machine of the fleet: its hosts, and the builders that are no hosts.
  machinesOf = fleet:
    let
      hosts = get fleet "hosts" { };
      lone = get fleet "builders" { };
      usualPort = get (get fleet "defaults" { }) "port" 22;
      machine = name: entry: port: builder: {
        inherit name builder;
        address = get entry "address" name; # without one, ssh finds it by its name
        port = get entry "port" port;
        hostKey = get entry "hostKey" null;
      };
    in
    map (name: machine name hosts.${name} usualPort (get hosts.${name} "builder" null)) (attrNames hosts)
    ++ map (name: machine name lone.${name} 22 lone.${name}) (attrNames lone);

  buildersOf = fleet: filter (m: m.builder != null) (machinesOf fleet);

  # The machines that `host` can mean. A name says more than an address, which
  # several machines behind one router share.
  find = host: fleet:
    let
      all = machinesOf fleet;
      byName = filter (m: m.name == host) all;
    in
    if byName != [ ] then byName else filter (m: m.address == host) all;

  # What the fleet calls `host`; its own word when the fleet does not know it.
  nameOf = host: fleet:
    let found = find host fleet; in if found == [ ] then host else (head found).name;

  # Whether a machine is `host`, also when it stands in the fleet a second time
  # under another name.
  isHost = host: fleet:
    let
      at = address: port: "${address} ${toString port}";
      own = concatMap (m: [ (at m.name m.port) (at m.address m.port) ]) (find host fleet);
    in
    m: elem (at m.address m.port) own;

  othersThan = host: fleet:
    let isSelf = isHost host fleet; in filter (m: !isSelf m) (buildersOf fleet);

  signingKeys = machines: unique (filter (key: key != null) (map (m: text m.builder "signingKey") machines));

  buildMachine = m: {
    hostName = m.address;
    protocol = "ssh-ng"; # the only one that tells a builder's version and whether it trusts us
    systems = get m.builder "systems" [ ];
    maxJobs = get m.builder "maxJobs" 1;
    speedFactor = get m.builder "speedFactor" 1;
    sshUser = text m.builder "sshUser";
    sshKey = text m.builder "sshKey";
    supportedFeatures = get m.builder "supportedFeatures" [ ];
    mandatoryFeatures = get m.builder "mandatoryFeatures" [ ];
    publicHostKey = if m.hostKey == null then null else base64 (plainKey m.hostKey + "\n");
  };

  # How known_hosts writes the names of a machine.
  sshNames = m:
    let named = name: if m.port == 22 then name else "[${name}]:${toString m.port}"; in
    unique [ (named m.name) (named m.address) ];

  caOf = fleet: get fleet "ca" { };
in
rec {
  inherit base64 find;
  inherit (checks) keys mistakes;

  # For nix.buildMachines of `host`: every builder but itself.
  buildMachinesFor = host: fleet: map buildMachine (othersThan host fleet);

  # For nix.settings.trusted-public-keys: what the builders sign with. A host
  # has no need of its own.
  trustedPublicKeys = fleet: signingKeys (buildersOf fleet);
  trustedPublicKeysFor = host: fleet: signingKeys (othersThan host fleet);

  # For programs.ssh.knownHosts: every machine whose host key the fleet knows.
  knownHosts = fleet: listToAttrs (map
    (m: { inherit (m) name; value = { hostNames = sshNames m; publicKey = plainKey m.hostKey; }; })
    (filter (m: m.hostKey != null) (machinesOf fleet)));

  # For programs.ssh.extraConfig of `host`: the ports of its builders, which
  # Nix could not say in a builder's address before 2.31. The last line lets
  # what follows count for every host again.
  sshConfigFor = host: fleet:
    let elsewhere = filter (m: m.port != 22) (othersThan host fleet); in
    if elsewhere == [ ] then ""
    else concatStringsSep "" (map (m: "Host ${m.address}\n  Port ${toString m.port}\n") elsewhere) + "Host *\n";

  # Addresses under which `host` would reach two builders on different ports:
  # Nix tells them apart by their address alone.
  ambiguousFor = host: fleet:
    let others = othersThan host fleet; in
    unique (map (m: m.address) (filter (m: any (o: o.address == m.address && o.port != m.port) others) others));

  # Who logs in to build on `host`, and what it signs with; null when it is no
  # builder for the others.
  builderRole = host: fleet:
    let
      found = filter (isHost host fleet) (buildersOf fleet);
      said = text (head found).builder;
    in
    if found == [ ] then null
    else { sshUser = said "sshUser"; authorizedKey = said "authorizedKey"; signingKey = said "signingKey"; };

  # The fleet's certificate authority as a file for sshd and pam_ussh; null
  # when there is none.
  caFile = fleet:
    let key = text (caOf fleet) "publicKey"; in if key == null then null else toFile "nixfleet-ca.pub" "${plainKey key}\n";

  # What a certificate must be for, to give its owner sudo.
  principals = fleet: get (caOf fleet) "principals" [ "sudoer" ];

  # For security.pam.ussh of `host`: in sudo, a certificate of the fleet's
  # authority stands for the password if it names one of the authority's
  # principals, or one of them at this host.
  ussh = fleet: host: {
    enable = true;
    control = "sufficient";
    caFile = caFile fleet;
    authorizedPrincipals = concatStringsSep "," (concatMap
      (principal: [ principal "${principal}@${nameOf host fleet}" ])
      (principals fleet));
  };
}
