# The fleet: what a flake cannot say about its machines. This is a sample, and
# it is the fleet that `nixfleet-tui demo` shows.
#
# Lay a file like this beside your flake.nix. Everything in it is optional: a
# machine in the flake's nixosConfigurations is in the fleet without a word
# here, and what stands here wins over what the flake says. A misspelled key is
# an error that names it, so this file cannot lie by accident.
#
# Your NixOS configurations can read it too, and need not repeat it: docs/nix.md.
let
  # It is plain Nix, so what several machines share is written once.
  features = [ "nixos-test" "benchmark" "big-parallel" "kvm" ];

  # What every builder here has in common. `sshUser` and `sshKey` are how a
  # machine's Nix daemon logs in to it: the key lives on that machine, put there
  # by agenix, and `authorizedKey` is its public half.
  builder = {
    sshUser = "nix-builder";
    sshKey = "/run/agenix/builder-access";
    authorizedKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGV4YW1wbGU6IG5vIHN1Y2ggcHJpdmF0ZSBrZXkuLi4u example-builder-access";
    supportedFeatures = features;
    # mandatoryFeatures = [ "big-parallel" ]; would keep it for builds that ask for that
  };
in
{
  # What holds for every host that does not say otherwise.
  defaults = {
    user = "korfuri"; # whom ssh logs in as; without it, your ssh configuration decides
    sudo = true; # that user becomes root with sudo
    forwardAgent = true; # sudo on the host may ask our ssh agent (pam_ussh, pam_rssh)
    buildOn = "target"; # a host builds what it will run, and so keeps what it built
    substitutes = true; # a host fetches from its caches rather than from us
  };

  # --- machines that also build for the others -----------------------------------

  hosts.kelyus = {
    address = "kelyus.lan";
    system = "x86_64-linux";
    tags = [ "home" "desktop" ];
    builder = builder // {
      systems = [ "x86_64-linux" "aarch64-linux" ]; # aarch64 through binfmt
      maxJobs = 4;
      speedFactor = 10;
      signingKey = "kelyus-1:ZXhhbXBsZTogc2lnbnMgbm90aGluZyBrZWx5dXMuLi4=";
    };
  };

  hosts.indri = {
    address = "indri.example.org";
    system = "x86_64-linux";
    tags = [ "datacenter" "ci" ];
    builder = builder // {
      systems = [ "x86_64-linux" ];
      maxJobs = 8;
      speedFactor = 15;
      signingKey = "indri-1:ZXhhbXBsZTogc2lnbnMgbm90aGluZyBpbmRyaS4uLi4=";
    };
  };

  hosts.boraha = {
    address = "boraha.example.org";
    port = 2222; # 22 is what everybody knocks on
    system = "aarch64-linux";
    tags = [ "datacenter" "ci" ];
    builder = builder // {
      systems = [ "aarch64-linux" ];
      maxJobs = 4;
      speedFactor = 20;
      signingKey = "boraha-1:ZXhhbXBsZTogc2lnbnMgbm90aGluZyBib3JhaGEuLi4=";
    };
  };

  # --- at home --------------------------------------------------------------------

  # A Raspberry Pi 4: it would build for hours and wear its card out. What boraha
  # builds for it is rooted on boraha, or the next garbage collection there would
  # throw it away and everything would be built again.
  hosts.sambirano = {
    address = "sambirano.lan";
    system = "aarch64-linux";
    tags = [ "home" "pi" ];
    buildOn = "boraha";
  };

  # A laptop: that it is down is nothing to worry about.
  hosts.sifaka = {
    system = "x86_64-linux"; # no address: `Host sifaka` in your ssh configuration knows
    tags = [ "home" "laptop" ];
    intermittent = true;
  };

  # The backups. No action touches a frozen host unless it is told to with --thaw.
  hosts.tenrec = {
    address = "tenrec.lan";
    system = "x86_64-linux";
    tags = [ "home" "backup" ];
    frozen = "the pool is resilvering, wait for the new disk";
  };

  # --- in the datacenter ----------------------------------------------------------

  # `--on @web` takes these two; `--on '@datacenter,!@db'` all of them but the databases.
  hosts.ankarana = {
    address = "ankarana.example.org";
    system = "x86_64-linux";
    tags = [ "datacenter" "web" ];
    # Asked after a deployment: a host that fails one of these was not deployed well.
    healthChecks = [ "systemctl is-active --quiet nginx" ];
  };

  hosts.andasibe = {
    address = "andasibe.example.org";
    system = "x86_64-linux";
    tags = [ "datacenter" "web" ];
    healthChecks = [ "systemctl is-active --quiet nginx" ];
  };

  hosts.vanga = {
    address = "vanga.example.org";
    system = "aarch64-linux";
    tags = [ "datacenter" "mail" ];
  };

  hosts.tsingy = {
    address = "tsingy.example.org";
    system = "x86_64-linux";
    tags = [ "datacenter" "db" ];
    healthChecks = [ "systemctl is-active --quiet postgresql" ];
  };

  hosts.masoala = {
    address = "masoala.example.org";
    system = "x86_64-linux";
    tags = [ "datacenter" "db" "replica" ];
  };

  # Two cores only, so another builds for it. "local" would be the machine that
  # nixfleet-tui runs on.
  hosts.ayeaye = {
    address = "ayeaye.example.org";
    system = "x86_64-linux";
    tags = [ "datacenter" "monitoring" ];
    user = "root"; # a host may differ from the defaults …
    sudo = false; # … and root needs no sudo
    buildOn = "indri";
  };

  # A host's key is the line in its /etc/ssh/ssh_host_ed25519_key.pub. A builder
  # must show the one that stands here, and the NixOS module tells every machine:
  #   hosts.kelyus.hostKey = "ssh-ed25519 AAAA…";

  # A nixosConfiguration that is no machine stays out of the table like this:
  #   hosts.installer.hidden = true;

  # A builder that is no host of this fleet, such as a hosted one, has the keys of
  # `builder` above, and address, port, user and hostKey besides:
  #   builders.community = { address = "build-box.example.net"; systems = [ "x86_64-linux" ]; … };

  # The certificate authority that our ssh certificates come from.
  ca = {
    publicKey = "sk-ssh-ed25519@openssh.com AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29tAAAAIFv8e+h86Q+7o6mRM2GYG5i3mLrV/9PIeSOQA/xP/+UwAAAABHNzaDo= example-ca";
    key = "./secrets/sparkly-blue-sk-ca";
    principals = [ "sudoer" ];
    validity = "-5m:+20h";
  };
}
