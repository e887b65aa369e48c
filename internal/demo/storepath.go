package demo

import "crypto/sha256"

// storeDir is where Nix keeps what it builds.
const storeDir = "/nix/store/"

// base32 is Nix's alphabet: digits and letters without e, o, t and u.
const base32 = "0123456789abcdfghijklmnpqrsvwxyz"

// storeHash is the 32 characters in front of a store path's name: 160 bits of
// a digest of what the path is made from.
func storeHash(of string) string {
	sum := sha256.Sum256([]byte(of))
	out := make([]byte, 0, 32)
	var bits, have uint
	for _, b := range sum[:20] {
		bits, have = bits<<8|uint(b), have+8
		for have >= 5 {
			have -= 5
			out = append(out, base32[bits>>have&31])
		}
	}
	return string(out)
}

// storePath is where something called name would be, if it were made from of.
func storePath(of, name string) string { return storeDir + storeHash(of+"\n"+name) + "-" + name }

// derivationPath is the .drv that describes how name is made from of.
func derivationPath(of, name string) string { return storePath("drv "+of, name+".drv") }
