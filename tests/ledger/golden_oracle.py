"""The golden statements against programs that are not ours: python3-cbor2 and PyNaCl.

Each file must be deterministic CBOR as cbor2 writes it, its envelope the one of ledger.md section 2, its kid the
RFC 9679 thumbprint, and its signature an Ed25519 signature over RFC 9052's Sig_structure.
"""
import hashlib
import pathlib
import sys

import cbor2
from nacl.signing import SigningKey, VerifyKey

KEY = SigningKey(bytes(range(32))).verify_key
THUMBPRINT = hashlib.sha256(cbor2.dumps({1: 1, -1: 6, -2: bytes(KEY)}, canonical=True)).digest()


def canonical(encoded):
    value = cbor2.loads(encoded)
    assert cbor2.dumps(value, canonical=True) == encoded, "not deterministic"
    return value


def check(path):
    statement = canonical(bytes.fromhex(path.read_text().strip()))
    assert statement.tag == 18
    protected, unprotected, payload, signature = statement.value
    header = canonical(protected)
    assert unprotected == {}
    assert header[1] == -8
    kind = path.stem.split(".")[0]  # node.witness is another statement of type node
    assert header[3] == f"application/vnd.anta.{kind}+cbor"
    assert header[4] == THUMBPRINT
    assert header[15][1] == "apu-ccollpa" and header[15][6] == 1756382400
    assert header[15][7] == bytes(range(0x10, 0x20))
    assert all(isinstance(key, str) for key in canonical(payload))
    to_sign = cbor2.dumps(["Signature1", protected, b"", payload], canonical=True)
    VerifyKey(bytes(KEY)).verify(to_sign, signature)


def main():
    files = sorted(pathlib.Path(__file__).with_name("golden").glob("*.hex"))
    assert len(files) == 38, f"{len(files)} golden statements"
    for path in files:
        try:
            check(path)
        except Exception as error:
            sys.exit(f"{path.name}: {error!r}")
    print(f"{len(files)} golden statements agree with cbor2 and PyNaCl")


main()
