"""COSE Receipts (RFC 9942) and transparent statements made and verified with cbor2, PyNaCl and hashlib: nothing of Anta's code.

    receipts.py golden                  the lines of tests/vectors/cose-receipts.txt
    receipts.py check VECTORS           that the file holds exactly these
    receipts.py verify POLICY FILE      a transparent statement against a C2SP policy: prints one organisation a line

Needs Debian's own interpreter. What it knows of Anta: an entry is the SHA-256 of the statement, iss is the cosigner's name in the
policy, sub the log's.
"""
import base64
import hashlib
import sys

import cbor2
import nacl.exceptions
import nacl.signing

ORIGIN = "anta.example/receipts-01234567"
SIGN1, RECEIPTS, VDS, PROOFS, INCLUSION, RFC9162_SHA256 = 18, 394, 395, 396, -1, 1


class Refused(Exception):
    """What a verifier says no to."""


def encode(value):
    return cbor2.dumps(value, canonical=True)


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def thumbprint(x):
    return sha256(encode({1: 1, -1: 6, -2: x}))


def root_of(hashes):
    """RFC 9162 section 2.1.1, as it is written there."""
    if len(hashes) == 1:
        return hashes[0]
    split = 1 << (len(hashes) - 1).bit_length() - 1
    return sha256(b"\x01", root_of(hashes[:split]), root_of(hashes[split:]))


def path_of(leaf, hashes):
    """RFC 9162 section 2.1.3.1."""
    if len(hashes) == 1:
        return []
    split = 1 << (len(hashes) - 1).bit_length() - 1
    if leaf < split:
        return path_of(leaf, hashes[:split]) + [root_of(hashes[split:])]
    return path_of(leaf - split, hashes[split:]) + [root_of(hashes[:split])]


def root_from(leaf, index, size, path):
    """RFC 9162 section 2.1.3.2: the root that a path leads to."""
    if index >= size:
        raise Refused("index beyond the tree")
    node, last, root = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            raise Refused("path too long")
        if node & 1 or node == last:
            root = sha256(b"\x01", sibling, root)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            root = sha256(b"\x01", root, sibling)
        node, last = node >> 1, last >> 1
    if last != 0:
        raise Refused("path too short")
    return root


def signed_bytes(protected, root):
    return encode(["Signature1", protected, b"", root])


def receipt(hashes, leaf, name, key):
    protected = encode({1: -8, 4: thumbprint(bytes(key.verify_key)), 15: {1: name, 2: ORIGIN}, VDS: RFC9162_SHA256})
    proof = encode([len(hashes), leaf, path_of(leaf, hashes)])
    signature = key.sign(signed_bytes(protected, root_of(hashes))).signature
    return encode(cbor2.CBORTag(SIGN1, [protected, {PROOFS: {INCLUSION: [proof]}}, None, signature]))


def leaf_of(entry):
    return sha256(b"\x00", entry)


def entry(number):
    return sha256(f"leaf {number}".encode())


def key_for(organisation):
    return nacl.signing.SigningKey(bytes([40 + organisation]) * 32)


def statement():
    key = nacl.signing.SigningKey(bytes([3]) * 32)
    claims = {1: "nasca-sur", 2: "lot-1", 6: 1754000000, 7: bytes(16)}
    protected = encode({1: -8, 3: "application/vnd.anta.lot+cbor", 4: thumbprint(bytes(key.verify_key)), 15: claims})
    payload = bytes.fromhex("a1616101")
    return [protected, {}, payload, key.sign(signed_bytes(protected, payload)).signature]


def golden():
    lines = [f"key {encode({1: 1, 2: thumbprint(x), -1: 6, -2: x}).hex()}" for x in [bytes(key_for(1).verify_key)]]
    for size in (1, 2, 255, 256, 257):
        hashes = [leaf_of(entry(number)) for number in range(size)]
        for leaf in sorted({0, size // 2, size - 1}):
            lines.append(f"receipt {size} {leaf} {receipt(hashes, leaf, 'org-1/anta', key_for(1)).hex()}")
    parts = statement()
    entries = [entry(0), entry(1), sha256(encode(cbor2.CBORTag(SIGN1, parts))), entry(3)]
    hashes = [leaf_of(one) for one in entries]
    parts[1] = {RECEIPTS: [receipt(hashes, 2, f"org-{number}/anta", key_for(number)) for number in (1, 2)]}
    lines.append(f"transparent {encode(cbor2.CBORTag(SIGN1, parts)).hex()}")
    return "\n".join(lines) + "\n"


def read_policy(text):
    """{thumbprint: (name, key)} of the witnesses, and the logs' names."""
    witnesses, logs = {}, set()
    for words in (line.split() for line in text.splitlines()):
        if words and words[0] in ("log", "witness"):
            name, _, key = words[1 if words[0] == "log" else 2].split("+", 2)
            x = base64.b64decode(key)[1:]
            if words[0] == "log":
                logs.add(name)
            else:
                witnesses[thumbprint(x)] = (name, x)
    return witnesses, logs


def check_receipt(encoded, of_statement, witnesses, logs):
    """(organisation, size, index, root) of a receipt, or Refused."""
    tagged = cbor2.loads(encoded)
    if tagged.tag != SIGN1 or encode(tagged) != encoded:
        raise Refused("no deterministic COSE_Sign1")
    protected, unprotected, payload, signature = tagged.value
    header = cbor2.loads(protected)
    if payload is not None or header[VDS] != RFC9162_SHA256 or header[1] != -8 or set(header) != {1, 4, 15, VDS}:
        raise Refused("another kind of receipt")
    name, x = witnesses[header[4]]
    if header[15] != {1: name, 2: next((log for log in logs if log == header[15][2]), None)}:
        raise Refused("of another organisation or ledger")
    (proof,) = unprotected[PROOFS][INCLUSION]
    size, index, path = cbor2.loads(proof)
    root = root_from(leaf_of(sha256(of_statement)), index, size, path)
    try:
        nacl.signing.VerifyKey(x).verify(signed_bytes(protected, root), signature)
    except nacl.exceptions.BadSignatureError as error:
        raise Refused("bad signature") from error
    return name, size, index, root


def check_transparent(encoded, policy):
    """What each receipt says, and the statement without them."""
    protected, unprotected, payload, signature = cbor2.loads(encoded).value
    bare = encode(cbor2.CBORTag(SIGN1, [protected, {}, payload, signature]))
    return [check_receipt(one, bare, *read_policy(policy)) for one in unprotected[RECEIPTS]], bare


def main(word, *arguments):
    if word == "golden":
        sys.stdout.write(golden())
    elif word == "check":
        with open(arguments[0], encoding="ascii") as file:
            lines = file.read()
        assert lines == golden(), "the vectors are not what this program makes"
        print(f"agrees: {len(lines.splitlines())} lines")
    else:
        with open(arguments[0], encoding="utf-8") as policy, open(arguments[1], "rb") as file:
            for name, size, index, root in check_transparent(file.read(), policy.read())[0]:
                print(name, size, index, root.hex())


if __name__ == "__main__":
    main(*sys.argv[1:])
