#!/usr/bin/env python3
"""Goal: two verifiers that share no code give every certificate of the corpus the same verdict.

    verifier_test.py LEDGERS VERDICTS [--each]

LEDGERS makes the chains, VERDICTS is verify_certificate. Where this verifier says that something is beyond it there is
no comparison: those cases are listed, and are at most 5 in 100.
"""
import pathlib
import subprocess
import sys
from collections import Counter

import corpus
import hostile
import verify

VECTORS = pathlib.Path(__file__).resolve().parents[1] / "vectors"


def cases(program):
    rng = corpus.seeded()
    every = corpus.ledgers(program)
    by_name = {ledger.name: ledger for ledger in every}
    for ledger in every:
        yield from corpus.good(ledger)
    concentrate, anode = by_name["concentrate"], by_name["anode"]
    yield from corpus.notes(concentrate)
    for ledger in (concentrate, anode, by_name["two-mines"], by_name["split"]):
        yield from corpus.structure(ledger, rng)
    for ledger in (concentrate, by_name["agreed"], by_name["stock"]):
        yield from corpus.flips(ledger.case, ledger.raw, rng, 120)
    yield from corpus.flips(kept_case, (VECTORS / "certificate-1.anta").read_bytes(), rng, 100)
    yield from hostile.cases(by_name, rng)


def kept_case(name, raw):
    """Of the certificate that a real network of the scenario wrote."""
    policy = (VECTORS / "certificate-1.policy").read_text()
    return corpus.Case("kept: " + name, policy, 1795752000000, False, None, raw)


def ours(program, every):
    """What verify_certificate says of each, in one run."""
    stream = bytearray()
    for case in every:
        policy = case.policy.encode()
        stream += b"%d %d %d %d %d\n" % (case.now, case.require_state, -1 if case.max_age is None else case.max_age, len(policy), len(case.raw))
        stream += policy + case.raw
    lines = subprocess.run([program], input=bytes(stream), capture_output=True, check=True).stdout.decode().splitlines()
    assert len(lines) == len(every), (len(lines), len(every))
    return [line.split() for line in lines]


def main(ledgers, program, *options):
    every = {case.name: case for case in cases(ledgers)}
    every["kept"] = kept_case("as it was written", (VECTORS / "certificate-1.anta").read_bytes())
    every = list(every.values())
    answers = ours(program, every)
    verdicts, beyond, differences, codes = Counter(), [], [], Counter()
    for case, (verdict, code) in zip(every, answers):
        own, own_codes = verify.verify(case.raw, case.policy, case.now, require_state=case.require_state, max_age=case.max_age)
        verdicts[verdict] += 1
        if own_codes == ["beyond"]:
            beyond.append(case.name)
        elif own != verdict:
            differences.append(f"{case.name}: ours {verdict} {code}, here {own} {' '.join(own_codes)}")
        elif verdict in ("not_valid", "cannot_evaluate"):
            codes["same" if code in own_codes else "other"] += 1
            if "--each" in options and code not in own_codes:
                print(f"codes: {case.name}: ours {code}, here {own_codes}")
    for line in differences:
        print("DIFFERS", line)
    for name in beyond:
        print("beyond:", name)
    print(f"{len(every)} certificates, {dict(verdicts)}, {len(differences)} differ, {len(beyond)} beyond this verifier, first code {dict(codes)}")
    assert len(every) >= 1000, "too small a corpus"
    assert all(verdicts[word] >= 40 for word in ("valid", "valid_with_flags", "not_valid", "cannot_evaluate")), verdicts
    assert len(beyond) * 20 <= len(every), "too much is beyond this verifier"
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
