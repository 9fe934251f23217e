// Our trees, proofs, tiles and notes, checked by Go's golang.org/x/mod/sumdb (Debian's golang-golang-x-mod-dev).
//
//	tree_probe | check            reads tree_probe's lines (tree_probe.cc says what they are)
//
// The tree is built again here with tlog, so a root, a proof or a tile agrees only if both programs make the same one.
// Notes are opened by note.Open; cosignature/v1 is the one kind of signature that sumdb does not know, and is verified
// by the Cosigner below, written from C2SP tlog-cosignature v1.0.1. Ends with the counts, or with what differs.
package main

import (
	"bufio"
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const tileHeight = 8

// A Cosigner is a note.Verifier of type 04.
type Cosigner struct {
	name string
	hash uint32
	key  ed25519.PublicKey
}

func (c Cosigner) Name() string    { return c.name }
func (c Cosigner) KeyHash() uint32 { return c.hash }
func (c Cosigner) Verify(text, sig []byte) bool {
	if len(sig) != 8+ed25519.SignatureSize {
		return false
	}
	time := binary.BigEndian.Uint64(sig)
	message := fmt.Sprintf("cosignature/v1\ntime %d\n%s", time, text)
	return time > 0 && ed25519.Verify(c.key, []byte(message), sig[8:])
}

func newCosigner(vkey string) Cosigner {
	fields := strings.SplitN(vkey, "+", 3)
	key, err := base64.StdEncoding.DecodeString(fields[2])
	must(err == nil && len(key) == 33 && key[0] == 4, "a cosigner's key", vkey)
	sum := sha256.Sum256([]byte(fields[0] + "\n" + string(key)))
	must(fields[1] == hex.EncodeToString(sum[:4]), "a cosigner's key id", vkey)
	return Cosigner{fields[0], binary.BigEndian.Uint32(sum[:]), key[1:]}
}

func must(ok bool, what ...any) {
	if !ok {
		fmt.Fprintln(os.Stderr, append([]any{"differs:"}, what...)...)
		os.Exit(1)
	}
}

func number(s string) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	must(err == nil, "a number", s)
	return n
}

func hashes(fields []string) []tlog.Hash {
	list := make([]tlog.Hash, len(fields))
	for i, field := range fields {
		raw, err := hex.DecodeString(field)
		must(err == nil && len(raw) == tlog.HashSize, "a hash", field)
		copy(list[i][:], raw)
	}
	return list
}

func same(a, b []tlog.Hash) bool {
	for i := range a {
		if len(a) != len(b) || a[i] != b[i] {
			return false
		}
	}
	return len(a) == len(b)
}

type checker struct {
	stored    []tlog.Hash          // Go's own tree, as tlog stores it
	entries   [][]byte             //
	roots     map[int64]tlog.Hash  // ours, and equal to Go's
	tiles     map[tlog.Tile][]byte // ours
	verifiers []note.Verifier
	counts    map[string]int
}

func (c *checker) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	list := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		list[i] = c.stored[index]
	}
	return list, nil
}

// Height, ReadTiles and SaveTiles make a checker a tlog.TileReader over our tiles.
func (c *checker) Height() int { return tileHeight }
func (c *checker) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	data := make([][]byte, len(tiles))
	for i, tile := range tiles {
		found, ok := c.tiles[tile]
		if !ok {
			return nil, fmt.Errorf("we have no tile %v", tile)
		}
		data[i] = found
	}
	return data, nil
}
func (c *checker) SaveTiles([]tlog.Tile, [][]byte) {}

func (c *checker) grow(size int64) {
	for n := int64(len(c.entries)); n < size; n++ {
		entry := sha256.Sum256([]byte(fmt.Sprintf("leaf %d", n)))
		c.entries = append(c.entries, entry[:])
		more, err := tlog.StoredHashes(n, entry[:], c)
		must(err == nil, "storing", n, err)
		c.stored = append(c.stored, more...)
	}
}

// The note opens with a log key and three cosigners, and not once anything in it is changed.
func (c *checker) note(size int64, root tlog.Hash, text []byte) {
	opened, err := note.Open(text, note.VerifierList(c.verifiers...))
	must(err == nil, "the note of size", size, err)
	must(len(opened.Sigs) == 4 && len(opened.UnverifiedSigs) == 0, "signatures of the note of size", size)
	want := fmt.Sprintf("%s\n%d\n%s\n", c.verifiers[0].Name(), size, base64.StdEncoding.EncodeToString(root[:]))
	must(opened.Text == want, "the text of the note of size", size, opened.Text)
	alone, err := note.Open(text, note.VerifierList(c.verifiers[2]))
	must(err == nil && len(alone.Sigs) == 1 && len(alone.UnverifiedSigs) == 3, "one cosigner alone", size, err)
	for i := range text {
		if text[i] != '=' && i+1 < len(text) && text[i+1] == '=' {
			continue // Go's base64 takes any unused bits; ours refuses them (note.base64)
		}
		bad := append([]byte(nil), text...)
		bad[i] ^= 1
		// What is left of a note may open if the change made a signer unknown, but then not by all four.
		changed, err := note.Open(bad, note.VerifierList(c.verifiers...))
		must(err != nil || len(changed.Sigs) < 4 || changed.Text != want, "a changed note opened, at", i)
		must(err != nil || changed.Text == want, "changed words opened, at", i)
		c.counts["changed notes"]++
	}
	c.counts["notes"]++
}

func (c *checker) inclusion(size, leaf int64, path []tlog.Hash) {
	record := tlog.RecordHash(c.entries[leaf])
	must(tlog.CheckRecord(path, size, c.roots[size], leaf, record) == nil, "inclusion", leaf, "in", size)
	own, err := tlog.ProveRecord(size, leaf, c)
	must(err == nil && same(path, own), "the inclusion path of", leaf, "in", size)
	fromTiles, err := tlog.ProveRecord(size, leaf, tlog.TileHashReader(tlog.Tree{N: size, Hash: c.roots[size]}, c))
	must(err == nil && same(path, fromTiles), "the path from tiles of", leaf, "in", size, err)
	must(tlog.CheckRecord(path, size, c.roots[size], leaf, tlog.RecordHash([]byte("another"))) != nil, "another leaf")
	if len(path) > 0 {
		must(tlog.CheckRecord(path[1:], size, c.roots[size], leaf, record) != nil, "a path without its first")
	}
	c.counts["inclusion proofs"]++
}

func (c *checker) consistency(old, size int64, proof []tlog.Hash) {
	root, err := tlog.TreeHash(old, c)
	must(err == nil, "tree hash", old)
	must(tlog.CheckTree(proof, size, c.roots[size], old, root) == nil, "consistency", old, "to", size)
	own, err := tlog.ProveTree(size, old, c)
	must(err == nil && same(proof, own), "the consistency path", old, "to", size)
	must(tlog.CheckTree(proof, size, c.roots[size], old, tlog.RecordHash(nil)) != nil, "another old root")
	c.counts["consistency proofs"]++
}

func (c *checker) tile(size int64, level int, index int64, list []tlog.Hash) {
	tile := tlog.Tile{H: tileHeight, L: level, N: index, W: len(list)}
	own, err := tlog.ReadTileData(tile, c)
	must(err == nil, "tile", tile, err)
	var ours []byte
	for _, hash := range list {
		ours = append(ours, hash[:]...)
	}
	must(bytes.Equal(own, ours), "tile", tile, "of size", size)
	c.tiles[tile] = ours
	c.counts["tiles"]++
}

func (c *checker) line(fields []string) {
	switch fields[0] {
	case "log":
		verifier, err := note.NewVerifier(fields[1])
		must(err == nil, "the log's verifier key", err)
		c.verifiers = append(c.verifiers, verifier)
	case "cosigner":
		c.verifiers = append(c.verifiers, newCosigner(fields[1]))
	case "size":
		size := number(fields[1])
		c.grow(size)
		root, err := tlog.TreeHash(size, c)
		must(err == nil && root == hashes(fields[2:3])[0], "the root of size", size)
		c.roots[size] = root
		text, err := hex.DecodeString(fields[3])
		must(err == nil, "a note's hex")
		c.note(size, root, text)
	case "tile":
		c.tile(number(fields[1]), int(number(fields[2])), number(fields[3]), hashes(fields[4:]))
	case "inclusion", "consistency":
		// judged when all tiles are there
	default:
		must(false, "a line", fields[0])
	}
}

func main() {
	c := &checker{roots: map[int64]tlog.Hash{}, tiles: map[tlog.Tile][]byte{}, counts: map[string]int{}}
	var lines [][]string
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 1<<24)
	for in.Scan() {
		lines = append(lines, strings.Fields(in.Text()))
		c.line(lines[len(lines)-1])
	}
	for size := range c.roots {
		widest := map[[2]int64]tlog.Tile{} // NewTiles names every width up to the one of this size, in order
		for _, tile := range tlog.NewTiles(tileHeight, 0, size) {
			widest[[2]int64{int64(tile.L), tile.N}] = tile
		}
		for _, tile := range widest {
			_, ok := c.tiles[tile]
			must(ok, "missing: tile", tile, "of size", size)
		}
	}
	for _, fields := range lines {
		switch fields[0] {
		case "inclusion":
			c.inclusion(number(fields[1]), number(fields[2]), hashes(fields[3:]))
		case "consistency":
			c.consistency(number(fields[1]), number(fields[2]), hashes(fields[3:]))
		}
	}
	must(len(c.roots) == 6 && c.counts["inclusion proofs"] == 33 && c.counts["consistency proofs"] == 27, "another number of proofs", c.counts)
	fmt.Println("agrees:", c.counts)
}
