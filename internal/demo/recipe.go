package demo

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// recipe is a derivation and what building it looks like.
type recipe struct {
	name   string
	took   time.Duration
	phases []phase
}

// phase is one of stdenv's phases and what it prints, evenly spread.
type phase struct {
	name  string // "" for builders that have none
	lines []string
}

// recipeOf is how name is built for a system; r makes builds of one name alike
// but not the same.
func recipeOf(name string, sys system, r *rand.Rand) recipe {
	base, version := splitName(name)
	switch {
	case base == "linux":
		return kernelRecipe(name, version, sys, r)
	case base == "initrd-linux":
		return recipe{name, 1400 * time.Millisecond, []phase{{"", initrdLines(sys, r)}}}
	case base == "home-assistant":
		return pythonRecipe(name, version, r)
	case base == "lego" || base == "forgejo-runner":
		return goRecipe(name, base, r)
	case base == "grafana-dashboards":
		return recipe{name, 900 * time.Millisecond, []phase{{"", dashboardLines()}}}
	case strings.HasPrefix(name, "unit-"):
		return recipe{name, 250 * time.Millisecond, nil}
	}
	return recipe{name, 700 * time.Millisecond, []phase{{"", checkLines(name, sys)}}}
}

// splitName cuts a derivation's name where its version begins.
func splitName(name string) (base, version string) {
	for i := 1; i+1 < len(name); i++ {
		if name[i] == '-' && name[i+1] >= '0' && name[i+1] <= '9' {
			return name[:i], name[i+1:]
		}
	}
	return name, ""
}

// assembly is what every new system ends with, in this order.
func assembly(sys system) []recipe {
	link := fmt.Sprintf("created %d symlinks in user environment", 1900+len(sys.host)*31)
	return []recipe{
		{"system-path", 800 * time.Millisecond, []phase{{"", []string{link}}}},
		{"system-units", 300 * time.Millisecond, nil},
		{"etc", 450 * time.Millisecond, []phase{{"", []string{"duplicate entry etc/ssl/certs/ca-certificates.crt -> same target, passed over"}}}},
		{"nixos-system-" + sys.host + "-" + sys.label, 400 * time.Millisecond, nil},
	}
}

// unpack, configure, install and fixup are what stdenv says around any build.
func unpack(name, source string) phase {
	return phase{"unpackPhase", []string{"Running phase: unpackPhase", "unpacking source archive " + storePath(name, source), "source root is " + strings.TrimSuffix(source, ".tar.xz")}}
}

func patch(patches ...string) phase {
	lines := []string{"Running phase: patchPhase"}
	for _, p := range patches {
		lines = append(lines, "applying patch "+storePath(p, p), "patching file "+patchedFile(p))
	}
	return phase{"patchPhase", lines}
}

func patchedFile(patch string) string {
	if strings.Contains(patch, "randstruct") {
		return "scripts/gcc-plugins/Kconfig"
	}
	return "kernel/module/Kconfig"
}

func fixup(name string) phase {
	out := storePath("out", name)
	return phase{"fixupPhase", []string{
		"Running phase: fixupPhase",
		"shrinking RPATHs of ELF executables and libraries in " + out,
		"checking for references to /build/ in " + out + "...",
		"patching script interpreter paths in " + out,
		"stripping (with command strip and flags -S -p) in  " + out + "/bin",
	}}
}

// kernelRecipe compiles a kernel of the fleet's own configuration.
func kernelRecipe(name, version string, sys system, r *rand.Rand) recipe {
	compile := []string{"Running phase: buildPhase", "build flags: -j16 SHELL=/bin/sh O=$(buildRoot) bzImage vmlinux modules"}
	for range 210 {
		compile = append(compile, compiled(r))
	}
	compile = append(compile, "  LD      vmlinux.o", "  MODPOST Module.symvers", "  BTF     .tmp_vmlinux1.btf.o", "  LD      vmlinux", "  SORTTAB vmlinux",
		"  OBJCOPY arch/x86/boot/vmlinux.bin", "  ZSTD    arch/x86/boot/compressed/vmlinux.bin.zst", "Kernel: arch/x86/boot/"+sys.image()+" is ready  (#1-NixOS)")
	install := []string{"Running phase: installPhase", "  INSTALL " + storePath(name, name) + "/lib/modules/" + version + "/kernel/fs/zfs/zfs.ko.xz", "  DEPMOD  " + version}
	return recipe{name, 9500 * time.Millisecond, []phase{
		unpack(name, name+".tar.xz"), patch("module-sig-enforce.patch", "randstruct.patch"),
		{"configurePhase", []string{"Running phase: configurePhase", "manual-config configurePhase buildRoot=build pwd=/build/" + name, "  HOSTCC  scripts/kconfig/conf.o", "  HOSTLD  scripts/kconfig/conf", "#", "# configuration written to .config", "#"}},
		{"buildPhase", compile}, {"installPhase", install}, fixup(name),
	}}
}

func goRecipe(name, program string, r *rand.Rand) recipe {
	build := []string{"Running phase: buildPhase", "Building subPackage ./cmd/" + program}
	build = append(build, goPackages(r, 26)...)
	check := append([]string{"Running phase: checkPhase"}, goTests(program, r)...)
	return recipe{name, 5200 * time.Millisecond, []phase{
		unpack(name, "source.tar.xz"),
		{"configurePhase", []string{"Running phase: configurePhase"}},
		{"buildPhase", build}, {"checkPhase", check},
		{"installPhase", []string{"Running phase: installPhase"}}, fixup(name),
	}}
}

func pythonRecipe(name, version string, r *rand.Rand) recipe {
	build := []string{"Running phase: pypaBuildPhase", "Creating a wheel...", "* Getting build dependencies for wheel...", "* Building wheel...", "Successfully built homeassistant-" + version + "-py3-none-any.whl"}
	check := []string{"Running phase: pytestCheckPhase", "============================= test session starts ==============================", "platform linux -- Python 3.13.9, pytest-8.4.2, pluggy-1.6.0", "collected 4211 items", ""}
	check = append(check, pytestLines(r)...)
	return recipe{name, 7200 * time.Millisecond, []phase{
		unpack(name, "homeassistant-"+version+".tar.xz"), {"buildPhase", build},
		{"installPhase", []string{"Running phase: pypaInstallPhase", "Installing /build/dist/homeassistant-" + version + "-py3-none-any.whl", "Successfully installed."}},
		{"pytestCheckPhase", check}, fixup(name),
	}}
}
