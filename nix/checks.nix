# What can be wrong in a fleet.nix, as far as the configurations made from it
# depend on it. `nixfleet-tui` knows the same keys and says more about values.
let
  inherit (builtins) attrNames concatLists concatMap concatStringsSep elem filter hasAttr isAttrs isString match toJSON typeOf;
  inherit (import ./read.nix) get text sshKey;

  # The keys that each part of the file can have.
  keys = rec {
    fleet = [ "defaults" "hosts" "builders" "ca" ];
    defaults = [ "user" "buildOn" "port" "sudo" "forwardAgent" "substitutes" ];
    host = defaults ++ [ "address" "system" "tags" "hostKey" "hidden" "intermittent" "frozen" "healthChecks" "builder" ];
    builder = [
      "systems" "maxJobs" "speedFactor" "sshUser" "sshKey" "supportedFeatures" "mandatoryFeatures"
      "signingKey" "authorizedKey"
    ];
    loneBuilder = builder ++ [ "address" "port" "user" "hostKey" ];
    ca = [ "publicKey" "key" "principals" "validity" ];
  };

  when = wrong: mistake: if wrong then [ mistake ] else [ ];

  quoted = name: if match "[A-Za-z_][A-Za-z0-9_'-]*" name != null then name else toJSON name;

  # An attribute of the set at a path; the path of the whole file is "".
  at = path: name: if path == "" then quoted name else "${path}.${quoted name}";

  # The set at a path: `more` looks into it once it is known to be one.
  section = known: more: path: set:
    if !isAttrs set then [ "${if path == "" then "the file" else path}: expected an attribute set, found a ${typeOf set}" ]
    else
      map
        (key: "unknown key ${at path key}; known here: ${concatStringsSep ", " known}")
        (filter (key: !elem key known) (attrNames set))
      ++ more path set;

  # The same, where the file may be silent.
  optional = known: more: path: set: if set == null then [ ] else section known more path set;

  # A set of sets under names that people choose.
  named = inner: path: set:
    if set == null then [ ]
    else if !isAttrs set then section [ ] (_: _: [ ]) path set
    else concatMap (name: inner (at path name) set.${name}) (attrNames set);

  nothingMore = _: _: [ ];

  # A host key must not even be empty, as the program has it.
  publicKey = key: path: set:
    let line = if key == "hostKey" then get set key null else text set key; in
    when (line != null && (!isString line || sshKey line == null))
      "${path}.${key}: expected an ssh public key, such as \"ssh-ed25519 AAAA…\"";

  # The value is not repeated: where the public key belongs, a secret one may stand.
  signingKey = path: set:
    let key = text set "signingKey"; in
    when (key != null && (!isString key || match "[^:]+:[A-Za-z0-9+/]{43}=" key == null))
      "${path}.signingKey: expected what `nix key convert-secret-to-public` prints, such as \"cache-1:AAAA…=\"";

  ofBuilder = path: set:
    when (get set "systems" [ ] == [ ]) "${path}: a builder needs systems"
    ++ signingKey path set
    ++ publicKey "authorizedKey" path set;

  ofHost = path: set:
    publicKey "hostKey" path set
    ++ optional keys.builder ofBuilder "${path}.builder" (set.builder or null);

  ofLoneBuilder = path: set: ofBuilder path set ++ publicKey "hostKey" path set;

  # A name that means two machines.
  twice = fleet:
    let hosts = get fleet "hosts" { }; builders = get fleet "builders" { }; in
    if !isAttrs hosts || !isAttrs builders then [ ]
    else map (name: "${name} stands both in hosts and in builders") (filter (name: hasAttr name hosts) (attrNames builders));
in
{
  inherit keys;

  # Sentences, one for each mistake in the fleet.
  mistakes = section keys.fleet
    (_: fleet: concatLists [
      (optional keys.defaults nothingMore "defaults" (fleet.defaults or null))
      (named (section keys.host ofHost) "hosts" (fleet.hosts or null))
      (named (section keys.loneBuilder ofLoneBuilder) "builders" (fleet.builders or null))
      (optional keys.ca (publicKey "publicKey") "ca" (fleet.ca or null))
      (twice fleet)
    ])
    "";
}
