"""Signed statements made with cbor2 and PyNaCl, independently of Anta's code. Needs Debian's own interpreter."""
import hashlib
import os

import cbor2
import nacl.signing

EVENT = 1761674400000  # 2025-10-28


def encode(value):
    return cbor2.dumps(value, canonical=True)


def key_of(path):
    """The key that `anta` wrote to a file, in hex."""
    with open(path, encoding="ascii") as file:
        return nacl.signing.SigningKey(bytes.fromhex(file.read().strip()))


def thumbprint(key):
    """RFC 9679: of the COSE_Key {1: OKP, -1: Ed25519, -2: x}."""
    return hashlib.sha256(encode({1: 1, -1: 6, -2: bytes(key.verify_key)})).digest()


def statement(key, kind, issuer, subject, payload, kid=None):
    """A COSE_Sign1 as crypto/cose.h describes it. `payload` as a value, or as bytes that are signed as they stand."""
    body = payload if isinstance(payload, bytes) else encode(payload)
    claims = {1: issuer, 2: subject, 6: EVENT // 1000, 7: os.urandom(16)}
    protected = encode({1: -8, 3: f"application/vnd.anta.{kind}+cbor", 4: kid or thumbprint(key), 15: claims})
    signature = key.sign(encode(["Signature1", protected, b"", body])).signature
    return encode(cbor2.CBORTag(18, [protected, {}, body, signature]))
