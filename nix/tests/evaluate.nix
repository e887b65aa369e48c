# A stand-in for the module system of nixpkgs, which the tests cannot fetch:
# as much of `lib` as ./../module.nix uses, with the same meaning, and
# `evalModules`. As there, conditions are pushed down to the options, values
# are lazy, an option that nobody declared is an error, and so is a value of
# the wrong type or two values that cannot be one.
let
  inherit (builtins)
    all attrNames concatLists concatMap concatStringsSep elem filter foldl' head isAttrs isBool isFloat isFunction
    isInt isList isString length listToAttrs mapAttrs substring toJSON typeOf;

  tagged = tag: value: isAttrs value && value._type or null == tag;
  isOption = tagged "option";
  dotted = concatStringsSep ".";
  unique = foldl' (kept: item: if elem item kept then kept else kept ++ [ item ]) [ ];

  # A value that may be conditional, or several, as the list of those that hold.
  discharge = value:
    if tagged "if" value then (if value.condition then discharge value.content else [ ])
    else if tagged "merge" value then concatMap discharge value.contents
    else [ value ];

  # The same for a set of options: conditions go down to the attributes.
  pushDown = set:
    if tagged "merge" set then concatMap pushDown set.contents
    else if tagged "if" set then map (mapAttrs (_: value: { _type = "if"; inherit (set) condition; content = value; })) (pushDown set.content)
    else [ set ];

  merged = type: path: definitions:
    let
      values = concatMap discharge definitions;
      wrong = filter (value: !type.check value) values;
    in
    if wrong != [ ] then throw "${dotted path}: expected ${type.name}, found a ${typeOf (head wrong)}"
    else type.merge path values;

  one = path: values:
    if all (value: value == head values) values then head values
    else throw "${dotted path}: conflicting definitions";

  scalar = name: check: { inherit name check; merge = one; };

  types = rec {
    raw = {
      name = "anything";
      check = _: true;
      merge = path: values: if length values == 1 then head values else throw "${dotted path}: defined several times";
    };
    str = scalar "a string" isString;
    bool = scalar "a boolean" isBool;
    int = scalar "an integer" isInt;
    number = scalar "a number" (value: isInt value || isFloat value);
    path = scalar "an absolute path" (value: isString value && substring 0 1 value == "/");
    enum = values: scalar "one of ${toJSON values}" (value: elem value values);
    lines = str // { merge = _: concatStringsSep "\n"; };
    commas = str // { merge = _: concatStringsSep ","; };
    nullOr = type: {
      name = "null or ${type.name}";
      check = value: value == null || type.check value;
      merge = path: values: if all (value: value == null) values then null else type.merge path values;
    };
    listOf = type: {
      name = "a list of ${type.name}";
      check = isList;
      merge = path: values: map (item: merged type path [ item ]) (concatLists values);
    };
    attrsOf = type: {
      name = "a set of ${type.name}";
      check = isAttrs;
      merge = path: values:
        let
          sets = concatMap pushDown values;
          names = unique (concatMap attrNames sets);
          of = name: concatMap (set: if set ? ${name} then discharge set.${name} else [ ]) sets;
        in
        listToAttrs (map (name: { inherit name; value = merged type (path ++ [ name ]) (of name); })
          (filter (name: of name != [ ]) names));
    };
    submodule = options: {
      name = "a submodule";
      check = isAttrs;
      merge = path: values: valuesOf path options values;
    };
  };

  # The values of a tree of options, given the sets that define them.
  valuesOf = path: options: definitions:
    let
      sets = concatMap pushDown definitions;
      unknown = filter (name: !(options ? ${name})) (concatMap attrNames sets);
      value = name: option:
        let
          here = path ++ [ name ];
          defined = concatMap (set: if set ? ${name} then [ set.${name} ] else [ ]) sets;
        in
        if !isOption option then valuesOf here option defined
        else if concatMap discharge defined != [ ] then merged option.type here defined
        else option.default or (throw "${dotted here} is used but nobody defines it");
    in
    if unknown != [ ] then throw "the option ${dotted (path ++ [ (head unknown) ])} does not exist"
    else mapAttrs value options;

  together = a: b:
    if isOption a || isOption b then throw "an option is declared twice"
    else a // mapAttrs (name: value: if a ? ${name} then together a.${name} value else value) b;
in
rec {
  lib = {
    inherit types concatStringsSep;
    mkOption = option: option // { _type = "option"; };
    mkIf = condition: content: { _type = "if"; inherit condition content; };
    mkMerge = contents: { _type = "merge"; inherit contents; };
    literalExpression = text: { _type = "literalExpression"; inherit text; };
    optional = condition: item: if condition then [ item ] else [ ];
  };

  # Modules are functions, or files or sets without: of options and config, or
  # of config alone.
  evalModules = modules:
    let
      load = module:
        let
          content = if isAttrs module || isFunction module then module else import module;
          set = if isFunction content then content { inherit config lib; } else content;
          whole = set ? options || set ? config;
        in
        concatMap load (set.imports or [ ])
        ++ [ (if whole then { options = set.options or { }; config = set.config or { }; } else { options = { }; config = removeAttrs set [ "imports" ]; }) ];
      loaded = concatMap load modules;
      options = foldl' together { } (map (module: module.options) loaded);
      config = valuesOf [ ] options (map (module: module.config) loaded);
    in
    { inherit options config; };
}
