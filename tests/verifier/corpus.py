"""A corpus of certificate files: good, mutated and hostile ones, made from verifier_ledgers' chains. Seeded.

    Case(name, policy, now, require_state, max_age, raw, asserted)       asserted: {key of the assertions: value or list}

A hostile file has one statement changed, signed by its party's own key, laid in its place in a tree that the log and
all cosigners sign: what a network looks like whose organisations all lie. Only recomputing finds it.
"""
import copy
import hashlib
import random
import subprocess
from collections import namedtuple

import cbor2
from nacl.signing import SigningKey

import formats
import shapes
from formats import encode, sha256

Case = namedtuple("Case", "name policy now require_state max_age raw asserted", defaults=[{}])


def party_key(name):
    return SigningKey(sha256(b"test key of " + name.encode()))


def node_key(ledger, node, context):
    """crypto_kdf_derive_from_key(32, 1, context): BLAKE2b with the number as salt and the context as person."""
    seed = sha256(f"node {node} of {ledger}".encode())
    sub = hashlib.blake2b(b"", digest_size=32, key=seed, salt=(1).to_bytes(8, "little") + bytes(8), person=context.encode().ljust(16, b"\0"))
    return SigningKey(sub.digest())


class Ledger:
    """One chain: its genesis and statements in order, and how to lay, sign and cosign them."""

    def __init__(self, line):
        self.name, self.certificate, now, policy, raw, state, _ = line.split()
        self.now, self.policy, self.raw = int(now), bytes.fromhex(policy).decode(), bytes.fromhex(raw)
        self.state = {(kind, name): record for kind, name, record in cbor2.loads(bytes.fromhex(state))}
        file = cbor2.loads(self.raw)
        self.genesis = file[6][0]
        self.authority = {item[0] for item in file[6][2]}
        proven = sorted(file[3] + file[6][2], key=lambda item: item[0])
        self.statements = [(item[1], item[0] in self.authority) for item in proven]
        self.seconds = self.now // 1000 - 3

    def read(self, index):
        return formats.Statement(0, self.statements[index][0])

    def sign(self, index, payload, **header):
        """The statement with another payload, by the same party."""
        s = self.read(index)
        old = cbor2.loads(s.protected)
        subject = header.get("subject") or shapes.subject_of(s.type, payload)
        claims = {**old[15], 2: subject, **header.get("claims", {})}
        key = header.get("key") or self.key_of(s)
        protected = encode({1: old[1], 3: header.get("type", old[3]), 4: formats.thumbprint(bytes(key.verify_key)), 15: claims})
        body = encode(payload)
        signature = key.sign(encode(["Signature1", protected, b"", body])).signature
        return encode(cbor2.CBORTag(18, [protected, {}, body, signature]))

    def key_of(self, s):
        for name in (s.issuer, s.issuer + ", later"):
            if formats.thumbprint(bytes(party_key(name).verify_key)) == s.kid:
                return party_key(name)
        raise KeyError(s.issuer)

    def lay(self, statements=None, genesis=None, leave_out=(), **note):
        """A file over these statements, each under the tree of all of them."""
        leaves, at = self.leaves(statements, genesis)
        return encode(folded(self.file(leaves, at, leave_out, **note)))

    def leaves(self, statements=None, genesis=None):
        """What the ledger holds, each statement in a block of its own; and where the statements are."""
        leaves, at = [genesis or self.genesis, seal(0, 1, 0)], []
        for n, (raw, is_authority) in enumerate(self.statements if statements is None else statements):
            at.append((len(leaves), is_authority))
            leaves += [raw, seal(n + 1, at[-1][0], 1)]
        return leaves, at

    def file(self, leaves, at, leave_out=(), **note):
        tree = Tree([formats.leaf_hash(leaf) for leaf in leaves])
        proven = [([leaf, leaves[leaf], tree.path(leaf)], is_authority) for n, (leaf, is_authority) in enumerate(at) if n not in leave_out]
        evidence, authority = ([item for item, is_authority in proven if is_authority == wanted] for wanted in (False, True))
        origin = cbor2.loads(leaves[0])["origin"]
        return {1: 1, 2: self.note(origin, len(leaves), tree.root, **note), 3: evidence, 6: [leaves[0], tree.path(0), authority], 7: self.certificate}

    def note(self, origin, size, root, cosigners=(0, 1, 2), times=(0, 1, 2), text=None, log=True, extra=""):
        text = text or f"{origin}\n{size}\n{b64(root)}\n"
        lines = [line(origin, 1, node_key(self.name, 0, "anta_log"), lambda key: key.sign(text.encode()).signature)] if log else []
        for n in cosigners:
            lines.append(self.cosign(text, n, self.seconds + times[n]))
        return f"{text}\n{''.join(lines)}{extra}"

    def cosign(self, text, n, time, key=None, claimed=None):
        message = f"cosignature/v1\ntime {time}\n{text}".encode()
        blob = (claimed or time).to_bytes(8, "big")
        own = node_key(self.name, n, "anta_cos")
        return line(f"org-{n + 1}/anta", 4, own, lambda _: blob + (key or own).sign(message).signature)

    def case(self, name, raw, now=None, require_state=False, max_age=None, policy=None, **asserted):
        return Case(f"{self.name}: {name}", policy or self.policy, now or self.now, require_state, max_age, raw, asserted)


def b64(raw):
    return formats.base64.b64encode(raw).decode()


def line(name, kind, key, sign):
    hint = sha256(name.encode(), b"\n", bytes([kind]), bytes(key.verify_key))[:4]
    return f"\u2014 {name} {b64(hint + sign(key))}\n"


def seal(height, first, accepted, root=None):
    return encode({1: height, 2: 1735689600000 + height, 3: root or sha256(b"state %d" % height), 4: first, 5: accepted})


class Tree:
    """RFC 9162's definition, straight: MTH and PATH by recursion over the split point."""

    def __init__(self, leaves):
        self.leaves, self.known = leaves, {}
        self.root = self.hash(0, len(leaves))

    def hash(self, start, end):
        if (start, end) not in self.known:
            middle = start + split_point(end - start)
            self.known[start, end] = self.leaves[start] if end - start == 1 else formats.node_hash(self.hash(start, middle), self.hash(middle, end))
        return self.known[start, end]

    def path(self, leaf):
        start, end, siblings = 0, len(self.leaves), []
        while end - start > 1:
            middle = start + split_point(end - start)
            siblings.append(self.hash(middle, end) if leaf < middle else self.hash(start, middle))
            start, end = (start, middle) if leaf < middle else (middle, end)
        return siblings[::-1]

    def consistency(self, old):
        """PROOF(old, D[0:size]) of RFC 9162 section 2.1.4.1."""
        def sub(old, start, end, whole):
            if old == end - start:
                return [] if whole else [self.hash(start, end)]
            middle = start + split_point(end - start)
            if old <= middle - start:
                return sub(old, start, middle, whole) + [self.hash(middle, end)]
            return sub(old - (middle - start), middle, end, False) + [self.hash(start, middle)]
        return sub(old, 0, len(self.leaves), True)


def split_point(size):
    return 1 << (size - 1).bit_length() - 1 if size > 1 else 0


# --- paths as they are written ---

def alike(path, before):
    return next((n for n, (a, b) in enumerate(zip(reversed(path), reversed(before))) if a != b), min(len(path), len(before)))


def fold(path, before):
    """(as it is written, whole): of what is at the end of the path before only the number."""
    shared = alike(path, before)
    return [shared, *path[:len(path) - shared]], path


def unfold(path, before):
    whole = path[1:] + before[len(before) - path[0]:]
    return whole, whole


def folded(file, turn=fold):
    """The file with its paths as they are written; with turn=unfold whole ones, for who changes them."""
    def items(proven, before):
        made = []
        for leaf, raw, path in proven:
            path, before = turn(path, before)
            made.append([leaf, raw, path])
        return made

    file, way = dict(file), []
    if 3 in file:
        file[3] = items(file[3], [])
    if 5 in file:
        (leaf, raw, path), records = file[5]
        path, way = turn(path, [])
        file[5] = [[leaf, raw, path], records]
    if 6 in file:
        genesis, path, authority = file[6]
        path, before = turn(path, [])
        file[6] = [genesis, path, items(authority, before)]
    if 8 in file:
        size, root, path = file[8]
        file[8] = [size, root, turn(path, way)[0]]
    return file


# --- the classes of cases ---

def good(ledger):
    yield ledger.case("as the network made it", ledger.raw)
    yield ledger.case("laid again", ledger.lay())
    yield ledger.case("a minute before its cosignatures", ledger.raw, now=(ledger.seconds - 57) * 1000)
    yield ledger.case("before that minute", ledger.raw, now=(ledger.seconds - 59) * 1000)
    yield ledger.case("an hour later, an hour old at most", ledger.raw, now=(ledger.seconds + 3600) * 1000, max_age=3600)
    yield ledger.case("a second more", ledger.raw, now=(ledger.seconds + 3601) * 1000, max_age=3600)
    yield ledger.case("its state demanded", ledger.raw, require_state=True)
    until = 1735689600000 + 5000 * 86400000
    yield ledger.case("its last moment", ledger.raw, now=until - 1)
    yield ledger.case("expired", ledger.raw, now=until)


def notes(ledger):
    """What can be wrong with a note although every key is real."""
    for missing in range(3):
        yield ledger.case(f"without cosigner {missing}", ledger.lay(cosigners=[n for n in range(3) if n != missing]))
    yield ledger.case("without the log's line", ledger.lay(log=False))
    yield ledger.case("one cosigner of tomorrow", ledger.lay(times=(0, 1, 86400)))
    yield ledger.case("one cosigner 60 s ahead", ledger.lay(times=(0, 1, 63)))
    yield ledger.case("one cosigner 61 s ahead", ledger.lay(times=(0, 1, 64)))
    yield ledger.case("one cosigner of long ago", ledger.lay(times=(-10000000, 1, 2)))
    yield ledger.case("one of long ago, with max_age", ledger.lay(times=(-10000, 1, 2)), max_age=9000)
    yield ledger.case("an unknown cosigner beside", ledger.lay(extra=line("else/anta", 4, party_key("else"), lambda k: bytes(72))))
    yield ledger.case("an unknown log beside", ledger.lay(extra=line("else", 1, party_key("else"), lambda k: bytes(64))))
    for what, name in (("U+0081", "el\u0081se"), ("U+0085, a white space", "el\u0085se"), ("U+007F", "el\x7fse"), ("a tab", "el\tse")):
        yield ledger.case("an unknown log with " + what, ledger.lay(extra=line(name, 1, party_key("else"), lambda k: bytes(64))))
    later = line(cbor2.loads(ledger.genesis)["origin"], 1, party_key("else"), lambda k: bytes(64))
    yield ledger.case("only a log's key that the policy does not list", ledger.lay(log=False, extra=later))
    yield ledger.case("the same, and a cosigner's line that does not hold", ledger.lay(log=False, cosigners=(0, 1), extra=later + ledger.cosign("x", 2, ledger.seconds)))
    yield ledger.case("a cosigner twice", ledger.lay(cosigners=(0, 1, 2, 2)))
    yield ledger.case("the log's key as cosigner", ledger.lay(extra=line("org-1/anta", 4, node_key(ledger.name, 0, "anta_log"), lambda k: bytes(72))))
    file = cbor2.loads(ledger.lay())
    origin, size, root = file[2].split("\n")[:3]
    texts = {"another size": f"{origin}\n{int(size) + 1}\n{root}\n", "a leading zero": f"{origin}\n0{size}\n{root}\n", "a plus": f"{origin}\n+{size}\n{root}\n",
             "an extension line": f"{origin}\n{size}\n{root}\nmore\n", "another root": f"{origin}\n{size}\n{b64(sha256(b''))}\n",
             "a root of 31 bytes": f"{origin}\n{size}\n{b64(bytes(31))}\n", "a root of 33 bytes": f"{origin}\n{size}\n{b64(bytes(33))}\n",
             "carriage returns": f"{origin}\r\n{size}\r\n{root}\r\n", "2^64": f"{origin}\n{1 << 64}\n{root}\n", "size 0": f"{origin}\n0\n{root}\n",
             "another origin": f"anta.example/other\n{size}\n{root}\n", "no root": f"{origin}\n{size}\n", "an empty line": f"{origin}\n\n{size}\n{root}\n"}
    for what, text in texts.items():
        yield ledger.case("a note with " + what, ledger.lay(text=text))
    text = f"{origin}\n{size}\n{root}\n"
    good_note = file[2]
    lies = {"by another's key": ledger.cosign(text, 2, ledger.seconds, key=party_key("else")), "with another time": ledger.cosign(text, 2, ledger.seconds, claimed=7),
            "at time 0": ledger.cosign(text, 2, 0), "of 71 bytes": line("org-3/anta", 4, node_key(ledger.name, 2, "anta_cos"), lambda k: bytes(71)),
            "of 73 bytes": line("org-3/anta", 4, node_key(ledger.name, 2, "anta_cos"), lambda k: bytes(73)), "of nothing": "\u2014 org-3/anta \n"}
    for what, bad in lies.items():
        file[2] = "\n".join(good_note.split("\n")[:-2]) + "\n" + bad
        yield ledger.case("a cosignature " + what, encode(file))
    for what, bad in {"no last line feed": good_note[:-1], "a line feed more": good_note + "\n", "no signatures": text + "\n", "17 signatures": good_note + "".join(
            line(f"x{n}", 4, party_key(str(n)), lambda k: bytes(72)) for n in range(13)), "a hyphen for the dash": good_note.replace("\u2014", "-")}.items():
        file[2] = bad
        yield ledger.case("a note with " + what, encode(file))


def structure(ledger, rng):
    """Files whose parts are real and put together wrongly."""
    as_written = cbor2.loads(ledger.raw)
    original = folded(as_written, unfold)

    def changed(what, change):
        file = copy.deepcopy(original)
        change(file)
        return ledger.case(what, encode(folded(file)))

    def written(what, change):
        file = copy.deepcopy(as_written)
        change(file)
        return ledger.case(what, encode(file))

    for field in (1, 2, 3, 6, 7):
        yield changed(f"without field {field}", lambda f, field=field: f.pop(field))
    yield changed("a field of its own", lambda f: f.update({9: 1}))
    yield changed("format 2", lambda f: f.update({1: 2}))
    yield changed("a disclosure of nothing", lambda f: f.update({4: [encode([bytes(16), "a name"])]}))
    yield changed("no disclosures", lambda f: f.update({4: []}))
    yield changed("about another certificate", lambda f: f.update({7: "C-9"}))
    yield changed("about no id", lambda f: f.update({7: "-"}))
    yield changed("evidence turned round", lambda f: f[3].reverse())
    yield changed("the genesis's path shorter", lambda f: f[6][1].pop())
    for _ in range(8):
        n = rng.randrange(len(original[3]))
        leaf, _, path = original[3][n]
        a, b = rng.randrange(len(path)), rng.randrange(len(path))
        yield changed(f"leaf {leaf} a sibling short", lambda f, n=n, a=a: f[3][n][2].pop(a))
        yield changed(f"leaf {leaf} a sibling more", lambda f, n=n, a=a: f[3][n][2].insert(a, bytes(32)))
        yield changed(f"leaf {leaf} of its neighbour's path", lambda f, n=n: f[3][n].__setitem__(2, f[3][n - 1][2]))
        if path[a] != path[b]:
            yield changed(f"leaf {leaf} siblings swapped", lambda f, n=n, a=a, b=b: f[3][n].__setitem__(2, swapped(f[3][n][2], a, b)))
        yield changed(f"leaf {leaf} twice", lambda f, n=n: f[3].insert(n, f[3][n]))
        yield changed(f"leaf {leaf} as authority too", lambda f, n=n: f[6].__setitem__(2, sorted(f[6][2] + [f[3][n]])))
        yield changed(f"leaf {leaf} moved", lambda f, n=n: f[3][n].__setitem__(0, f[3][n][0] + 1))
    yield written("paths in full", lambda f: f.update({3: original[3]}))
    yield written("the first path shares", lambda f: f[3][0][2].__setitem__(0, 1))
    yield written("a path of nothing", lambda f: f[3][0].__setitem__(2, []))
    yield written("a path that shares below nothing", lambda f: f[3][1][2].__setitem__(0, -1))
    for n in range(1, len(original[3])):
        before = original[3][n - 1][2]
        yield written(f"path {n} shares all and one more", lambda f, n=n, before=before: f[3][n].__setitem__(2, [len(before) + 1]))
        if shared := as_written[3][n][2][0]:
            path = [shared - 1, *as_written[3][n][2][1:], before[-shared]]
            yield written(f"path {n} lists what could be shared", lambda f, n=n, path=path: f[3][n].__setitem__(2, path))
            yield written(f"path {n} shares one less", lambda f, n=n, shared=shared: f[3][n][2].__setitem__(0, shared - 1))
    for n in range(len(ledger.statements)):
        s = ledger.read(n)
        yield ledger.case(f"without its {s.type} of {s.subject}", ledger.lay(leave_out=[n]))


def swapped(path, a, b):
    path = list(path)
    path[a], path[b] = path[b], path[a]
    return path


def regions(raw):
    """(name, start, end) of every region of a file: each item of its CBOR, heads and contents, down to the hashes."""
    found = []

    def item(name, at):
        major, info = raw[at] >> 5, raw[at] & 31
        size = {24: 1, 25: 2, 26: 4, 27: 8}.get(info, 0)
        argument = int.from_bytes(raw[at + 1:at + 1 + size], "big") if size else info
        found.append((name + " head", at, at + 1 + size))
        at += 1 + size
        if major in (2, 3):
            if argument:
                found.append((name, at, at + argument))
            return at + argument
        for n in range({4: argument, 5: 2 * argument, 6: 1}.get(major, 0)):
            at = item(f"{name}.{n}", at)
        return at

    item("file", 0)
    return found


def flips(case_of, raw, rng, count):
    """One bit changed in as many regions, spread over the file; and bytes cut off, put in and taken out."""
    every = regions(raw)
    for name, start, end in every if len(every) <= count else rng.sample(every, count):
        bad = bytearray(raw)
        at = rng.randrange(start, end)
        bad[at] ^= 1 << rng.randrange(8)
        yield case_of(f"a bit of {name} at {at}", bytes(bad))
    for _ in range(count // 10):
        at = rng.randrange(len(raw))
        yield case_of(f"cut at {at}", raw[:at])
        yield case_of(f"a byte put in at {at}", raw[:at] + rng.randbytes(1) + raw[at:])
        yield case_of(f"a byte taken at {at}", raw[:at] + raw[at + 1:])
    yield case_of("bytes after it", raw + b"\0")
    yield case_of("nothing", b"")


def ledgers(program):
    lines = subprocess.run([program], capture_output=True, text=True, check=True).stdout.splitlines()
    return [Ledger(one) for one in lines]


def seeded(seed=2026):
    return random.Random(seed)
