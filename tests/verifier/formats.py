"""Bytes of a certificate file: CBOR, the tree, notes, policies, statements, state proofs.

Written from storage/ledger/FORMAT.md, statements.cddl and the public formats that they name (RFC 8949, 9162, 9052,
9679, C2SP signed-note, tlog-checkpoint, tlog-cosignature, tlog-policy), not from Anta's C++. Whatever is wrong raises
Refused with a code; a cosignature from the future raises Undecided.
"""
import base64
import functools
import hashlib
import re
import unicodedata

import cbor2
from nacl.bindings import crypto_sign_open


class Refused(Exception):
    def __init__(self, code, message="", leaf=None):
        super().__init__(f"{code}: {message}")
        self.code, self.leaf = code, leaf


class Undecided(Refused):
    """No answer, and no accusation."""


def need(condition, code, message="", leaf=None):
    if not condition:
        raise Refused(code, message, leaf)


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


@functools.lru_cache(maxsize=1 << 16)
def verify_ed25519(key, signature, message):
    try:
        crypto_sign_open(signature + message, key)
        return True
    except Exception:  # PyNaCl raises two kinds of its own
        return False


# --- deterministic CBOR (RFC 8949 section 4.2.1) ---

def head(major, argument):
    if argument < 24:
        return bytes([major << 5 | argument])
    for code, size in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if argument < 1 << 8 * size:
            return bytes([major << 5 | code]) + argument.to_bytes(size, "big")
    raise Refused("cbor.range")


def encode(value, depth=0):
    """The one encoding of a value of the profile; Refused for values outside of it."""
    if value is None or isinstance(value, bool):
        return {None: b"\xf6", True: b"\xf5", False: b"\xf4"}[value]
    if isinstance(value, int):
        return head(0, value) if value >= 0 else head(1, -1 - value)
    if isinstance(value, bytes):
        return head(2, len(value)) + value
    if isinstance(value, str):
        raw = value.encode()
        return head(3, len(raw)) + raw
    need(depth < 16 or not value, "cbor.depth")
    if isinstance(value, (list, tuple)):
        return head(4, len(value)) + b"".join(encode(item, depth + 1) for item in value)
    if isinstance(value, dict):
        need(all(isinstance(key, (int, str)) and not isinstance(key, bool) for key in value), "cbor.key_kind")
        pairs = sorted((encode(key), encode(item, depth + 1)) for key, item in value.items())
        return head(5, len(pairs)) + b"".join(key + item for key, item in pairs)
    if isinstance(value, cbor2.CBORTag):
        return head(6, value.tag) + encode(value.value, depth + 1)
    raise Refused("cbor.kind", type(value).__name__)


def decode(data, code="malformed"):
    """One item of the profile and nothing after it: what cbor2 reads must be what encode() writes."""
    try:
        value = cbor2.loads(data)
        exact = encode(value) == data
    except Exception as error:  # cbor2 raises many kinds for bad input
        raise Refused(code, repr(error)) from None
    need(exact, code, "not deterministic CBOR")
    return value


# --- the tree (RFC 9162 section 2.1) and the state tree ---

def leaf_hash(document):
    return sha256(b"\0", sha256(document))


def node_hash(left, right):
    return sha256(b"\1", left, right)


def check_inclusion(document, leaf, size, path, root, code="inclusion"):
    """RFC 9162 section 2.1.3.2."""
    need(leaf < size, code, "beyond the tree", leaf)
    fn, sn, found = leaf, size - 1, leaf_hash(document)
    for sibling in path:
        need(sn != 0, code, "too many siblings", leaf)
        if fn & 1 or fn == sn:
            found = node_hash(sibling, found)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            found = node_hash(found, sibling)
        fn, sn = fn >> 1, sn >> 1
    need(sn == 0 and found == root, code, "the path leads elsewhere", leaf)


def check_consistency(old, new, path, old_root, new_root, code="consistency"):
    """RFC 9162 section 2.1.4.2. A proof from size 0 proves nothing."""
    need(0 < old <= new, code)
    if old == new:
        need(not path and old_root == new_root, code)
        return
    path = list(path)
    if old & (old - 1) == 0:
        path.insert(0, old_root)
    need(path, code)
    fn, sn = old - 1, new - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    first = second = path[0]
    for sibling in path[1:]:
        need(sn != 0, code)
        if fn & 1 or fn == sn:
            first, second = node_hash(sibling, first), node_hash(sibling, second)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            second = node_hash(second, sibling)
        fn, sn = fn >> 1, sn >> 1
    need(sn == 0 and first == old_root and second == new_root, code)


KINDS = ("party", "key", "role", "site", "lot", "dispatch", "attestation", "accreditation", "formalisation", "account", "certificate",
         "waybill", "ticket", "container_seal", "device", "relation", "parameter", "rejected", "node", "origination", "process",
         "countersign", "document", "proposal", "network")
NAMED = ("certificate", "lot", "attestation", "account", "node")  # their records have their key's id


def state_key(kind, name):
    return sha256(kind.encode(), b"\0", name.encode())


def check_state(root, key, value_hash, siblings, terminal):
    """That the record under the key hashes to value_hash, or, where that is None, that there is none."""
    need(len(siblings) <= 256, "state_proof", "too long")
    if terminal is None:
        need(value_hash is None, "state_proof", "absent, not present")
        found = bytes(32)
    else:
        at, held = terminal
        need((at == key) == (value_hash is not None), "state_proof", "present for absent, or absent for present")
        need(value_hash in (None, held), "state_proof", "another value")
        bits = int.from_bytes(at, "big") ^ int.from_bytes(key, "big")
        need(bits >> (256 - len(siblings)) == 0, "state_proof", "a terminal off the key's way")
        found = sha256(b"\2", at, held)
    for depth in reversed(range(len(siblings))):
        right = key[depth // 8] >> (7 - depth % 8) & 1
        found = sha256(b"\3", *((siblings[depth], found) if right else (found, siblings[depth])))
    need(found == root, "state_proof", "leads to another root")


# --- notes and policies ---

def strict_base64(text, code):
    try:
        raw = base64.b64decode(text, validate=True)
    except ValueError:
        raise Refused(code, "base64") from None
    need(base64.b64encode(raw).decode() == text, code, "base64")
    return raw


def is_key_name(name):
    plain = not any(c == "+" or c.isspace() or c < " " or c == "\x7f" or unicodedata.category(c) in ("Zs", "Zl", "Zp") for c in name)
    return 0 < len(name.encode()) <= 255 and plain


class Key:
    """A C2SP verifier key: name+id+base64(type || key)."""

    def __init__(self, text):
        parts = text.split("+", 2)
        need(len(parts) == 3 and is_key_name(parts[0]), "policy.key")
        raw = strict_base64(parts[2], "policy.key")
        need(len(raw) == 33 and raw[0] in (1, 4), "policy.key")
        self.name, self.type, self.public = parts[0], raw[0], raw[1:]
        self.id = sha256(self.name.encode(), b"\n", raw)[:4]
        need(self.id.hex() == parts[1], "policy.key")


class Policy:
    """C2SP tlog-policy: logs, and elements (witnesses, groups) of which one is the quorum."""

    def __init__(self, text):
        self.logs, self.witnesses, self.groups, self.quorum = [], {}, {}, None
        names, grouped, quorums = set(), set(), 0
        for line in text.split("\n"):
            words = line.split("#")[0].split()
            if not words:
                continue
            if words[0] == "log" and len(words) in (2, 3):
                self.logs.append(Key(words[1]))
                need(self.logs[-1].type == 1, "policy.key")
            elif words[0] == "witness" and len(words) in (3, 4):
                need(words[1] not in names and words[1] != "none", "policy.name")
                names.add(words[1])
                self.witnesses[words[1]] = Key(words[2])
                need(self.witnesses[words[1]].type == 4, "policy.key")
            elif words[0] == "group" and len(words) >= 4:
                members = words[3:]
                need(words[1] not in names and words[1] != "none", "policy.name")
                need(len(set(members)) == len(members) and set(members) <= names - grouped, "policy.member")
                grouped.update(members)
                count = {"any": 1, "all": len(members)}.get(words[2]) or int(words[2])
                need(1 <= count <= len(members), "policy.threshold")
                names.add(words[1])
                self.groups[words[1]] = (count, members)
            else:
                need(words[0] == "quorum" and len(words) == 2 and (words[1] == "none" or words[1] in names), "policy.line")
                self.quorum = None if words[1] == "none" else words[1]
                quorums += 1
        need(quorums == 1, "policy.quorum")
        ids = [(key.name, key.id) for key in [*self.logs, *self.witnesses.values()]]
        need(len(set(ids)) == len(ids), "policy.key")

    def met(self, times, name=None):
        """Whether the cosigners named in `times` meet the element."""
        name = name or self.quorum
        if name in self.witnesses:
            return name in times
        count, members = self.groups[name]
        return sum(self.met(times, member) for member in members) >= count


class Note:
    """A checkpoint note: split, then held against a policy."""

    def __init__(self, note):
        need(len(note.encode()) <= 65536 and note.endswith("\n"), "note.form")
        need(not any(c < " " and c != "\n" for c in note), "note.control")
        self.text, separator, lines = note.partition("\n\n")
        self.text += "\n"
        need(separator and lines and "\n\n" not in "\n" + lines, "note.form")
        self.signatures = []
        for line in lines[:-1].split("\n"):
            match = re.fullmatch("\u2014 ([^ ]+) ([^ ]+)", line)
            need(match and is_key_name(match[1]), "note.line")
            blob = strict_base64(match[2], "note.base64")
            need(len(blob) > 4, "note.line")
            self.signatures.append((match[1], blob[:4], blob[4:]))
        named = [(name, hint) for name, hint, _ in self.signatures]
        need(len(named) <= 16 and len(set(named)) == len(named), "note.signatures")

    def checkpoint(self):
        lines = self.text.split("\n")
        need(len(lines) == 4 and is_key_name(lines[0]) and lines[0] != "cosignature/v1", "checkpoint.form")
        need(re.fullmatch("0|[1-9][0-9]{0,19}", lines[1]) and int(lines[1]) < 1 << 64, "checkpoint.size")
        root = strict_base64(lines[2], "checkpoint.root")
        need(len(root) == 32, "checkpoint.root")
        return lines[0], int(lines[1]), root

    def by(self, key):
        return next((blob for name, hint, blob in self.signatures if (name, hint) == (key.name, key.id)), None)

    def cosigned(self, policy, now):
        """{cosigner: time}, after every signature by a key of the policy was found good."""
        origin, signed = self.text.split("\n")[0], False
        for log in policy.logs:
            blob = self.by(log)
            if blob is not None:
                need(len(blob) == 64 and verify_ed25519(log.public, blob, self.text.encode()), "note.signature")
                signed |= log.name == origin
        times = {}
        for name, key in policy.witnesses.items():
            blob = self.by(key)
            if blob is None:
                continue
            need(len(blob) == 72, "note.signature")
            time = int.from_bytes(blob[:8], "big")
            need(0 < time < 1 << 63, "note.time")
            message = f"cosignature/v1\ntime {time}\n{self.text}".encode()
            need(verify_ed25519(key.public, blob[8:], message), "note.signature")
            if time > now + 60:
                raise Undecided("clock", "a cosignature from the future")
            times[name] = time
        if not signed and any(log.name == origin for log in policy.logs) and any(name == origin for name, _, _ in self.signatures):
            raise Undecided("policy.log_key", "signed with a key of the log that the policy does not list")
        need(signed, "policy.no_log")
        return times


# --- statements (RFC 9052 COSE_Sign1, RFC 9679 key ids) ---

def thumbprint(public):
    return sha256(encode({1: 1, -1: 6, -2: public}))


class Statement:
    def __init__(self, leaf, raw):
        try:
            self._read(leaf, raw)
        except (AttributeError, IndexError, KeyError, TypeError, ValueError):
            raise Refused("malformed", "not a statement", leaf) from None

    def _read(self, leaf, raw):
        need(len(raw) <= 65536, "malformed", "too large", leaf)
        envelope = decode(raw)
        need(isinstance(envelope, cbor2.CBORTag) and envelope.tag == 18 and len(envelope.value) == 4, "malformed", "no COSE_Sign1", leaf)
        self.protected, unprotected, body, self.signature = envelope.value
        need(unprotected == {} and len(self.signature) == 64, "malformed", "the envelope", leaf)
        header = decode(self.protected)
        need(set(header) == {1, 3, 4, 15} and header[1] in (-8, -19), "malformed", "the header", leaf)
        claims = header[15]
        need(set(claims) == {1, 2, 6, 7} and len(header[4]) == 32 and len(claims[7]) == 16, "malformed", "the claims", leaf)
        need(isinstance(header[4], bytes) and isinstance(claims[7], bytes) and isinstance(claims[1], str), "malformed", "the claims", leaf)
        need(isinstance(claims[6], int), "malformed", "iat", leaf)
        match = re.fullmatch(r"application/vnd\.anta\.([a-z-]+)\+cbor", header[3])
        need(match, "malformed", "the content type", leaf)
        self.leaf, self.digest, self.type, self.kid = leaf, sha256(raw), match[1], header[4]
        self.issuer, self.subject, self.body = claims[1], claims[2], body
        self.to_verify = encode(["Signature1", self.protected, b"", body])
        self.p = decode(body)
        need(isinstance(self.p, dict), "malformed", "the payload", leaf)

    def signed_by(self, public):
        return verify_ed25519(public, self.signature, self.to_verify)


# --- the file ---

def _proven(items, what, before):
    need(isinstance(items, list) and len(items) <= 65536, "file_malformed", what)
    last, read, unfolded, proven = -1, 0, 0, []
    for item in items:
        leaf, raw, path = item
        need(type(leaf) is int and leaf > last and isinstance(raw, bytes), "file_malformed", what)
        last, before = leaf, unfold(path, 64, before)
        read, unfolded = read + len(encode(item)), unfolded + 32 * len(before)
        need(unfolded <= (1 << 20) + 4 * read, "file_malformed", "paths share too much")
        proven.append((leaf, raw, before))
    return proven


def unfold(path, most, before):
    """[shared, hashes...]: the last `shared` hashes are those of the path before, as many as are alike."""
    need(isinstance(path, list) and path and type(path[0]) is int, "file_malformed", "a path")
    shared, listed = path[0], path[1:]
    hashes(listed, most)
    need(0 <= shared <= len(before) and shared + len(listed) <= most, "file_malformed", "shared hashes")
    need(not listed or shared == len(before) or listed[-1] != before[-1 - shared], "file_malformed", "a hash that could be shared")
    return listed + before[len(before) - shared:]


def hashes(path, most):
    need(isinstance(path, list) and len(path) <= most, "file_malformed", "a path")
    need(all(isinstance(h, bytes) and len(h) == 32 for h in path), "file_malformed", "a hash")


class File:
    def __init__(self, raw):
        need(len(raw) <= 128 << 20, "file_malformed", "too large")
        file = decode(raw, "file_malformed")
        try:
            self._read(file)
        except (KeyError, TypeError, ValueError):
            raise Refused("file_malformed") from None

    def _read(self, file):
        if type(file[1]) is not int or file[1] != 1:
            raise (Undecided if isinstance(file[1], int) else Refused)("certificate.format")
        need(set(file) <= {1, 2, 3, 4, 5, 6, 7, 8, 9} and isinstance(file[2], str), "file_malformed", "a field")
        need(re.fullmatch("[A-Za-z0-9][A-Za-z0-9._-]{0,63}", file[7]), "file_malformed", "the subject")
        self.note, self.subject = file[2], file[7]
        self.evidence = _proven(file[3], "evidence", [])
        self.disclosures = file.get(4, [])
        need(isinstance(self.disclosures, list) and len(self.disclosures) <= 1024, "file_malformed")
        need(all(isinstance(opening, bytes) for opening in self.disclosures) and (4 not in file or self.disclosures), "file_malformed")
        self.genesis, self.genesis_path, authority = file[6]
        need(isinstance(self.genesis, bytes), "file_malformed")
        self.genesis_path = unfold(self.genesis_path, 64, [])
        self.authority = _proven(authority, "authority", self.genesis_path)
        self.state, self.base, self.records = file.get(5), file.get(8), []
        if 5 in file:
            self._read_state(*self.state)
        if 8 in file:
            size, root, path = self.base
            need(type(size) is int and isinstance(root, bytes) and len(root) == 32, "file_malformed")
            self.base = size, root, unfold(path, 65, self.seal[2] if 5 in file else [])
        self.summary = file.get(9)
        if 9 in file:
            self._read_summary(*self.summary)
            alone = len(self.evidence) == 1 and not self.authority
            need(alone and 5 in file and 4 not in file and 8 not in file, "file_malformed", "more than a summary holds")

    def _read_summary(self, root, districts):
        need(isinstance(root, bytes) and len(root) == 32 and isinstance(districts, list) and len(districts) <= 8192, "file_malformed", "field 9")
        names = []
        for name, sources, dry, cu in districts:
            need(isinstance(name, str) and len(name.encode()) <= 200, "file_malformed", "a district")
            need(type(sources) is int and 0 < sources < 1 << 32, "file_malformed", "a district's sources")
            need(all(type(grams) is int and 0 <= grams <= 1 << 49 for grams in (dry, cu)), "file_malformed", "a district's grams")
            names.append(name.encode())
        need(names == sorted(set(names)), "file_malformed", "the order of districts")

    def _read_state(self, seal, records):
        """Siblings are written once: the first `shared` are those of the record before, as many as are alike."""
        leaf, raw, path = seal
        need(type(leaf) is int and isinstance(raw, bytes) and isinstance(records, list) and len(records) <= 65536, "file_malformed", "state")
        self.seal = leaf, raw, unfold(path, 64, [])
        self.records, keys, before = [], [], []
        for kind, name, value, terminal, shared, listed in records:
            need(isinstance(kind, str) and isinstance(name, str) and type(shared) is int, "file_malformed", "a record")
            need(value is None or (isinstance(value, bytes) and terminal is None and len(value) <= 1 << 20), "file_malformed", "a record")
            hashes(listed, 256)
            if terminal is not None:
                hashes(terminal, 2)
                need(len(terminal) == 2, "file_malformed", "a terminal")
            if kind not in KINDS:
                raise Undecided("newer", "a kind of state")
            siblings = before[:shared] + listed
            alike = next((i for i, (a, b) in enumerate(zip(before, siblings)) if a != b), min(len(before), len(siblings)))
            need(shared <= len(before) and shared == alike, "file_malformed", "shared siblings")
            keys.append(state_key(kind, name))
            if value is not None:
                terminal = (keys[-1], sha256(value))
            self.records.append((kind, name, value, terminal, siblings))
            before = siblings
        need(keys == sorted(set(keys)), "file_malformed", "the order of records")
