package demo

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// compiled is one line of a kernel's build.
func compiled(r *rand.Rand) string {
	dirs := []string{
		"kernel/sched:core fair deadline rt idle topology psi", "mm:memory mmap vmscan slub page_alloc swapfile huge_memory memcontrol",
		"fs/btrfs:inode extent-tree disk-io ctree volumes scrub", "fs/ext4:inode super mballoc extents namei", "fs/nfs:client inode nfs4proc pagelist",
		"net/core:dev skbuff filter sock neighbour", "net/ipv4:tcp tcp_input tcp_output udp route fib_trie", "net/netfilter:nf_tables_api nft_set_rbtree nf_conntrack_core",
		"drivers/nvme/host:core pci tcp", "drivers/net/ethernet/intel/ice:ice_main ice_txrx ice_lib", "drivers/md:md raid1 raid10 dm-crypt dm-thin",
		"crypto:aes_generic sha256_generic chacha20poly1305 algif_skcipher", "block:blk-mq blk-cgroup bfq-iosched elevator", "arch/x86/kvm:x86 mmu/mmu vmx/vmx svm/svm",
		"security/selinux:hooks avc ss/services", "sound/core:pcm_lib control seq/seq_clientmgr", "lib:radix-tree maple_tree xarray iov_iter",
	}
	dir, names, _ := strings.Cut(dirs[r.IntN(len(dirs))], ":")
	files := strings.Fields(names)
	file := dir + "/" + files[r.IntN(len(files))] + ".o"
	switch r.IntN(12) {
	case 0:
		return "  AR      " + dir + "/built-in.a"
	case 1, 2, 3:
		return "  CC [M]  " + file
	}
	return "  CC      " + file
}

func initrdLines(sys system, r *rand.Rand) []string {
	var lines []string
	for _, m := range []string{"nvme", "ahci", "sd_mod", "dm_mod", "dm_crypt", "ext4", "xfs", "usbhid", "virtio_pci", "tpm_crb"} {
		lines = append(lines, "root module: "+m, "  copying dependency: "+storePath(sys.kernelVersion(), "linux-"+sys.kernelVersion()+"-modules")+"/lib/modules/"+sys.kernelVersion()+"/kernel/drivers/"+m+".ko.xz")
	}
	return append(lines, fmt.Sprintf("%d blocks", 41000+r.IntN(3000)))
}

// goPackages are packages as `go install -v` names them.
func goPackages(r *rand.Rand, n int) []string {
	all := strings.Fields(`internal/goarch internal/cpu runtime sync/atomic errors io reflect strconv bytes os context encoding/json crypto/tls net net/http
		golang.org/x/net/http2 golang.org/x/crypto/ocsp golang.org/x/sync/errgroup google.golang.org/protobuf/proto github.com/miekg/dns github.com/docker/docker/client
		github.com/spf13/cobra github.com/sirupsen/logrus gopkg.in/yaml.v3 go.opentelemetry.io/otel/trace github.com/aws/aws-sdk-go-v2/service/route53 github.com/go-jose/go-jose/v4
		github.com/hashicorp/go-retryablehttp k8s.io/apimachinery/pkg/util/wait cloud.google.com/go/compute/metadata`)
	at := r.IntN(3)
	return all[at:min(at+n, len(all))]
}

func goTests(program string, r *rand.Rand) []string {
	var lines []string
	for _, p := range strings.Fields("internal/config internal/client internal/log cmd pkg/api pkg/cache pkg/challenge pkg/poll pkg/store pkg/registration") {
		if r.IntN(5) == 0 {
			lines = append(lines, "?   \t"+program+"/"+p+"\t[no test files]")
			continue
		}
		lines = append(lines, fmt.Sprintf("ok  \t%s/%s\t%d.%03ds", program, p, r.IntN(3), r.IntN(1000)))
	}
	return lines
}

// pytestLines are test files passing, with the percentage that pytest shows.
func pytestLines(r *rand.Rand) []string {
	parts := strings.Fields("api automation backup bluetooth calendar climate config conversation cover device_tracker energy fan frontend group history http light logbook lovelace media_player mqtt onboarding recorder scene script sensor switch sun template tts update water_heater weather webhook zha zone zwave_js")
	var lines []string
	for i, p := range parts {
		dots := strings.Repeat(".", 8+r.IntN(26))
		if r.IntN(9) == 0 {
			dots += "s"
		}
		line := "tests/components/" + p + "/test_init.py " + dots
		lines = append(lines, fmt.Sprintf("%-73s [%3d%%]", line, (i+1)*100/len(parts)))
	}
	return append(lines, "", "================= 4187 passed, 24 skipped in 341.52s (0:05:41) =================")
}

func dashboardLines() []string {
	var lines []string
	for _, d := range strings.Fields("nodes nginx postgresql nix-daemon zfs systemd wireguard") {
		lines = append(lines, "checking "+d+".json", "  "+d+".json: ok")
	}
	return lines
}

// checkLines are what a configuration file's check says when all is well.
func checkLines(name string, sys system) []string {
	file := storePath(sys.host, name)
	switch name {
	case "nginx.conf":
		return []string{"formatting " + file, "==================== Results ===================", "No issues found.", "", "==================== Summary ===================", "Total issues:", "    Unspecified: 0", "    Low: 0", "    Medium: 0", "    High: 0"}
	case "prometheus.yml":
		return []string{"Checking " + file, "  SUCCESS: 3 rule files found", " SUCCESS: " + file + " is valid prometheus config file syntax", "", "Checking " + storePath(sys.host, "fleet.rules"), "  SUCCESS: 41 rules found"}
	case "postgresql.conf":
		return []string{"checking " + file + " with postgres 17.7", "shared_buffers = 16GB", "max_connections = 300", "ok"}
	case "udev-rules":
		return []string{"Generating udev rules...", "Checking 60-zigbee.rules", "OK - all programs called in udev rules exist"}
	}
	return []string{"checking " + file, "ok"}
}

// brokenLines are what the check says of the one that cannot be built.
func brokenLines(name string, sys system) []string {
	file := storePath(sys.host, name)
	return []string{
		"checking " + file + " with postgres 17.7",
		"shared_buffers = 16GB",
		"max_connections = 300",
		"wal_level = replica",
		"hot_standby = on",
		"primary_conninfo = 'host=tsingy.example.org user=replicator'",
		"LOG:  unrecognized configuration parameter \"wal_keep_segments\" in file \"" + file + "\" line 23",
		"HINT:  Did you mean \"wal_keep_size\"? It replaced it in PostgreSQL 13.",
		"FATAL:  configuration file \"" + file + "\" contains errors",
		"error: the configuration does not pass postgres -C",
	}
}
