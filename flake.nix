{
  description = "See a fleet of NixOS machines, and deploy to several at once";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";

  outputs = { self, nixpkgs }:
    let
      systems = [ "x86_64-linux" "aarch64-linux" "x86_64-darwin" "aarch64-darwin" ];
      each = f: nixpkgs.lib.genAttrs systems (system: f nixpkgs.legacyPackages.${system});
    in
    {
      packages = each (pkgs: rec {
        default = nixfleet-tui;
        nixfleet-tui = pkgs.buildGoModule {
          pname = "nixfleet-tui";
          version = self.shortRev or "dirty";
          src = self;
          # The modules of go.mod, as `go mod vendor` lays them out; .ci/run says what it must be.
          vendorHash = "sha256-IrZoJrRQVw5etiM7zrpskjxxefYcYUg2YD57Ts6VmeA=";
          env.CGO_ENABLED = 0;
          subPackages = [ "." ];
          # The tests start SSH servers and processes of their own; .ci/run has them.
          doCheck = false;
          meta = {
            mainProgram = "nixfleet-tui";
            license = pkgs.lib.licenses.mit;
          };
        };
      });

      devShells = each (pkgs: {
        default = pkgs.mkShell { packages = [ pkgs.go pkgs.openssh pkgs.nixos-rebuild-ng pkgs.git pkgs.tmux pkgs.jq ]; };
      });
    };
}
