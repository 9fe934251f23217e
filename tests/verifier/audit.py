#!/usr/bin/env python3
"""A second audit of a ledger as static files, written from storage/ledger/FORMAT.md section 12 and not from Anta's C++.

    audit.py DIRECTORY POLICY [NOW_MS]      prints what holds, or the first leaf that does not

As far as a reader comes without the law: points 1 to 3, form and signature of every statement (also of the refused
ones) by a key that was active then, and every seal's height, time, first leaf and count. Exit codes as verify.py has.
"""
import itertools
import pathlib
import sys
import time

import formats
import shapes
import verify
from formats import Refused, Undecided, decode, leaf_hash, need, node_hash, sha256

TILE, BLOCK = 256, 4096
GENESIS, STATEMENT, SEAL = 0, 1, 2


def tile_name(number):
    """C2SP tlog-tiles: 1234067 is x001/x234/067."""
    groups = [f"{number % 1000:03}"]
    while number := number // 1000:
        groups.insert(0, f"x{number % 1000:03}")
    return "/".join(groups)


def tree_root(hashes):
    """RFC 9162 section 2.1.1: level by level, where a last one without a sibling moves up as it is."""
    while len(hashes) > 1:
        pairs = [node_hash(left, right) for left, right in zip(hashes[::2], hashes[1::2])]
        hashes = pairs + hashes[len(hashes) & ~1:]
    return hashes[0]


class Keys:
    """The parties' keys, by what was accepted."""

    def __init__(self, genesis):
        self.held = {}
        self.add(genesis["registrar"]["id"], genesis["registrar"]["key"])

    def add(self, party, public):
        self.held[formats.thumbprint(public)] = {"party": party, "public": public, "active": True}

    def check(self, s):
        key = self.held.get(s.kid)
        need(key and key["party"] == s.issuer and key["active"], "unknown_key", s.issuer, s.leaf)
        need(s.signed_by(key["public"]), "bad_signature", s.issuer, s.leaf)

    def accept(self, s):
        if s.type == "party":
            for public in s.p["keys"]:
                self.add(s.p["id"], public)
        elif s.type in ("key-rotate", "key-revoke"):
            self.held[formats.thumbprint(s.p["old" if s.type == "key-rotate" else "key"])]["active"] = False
            if s.type == "key-rotate":
                self.add(s.p["party"], s.p["new"])


def note_of(raw):
    try:
        return formats.Note(raw.decode())
    except UnicodeDecodeError:
        raise Refused("note.form") from None


class Audit:
    def __init__(self, directory, policy_text, now):
        self.directory = pathlib.Path(directory)
        note = note_of(self.read("checkpoint", 65536, None))
        self.origin, self.size, self.root = note.checkpoint()
        policy = formats.Policy(policy_text)
        times = note.cosigned(policy, now // 1000)
        if policy.quorum is None or not policy.met(times):
            raise Undecided("no_quorum")
        self.statements = self.refused = self.seals = 0
        self.seen = set()

    def read(self, name, most, leaf):
        path = self.directory / name
        if not path.is_file():
            raise Undecided("missing", name, leaf)
        need(path.stat().st_size <= most, "too_large", name, leaf)
        return path.read_bytes()

    def tile(self, folder, number, width, most, leaf):
        """The file of that width, or the full one that has replaced it since."""
        name = f"{folder}/{tile_name(number)}"
        partial = f"{name}.p/{width}"
        is_partial = width < TILE and (self.directory / partial).is_file()
        return self.read(partial if is_partial else name, most, leaf), width if is_partial else TILE

    def hashes(self, folder, number, width, size, leaf):
        """A tile of entries or hashes, each `size` bytes."""
        raw, items = self.tile(folder, number, width, TILE * size, leaf)
        need(len(raw) == items * size, "tile", leaf=leaf)
        return raw

    # --- point 1: the documents are the tree's ---

    def documents(self):
        """(leaf, kind, document, how many were refused before this seal)"""
        level = []
        for number in range((self.size + TILE - 1) // TILE):
            first = number * TILE
            width = min(TILE, self.size - first)
            raw, items = self.tile("bodies", number, width, 18 << 20, first)
            bundle = decode(raw, "bundle")
            need(isinstance(bundle, list) and len(bundle) == items, "bundle", leaf=first)
            entries, hashes = self.hashes("tile/entries", number, width, 34, first), self.hashes("tile/0", number, width, 32, first)
            for at, item in enumerate(bundle[:width]):
                need(isinstance(item, list) and len(item) in (2, 3) and type(item[0]) is int and isinstance(item[1], bytes), "bundle", leaf=first + at)
                kind, document = item[:2]
                need(0 <= kind <= SEAL and len(item) == (3 if kind == SEAL else 2), "bundle", leaf=first + at)
                need(entries[34 * at:34 * at + 34] == b"\0\x20" + sha256(document), "entry", leaf=first + at)
                need(hashes[32 * at:32 * at + 32] == leaf_hash(document), "tile", leaf=first + at)
                level.append(leaf_hash(document))
                yield first + at, kind, document, item[2] if kind == SEAL else 0
        need(level and tree_root(level) == self.root, "root")
        self.check_upper(level)

    def check_upper(self, hashes):
        for level in itertools.count(1):
            hashes = [tree_root(hashes[at:at + TILE]) for at in range(0, len(hashes) - TILE + 1, TILE)]
            if not hashes:
                return
            for number in range((len(hashes) + TILE - 1) // TILE):
                wanted = b"".join(hashes[TILE * number:TILE * number + TILE])
                leaf = number * TILE ** (level + 1)
                need(self.hashes(f"tile/{level}", number, len(wanted) // 32, 32, leaf)[:len(wanted)] == wanted, "tile", leaf=leaf)

    # --- points 2 to 5, as far as this document goes alone ---

    def run(self):
        self.block, self.last = [], None
        for leaf, kind, document, refused in self.documents():
            try:
                self.take(leaf, kind, document, refused)
            except Refused as found:
                found.leaf = leaf if found.leaf is None else found.leaf
                raise
        need(not self.block and self.last, "seal", "the newest leaf is none", self.size - 1)

    def take(self, leaf, kind, document, refused):
        need((kind == GENESIS) == (leaf == 0), "genesis")
        if kind == GENESIS:
            genesis = decode(document, "genesis_malformed")
            verify.check_genesis(genesis, self.origin)
            need(self.read("genesis.cbor", 1 << 20, leaf) == document, "genesis")
            self.keys, self.created = Keys(genesis), genesis["created"]
        elif kind == STATEMENT:
            need(leaf > 1, "seal")
            self.block.append(self.statement(leaf, document))
            self.statements += 1
        else:
            self.judge_block(leaf, refused)
            self.judge_seal(leaf, document)
            self.block = []

    def statement(self, leaf, raw):
        s = formats.Statement(leaf, raw)
        need(s.digest not in self.seen, "duplicate_leaf", "one statement twice")
        self.seen.add(s.digest)
        if s.type not in shapes.TYPES:
            raise Undecided("newer", s.type, leaf)
        shapes.check(s.p, shapes.RULES[s.type])
        shapes.check_limits(s.type, s.p)
        need(s.subject == shapes.subject_of(s.type, s.p), "malformed", "another subject")
        shapes.check(s.issuer, shapes.RULES["id"])
        return s

    def judge_block(self, leaf, refused):
        """Every statement at its place, the refused ones between the accepted."""
        need(type(refused) is int and refused >= 0 and len(self.block) + refused <= BLOCK, "block")
        rejections = self.rejections(leaf, refused) if refused else []
        need(leaf > 1 or not rejections, "block")
        for accepted, s in enumerate([*self.block, None]):
            for place, raw in rejections:
                if place == accepted:
                    self.keys.check(self.statement(leaf, raw))
            if s:
                self.keys.check(s)
                self.keys.accept(s)
        self.refused += len(rejections)

    def judge_seal(self, leaf, raw):
        need(self.read("seals/" + tile_name(leaf), 1 << 16, leaf) == raw, "seal", "another beside the tiles")
        seal, accepted = decode(raw, "seal"), len(self.block)
        shapes.check_map(seal, shapes.RULES["seal"])
        need(seal[1] == self.seals, "seal", "its height")
        need(seal[2] >= self.last[2] if self.last else seal[2] == self.created, "seal", "its time")
        need((seal[4], seal[5]) == (leaf - accepted, accepted), "seal", "its first leaf or count")
        self.last, self.seals = seal, self.seals + 1

    def rejections(self, leaf, count):
        raw = self.read("rejected/" + tile_name(leaf), 2 << 20, leaf)
        listed = decode(raw, "rejections")
        need(isinstance(listed, list) and len(listed) == count, "rejections")
        need(all(isinstance(one, list) and len(one) == 2 and type(one[0]) is int and isinstance(one[1], bytes) for one in listed), "rejections")
        places = [place for place, _ in listed]
        need(places == sorted(places) and 0 <= places[0] and places[-1] <= len(self.block), "rejections")
        return listed


def main(directory, policy, now=None):
    with open(policy, encoding="utf-8") as file:
        text = file.read()
    try:
        audit = Audit(directory, text, int(now or time.time() * 1000))
        audit.run()
    except Undecided as undecided:
        print("cannot_tell", undecided.code, undecided.leaf)
        return 6
    except Refused as refused:
        print("does_not_hold", refused.code, refused.leaf)
        return 3
    print("holds", audit.size, audit.statements, audit.seals, audit.refused)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
