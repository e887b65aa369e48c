{
  description = "See a fleet of NixOS machines, and deploy to several at once";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";

  outputs = { self, nixpkgs }:
    let
      inherit (nixpkgs) lib;
      systems = [ "x86_64-linux" "aarch64-linux" "x86_64-darwin" "aarch64-darwin" ];
      each = f: lib.genAttrs systems (system: f nixpkgs.legacyPackages.${system});
    in
    {
      packages = each (pkgs: rec {
        default = nixfleet-tui;
        nixfleet-tui = pkgs.buildGoModule {
          pname = "nixfleet-tui";
          version = self.shortRev or self.dirtyShortRev or "dirty";
          src = self;
          # The modules of go.mod as `go mod vendor` lays them out, our own `background`
          # among them: it changes with that too. .ci/run says what it must be.
          vendorHash = "sha256-IrZoJrRQVw5etiM7zrpskjxxefYcYUg2YD57Ts6VmeA=";
          env.CGO_ENABLED = 0;
          subPackages = [ "." ];
          # The tests start SSH servers and processes of their own; .ci/run has them.
          doCheck = false;
          meta = {
            description = "See a fleet of NixOS machines, and deploy to several at once";
            mainProgram = "nixfleet-tui";
            license = lib.licenses.mit;
            platforms = systems;
          };
        };
      });

      apps = each (pkgs: {
        default = {
          type = "app";
          program = lib.getExe self.packages.${pkgs.stdenv.hostPlatform.system}.default;
          meta.description = "The dashboard, and all commands of nixfleet-tui";
        };
      });

      devShells = each (pkgs: {
        default = pkgs.mkShell {
          packages = [ pkgs.go pkgs.gopls pkgs.openssh pkgs.nixos-rebuild-ng pkgs.git pkgs.tmux pkgs.jq ];
        };
      });

      # What fleet.nix says, as options of NixOS and as plain functions: docs/nix.md.
      nixosModules.default.imports = [ ./nix/module.nix ];
      lib = import ./nix/lib.nix;
    };
}
