#!/usr/bin/env python3
"""Goal: two verifiers that share no code give every certificate of the corpus the same verdict.

    verifier_test.py LEDGERS VERDICTS [SEED]

LEDGERS makes the chains, VERDICTS is verify_certificate. Where this verifier says that something is beyond it there is
no comparison: those cases are listed, and are at most 5 in 100.
"""
import json
import pathlib
import subprocess
import sys
from collections import Counter

import asserted
import corpus
import formats
import hostile
import proven
import summaries
import verify

VECTORS = pathlib.Path(__file__).resolve().parents[1] / "vectors"


def cases(program, seed):
    rng = corpus.seeded(seed)
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
    yield kept_case("as it was written", (VECTORS / "certificate-1.anta").read_bytes())
    yield kept_case("its state demanded", (VECTORS / "certificate-1.anta").read_bytes())._replace(require_state=True)


def state_cases(program):
    by_name = {ledger.name: ledger for ledger in corpus.ledgers(program)}
    yield from proven.cases(by_name["concentrate"])
    for attestation in ("att-mill", "att-mine"):
        yield from proven.uncounted(by_name["reinstated-first-" + attestation])
    for name in ("concentrate", "anode", "two-mines", "moved", "twice-attested", "custody-voided-between", "credits-blended"):
        yield from proven.left_out(by_name[name])
    yield by_name["custody-voided-between"].case("state: as it is", proven.lay(by_name["custody-voided-between"]), require_state=True), "valid_with_flags"
    yield from summaries.cases(by_name["concentrate"])
    yield from asserted.cases(by_name)
    for ledger in by_name.values():  # and as they are, whatever became of the certificate
        if summaries.is_made(ledger):
            yield ledger.case("summary of " + ledger.name, summaries.lay(ledger), require_state=True), None


def kept_case(name, raw):
    """Of the certificate that a real network of the scenario wrote."""
    policy = (VECTORS / "certificate-1.policy").read_text()
    return corpus.Case("kept: " + name, policy, 1795752000000, False, None, raw)


def ours(program, every):
    """What verify_certificate says of each, in one run."""
    stream = bytearray()
    for case in every:
        policy, demands = case.policy.encode(), asserted.written(case.asserted)
        age = -1 if case.max_age is None else case.max_age
        stream += b"%d %d %d %d %d %d\n" % (case.now, case.require_state, age, len(policy), len(demands), len(case.raw))
        stream += policy + demands + case.raw
    lines = subprocess.run([program], input=bytes(stream), capture_output=True, check=True).stdout.decode().splitlines()
    assert len(lines) == len(every), (len(lines), len(every))
    return [line.split() for line in lines]


def check_vectors():
    """The state tree's proofs of tests/vectors hold, and not one of them with a word of it changed."""
    count = 0
    for case in json.loads((VECTORS / "state-tree.json").read_text())["cases"]:
        root = bytes.fromhex(case["root"])
        for proof in case["proofs"]:
            key, siblings = formats.state_key("lot", proof["id"]), [bytes.fromhex(one) for one in proof["siblings"]]
            terminal = proof["terminal"] and (bytes.fromhex(proof["terminal"]["key"]), bytes.fromhex(proof["terminal"]["value_hash"]))
            value = terminal[1] if proof["present"] else None
            formats.check_state(root, key, value, siblings, terminal)
            lies = [(root, key, bytes(32), siblings, terminal), (formats.sha256(root), key, value, siblings, terminal)]
            lies += [(root, key, value, siblings[:-1] + [bytes(31) + b"\1"], terminal)] if siblings else []
            lies += [(root, key, None if proof["present"] else value or bytes(32), siblings, terminal)]
            for lie in lies:
                assert refused(lie), ("a lie about the state was taken", proof["id"])
            count += 1
    assert count >= 10, count
    return count


def refused(arguments):
    try:
        formats.check_state(*arguments)
        return False
    except formats.Refused:
        return True


def judge(case, answer, wanted, tally):
    """One case: our verdict, this verifier's, and where it is known beforehand the right one."""
    verdict, code = answer
    own, own_codes = verify.verify(case.raw, case.policy, case.now, require_state=case.require_state, max_age=case.max_age, **case.asserted)
    tally.verdicts[own] += 1
    if wanted not in (None, own):
        tally.differences.append(f"{case.name}: must be {wanted}, here {own} {' '.join(own_codes)}")
    elif own_codes == ["beyond"]:
        tally.beyond.append(case.name)
    elif own != verdict:
        tally.differences.append(f"{case.name}: ours {verdict} {code}, here {own} {' '.join(own_codes)}")
    elif own in ("not_valid", "cannot_evaluate"):
        tally.codes["same" if code in own_codes else "other"] += 1


class Tally:
    def __init__(self):
        self.verdicts, self.codes, self.beyond, self.differences = Counter(), Counter(), [], []


def main(ledgers, program, seed=2026):
    vectors = check_vectors()
    every = {case.name: (case, None) for case in cases(ledgers, int(seed))}
    every.update((case.name, (case, wanted)) for case, wanted in state_cases(ledgers))
    answers = ours(program, [case for case, _ in every.values()])
    tally = Tally()
    for (case, wanted), answer in zip(every.values(), answers):
        judge(case, answer, wanted, tally)
    for line in tally.differences:
        print("DIFFERS", line)
    for name in tally.beyond:
        print("beyond:", name)
    print(f"{len(every)} certificates, {dict(tally.verdicts)}, {len(tally.differences)} differ, {len(tally.beyond)} beyond this verifier, "
          f"first code {dict(tally.codes)}; {vectors} state proofs of the vectors")
    assert len(every) >= 1000, "too small a corpus"
    assert all(tally.verdicts[word] >= 40 for word in ("valid", "valid_with_flags", "not_valid", "cannot_evaluate")), tally.verdicts
    assert len(tally.beyond) * 20 <= len(every), "too much is beyond this verifier"
    return 1 if tally.differences else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
