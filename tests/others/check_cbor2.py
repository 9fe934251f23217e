#!/usr/bin/env python3
"""Goal: what we encode is what python3-cbor2 writes canonically, byte for byte: files, statements, genesis, seals, records.

    check_cbor2.py VERIFIER_LEDGERS

cbor2's canonical order is RFC 7049's, shorter keys first, where ours is RFC 8949's, bytewise. They are the same for all the keys
that our documents have (one-byte integers of one sign, and text), so cbor2's own bytes are compared, not a re-sorting of ours.
"""
import pathlib
import subprocess
import sys
from collections import Counter

import cbor2

ROOT = pathlib.Path(__file__).resolve().parents[2]
counts = Counter()


def canonical(what, encoded):
    value = cbor2.loads(encoded)
    again = cbor2.dumps(value, canonical=True)
    if again != encoded:
        sys.exit(f"{what}: cbor2 writes {again.hex()[:200]} for {encoded.hex()[:200]}")
    counts[what] += 1
    return value


def check_statement(encoded):
    protected, _, payload, _ = canonical("statements", encoded).value
    canonical("protected headers", protected)
    canonical("payloads", payload)


def check_file(encoded):
    file = canonical("certificate files", encoded)
    genesis, _, authority = file[6]
    canonical("genesis", genesis)
    for _, statement, _ in [*file[3], *authority]:
        check_statement(statement)
    if 5 in file:
        (_, seal, _), records = file[5]
        canonical("seals", seal)
        for record in records:
            if record[2] is not None:
                canonical("records in files", record[2])


def main(ledgers):
    check_file((ROOT / "tests/vectors/certificate-1.anta").read_bytes())
    lines = subprocess.run([ledgers], capture_output=True, text=True, check=True).stdout.splitlines()
    for line in lines:
        _, _, _, _, file, state, *seals = line.split()
        check_file(bytes.fromhex(file))
        for _, _, record in canonical("states", bytes.fromhex(state)):
            canonical("records", record)
        for seal in seals:
            canonical("seals", bytes.fromhex(seal))
    wanted = ("certificate files", "genesis", "statements", "protected headers", "payloads", "records", "seals")
    assert all(counts[what] >= 25 for what in wanted), counts
    print("agrees:", dict(counts))


main(*sys.argv[1:])
