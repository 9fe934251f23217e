"""Files with state proofs (field 5) and refreshed ones (field 8), each with the verdict that it must get.

The records are those that the law left for the chain (verifier_ledgers prints them); the state tree over them is built
here by its definition, and its root stands in the newest seal.
"""
import copy

import cbor2

import corpus
import formats
from formats import encode, sha256

AMENDMENTS, STANDING = ("parameter", "amendments"), ("parameter", "suspension_revokes_after_days")
YES, FLAGS, NO, UNKNOWN = "valid", "valid_with_flags", "not_valid", "cannot_evaluate"


class StateTree:
    def __init__(self, records):
        """records: {(kind, id): bytes}"""
        self.records = records
        self.leaves = sorted((formats.state_key(*key), sha256(value)) for key, value in records.items())

    def hash(self, leaves, depth):
        if len(leaves) < 2:
            return sha256(b"\2", *leaves[0]) if leaves else bytes(32)
        left, right = parted(leaves, depth)
        return sha256(b"\3", self.hash(left, depth + 1), self.hash(right, depth + 1))

    def root(self):
        return self.hash(self.leaves, 0)

    def proof(self, key):
        """(siblings from the root down, the leaf that ends the way or None)"""
        leaves, siblings = self.leaves, []
        while len(leaves) > 1:
            depth = len(siblings)
            left, right = parted(leaves, depth)
            goes_right = key[depth // 8] >> (7 - depth % 8) & 1
            leaves, other = (right, left) if goes_right else (left, right)
            siblings.append(self.hash(other, depth + 1))
        return siblings, leaves[0] if leaves else None

    def field(self, keys):
        """The records of field 5 for these keys, present or absent."""
        written, before = [], []
        for kind, name in sorted(keys, key=lambda key: formats.state_key(*key)):
            siblings, terminal = self.proof(formats.state_key(kind, name))
            value = self.records.get((kind, name))
            shared = next((n for n, (a, b) in enumerate(zip(before, siblings)) if a != b), min(len(before), len(siblings)))
            written.append([kind, name, value, None if value is not None else terminal and list(terminal), shared, siblings[shared:]])
            before = siblings
        return written


def parted(leaves, depth):
    bit = [key[depth // 8] >> (7 - depth % 8) & 1 for key, _ in leaves]
    return [leaf for leaf, b in zip(leaves, bit) if not b], [leaf for leaf, b in zip(leaves, bit) if b]


def wanted(ledger):
    kinds = ("certificate", "lot", "attestation", "formalisation", "account", "key", "accreditation")
    return [key for key in ledger.state if key[0] in kinds] + [AMENDMENTS]


def lay(ledger, keys=None, records=None, more=0, change=None, leave_out=()):
    """A file whose newest seal closes this state; `more`: blocks after those that the evidence's paths lead to; `leave_out`: statements
    that the ledger has and the file has not."""
    records = ledger.state if records is None else records
    tree = StateTree(records)
    leaves, at = ledger.leaves()
    early = len(leaves)
    for n in range(more):
        leaves += [b"a statement %d" % n, corpus.seal(1000 + n, len(leaves), 1)]
    leaves[-1] = corpus.seal(5000, len(leaves) - 2, 1, tree.root())
    whole = corpus.Tree([formats.leaf_hash(leaf) for leaf in leaves])
    file = ledger.file(leaves, at, leave_out)
    if more:
        earlier = corpus.Tree(whole.leaves[:early])
        file.update({3: ledger.file(leaves[:early], at)[3], 6: ledger.file(leaves[:early], at)[6], 8: [early, earlier.root, whole.consistency(early)]})
    file[5] = [[len(leaves) - 1, leaves[-1], whole.path(len(leaves) - 1)], tree.field(wanted(ledger) if keys is None else keys)]
    if change:
        change(file)
    return encode(corpus.folded(file))


def key_of(party):
    return "key", formats.thumbprint(bytes(corpus.party_key(party).verify_key)).hex()


def rewritten(ledger, key, /, **changes):
    record = cbor2.loads(ledger.state[key])
    return {**ledger.state, key: encode({**record, **changes})}


def status(word, at, **more):
    return {"status": word, "effective_from": at, "statement": bytes(32), **more}


def refuted(ledger, name, code):
    """The attestation as the state has it after a change that the evidence does not hold."""
    at = ledger.now - 3600000
    return rewritten(ledger, ("attestation", name), changes=[status(code, at)])


def cases(ledger):
    """(case, verdict)"""
    certificate, attestation = ("certificate", ledger.certificate), ("attestation", "att-mine")
    every = wanted(ledger)

    def case(what, verdict, told=False, max_age=None, **how):
        return ledger.case("state: " + what, lay(ledger, **how), require_state=not told, max_age=max_age), verdict

    yield case("proven", YES)
    yield case("proven, and old", UNKNOWN, max_age=1)
    yield case("refreshed", YES, more=3)
    yield case("refreshed by one block", YES, more=1)
    for key in ledger.state:  # every record of the state: whether it is needed, both verifiers must agree
        left = [other for other in ledger.state if other != key]
        yield ledger.case(f"state: all but {key[0]} {key[1]}", lay(ledger, keys=left), require_state=True), None
    for key in (certificate, attestation, ("lot", "L-1"), ("formalisation", "miner"), ("accreditation", "body/crp"), key_of("plant")):
        left = [other for other in every if other != key]
        yield case(f"without {key[0]} {key[1]}", UNKNOWN, keys=left)
        yield case(f"without {key[0]} {key[1]}, told", UNKNOWN, told=True, keys=left)
    for key in (certificate, attestation, ("lot", "L-1"), ("formalisation", "miner"), ("accreditation", "body/crp"), key_of("plant")):
        yield case(f"{key[0]} {key[1]} proven absent", NO, records={other: record for other, record in ledger.state.items() if other != key})
    yield case("an absent record beside", YES, keys=[*every, ("lot", "L-99"), ("waybill", "none")])
    for word in ("superseded", "void", "withdrawn"):
        yield case(f"the certificate {word} since", NO, records=rewritten(ledger, certificate, state=word))
        yield case(f"the certificate {word} since, and old", NO, max_age=1, records=rewritten(ledger, certificate, state=word))
        yield case(f"the certificate {word} since, told", NO, told=True, records=rewritten(ledger, certificate, state=word))
    for key in (certificate, attestation, ("lot", "L-1")):
        yield case(f"the record of another {key[0]}", NO, records=rewritten(ledger, key, id="X-99"))
    yield case("the certificate consumed since", YES, records=rewritten(ledger, certificate, state="consumed"))
    for word in ("suspended", "revoked", "withdrawn"):
        yield case(f"the mine's attestation {word} since", FLAGS, records=refuted(ledger, "att-mine", word))
        yield case(f"the mine's attestation {word} since, told", FLAGS, told=True, records=refuted(ledger, "att-mine", word), more=2)
        yield case(f"a bystander's attestation {word} since", YES, records=refuted(ledger, "att-mine2", word))
    for party, verdict in (("plant", FLAGS), ("body", FLAGS), ("truck", FLAGS), ("auditor", YES)):
        stolen = rewritten(ledger, key_of(party), state="revoked", compromised_since=1735689600000)
        yield case(f"the key of {party} known to be stolen since", verdict, records=stolen)
        later = rewritten(ledger, key_of(party), state="revoked", compromised_since=ledger.now)
        yield case(f"the key of {party} stolen later", YES, records=later)
    yield from amended(ledger, case)
    yield from broken(case)


def law(ledger, *leaves, **values):
    """The state as it is after amendments that these leaves decided; values: what a parameter became, and when."""
    records = dict(ledger.state)
    if leaves:
        entries = [{"value": leaf, "effective_from": ledger.now - 7200000} for leaf in leaves]
        records[AMENDMENTS] = encode({"by": bytes(32), "flags": [], "entries": entries})
    for name, entries in values.items():
        held = cbor2.loads(records["parameter", name])
        more = [{"value": value, "effective_from": since} for value, since in entries]
        records["parameter", name] = encode({**held, "entries": [*held["entries"], *more]})
    return records


def amended(ledger, case):
    """Amendments that the evidence does not hold: of before its end, which it should, and of later."""
    every, since = wanted(ledger), ledger.now - 7200000
    size = len(ledger.leaves()[0])
    standing = {"suspension_revokes_after_days": [(200, since)]}
    yield case("the law's amendments left out", UNKNOWN, keys=[key for key in every if key != AMENDMENTS])
    for what, leaf, more in (("", 3, 0), (", refreshed", 3, 2), (" by the last leaf", size - 1, 2)):
        yield case("an amendment that the file hides" + what, NO, records=law(ledger, leaf, **standing), keys=[*every, STANDING], more=more)
    yield case("an amendment that the file hides, and old", NO, max_age=1, records=law(ledger, 3, **standing), keys=[*every, STANDING])
    for odd in (-1, "3", True):
        yield case(f"an amendment at leaf {odd}", NO, records=law(ledger, odd, **standing), keys=[*every, STANDING], more=2)
    later = law(ledger, size, **standing)
    yield case("an amendment after the evidence", YES, records=later, keys=[*every, STANDING], more=2)
    yield case("an amendment after the evidence, half told", UNKNOWN, records=later, more=2)
    yield case("an amendment of which the list says nothing", NO, records=law(ledger, **standing), keys=[*every, STANDING])
    for odd in (0, -1, 36526, "200", 1 << 62):
        wrong = law(ledger, size, suspension_revokes_after_days=[(odd, since)])
        yield case(f"a suspension that runs out after {odd} days", NO, records=wrong, keys=[*every, STANDING], more=2)
    own = cbor2.loads(ledger.state[STANDING])
    began = own["entries"][0]
    for what, entries in (("another value at the genesis", [{**began, "value": 100}]), ("no value", []),
                          ("the genesis's value from a later moment", [{**began, "effective_from": began["effective_from"] + 1}])):
        wrong = {**law(ledger, size), STANDING: encode({**own, "entries": entries})}
        yield case(what, NO, records=wrong, keys=[*every, STANDING], more=2)
    suspended = refuted(ledger, "att-mine", "suspended")
    run_out = {**law(ledger, size, suspension_revokes_after_days=[(1, since)]), ("attestation", "att-mine"): suspended["attestation", "att-mine"]}
    yield case("a suspension that a later law ends", FLAGS, records=run_out, keys=[*every, STANDING], more=2)


def uncounted(ledger):
    """A suspension was lifted before the attestation was counted; by a later law it would have run out first. Counted it was."""
    size, since = len(ledger.leaves()[0]), ledger.now - 7200000
    yield ledger.case("state: a suspension that was lifted", lay(ledger), require_state=True), YES
    for days, verdict in ((7, FLAGS), (30, FLAGS), (31, YES)):
        records = law(ledger, size, suspension_revokes_after_days=[(days, since)])
        raw = lay(ledger, records=records, keys=[*wanted(ledger), STANDING], more=2)
        yield ledger.case(f"state: a lifted suspension that a later law ends after {days} days", raw, require_state=True), verdict


def left_out(ledger):
    """Without what a statement of the ledger says: each attestation with its changes, and each other statement after the offices."""
    read = [ledger.read(n) for n in range(len(ledger.statements))]
    groups = [[n for n, s in enumerate(read) if name in (s.p.get("id"), s.p.get("attestation")) and s.type.startswith("attestation")]
              for name in sorted({s.p["id"] for s in read if s.type == "attestation"})]
    groups += [[n] for n, s in enumerate(read) if s.type not in ("party", "site", "attestation", "accreditation", "formalisation")]
    groups += [[n for n, s in enumerate(read) if name in (s.p.get("id"), s.p.get("dispatch"))]
               for name in sorted({s.p["id"] for s in read if s.type == "dispatch"})]
    for group in groups:
        what = f"state: {read[group[0]].type} {read[group[0]].subject} and {len(group) - 1} more left out"
        yield ledger.case(what, lay(ledger, leave_out=group), require_state=True), None


def broken(case):
    """What must be refused, whatever is demanded."""
    def change(what, verdict=NO, edit=None, **how):
        return case(what, verdict, change=edit, **how)

    yield change("a record of other bytes", edit=lambda f: f[5][1][0].__setitem__(2, f[5][1][0][2] + b"\0"))
    yield change("a record of other bytes, and old", max_age=1, edit=lambda f: f[5][1][0].__setitem__(2, f[5][1][0][2] + b"\0"))
    yield change("a record said to be absent", edit=lambda f: f[5][1][0].__setitem__(2, None))
    yield change("a sibling turned", edit=lambda f: f[5][1][0][5].__setitem__(0, bytes(32)))
    yield change("a sibling short", edit=lambda f: f[5][1][0][5].pop())
    yield change("a sibling more", edit=lambda f: f[5][1][-1][5].append(bytes(32)))
    yield change("records turned round", edit=lambda f: f[5][1].reverse())
    yield change("a record twice", edit=lambda f: f[5][1].insert(0, copy.deepcopy(f[5][1][0])))
    yield change("siblings that could be shared written again", edit=unshare)
    yield change("more shared than there were", edit=lambda f: f[5][1][0].__setitem__(4, 1))
    yield change("a kind that this release does not know", UNKNOWN, edit=lambda f: f[5][1][0].__setitem__(0, "later"))
    yield change("the seal of another leaf", edit=lambda f: f[5][0].__setitem__(0, 1))
    yield change("another seal", edit=lambda f: f[5][0].__setitem__(1, corpus.seal(5000, 2, 1, bytes(32))))
    yield change("a seal's path short", edit=lambda f: f[5][0][2].pop())
    yield change("of an earlier tree that is the whole", more=2, edit=lambda f: f.pop(8))
    yield change("of another earlier root", more=2, edit=lambda f: f[8].__setitem__(1, bytes(32)))
    yield change("a consistency path short", more=2, edit=lambda f: f[8][2].pop())
    yield change("a consistency path long", more=2, edit=lambda f: f[8][2].append(bytes(32)))
    yield change("an earlier tree of nothing", more=2, edit=lambda f: f.__setitem__(8, [0, bytes(32), []]))
    yield change("an earlier tree that is later", more=2, edit=lambda f: f[8].__setitem__(0, 10000))


def unshare(file):
    """The first record that shares siblings writes one of them out."""
    before = []
    for record in file[5][1]:
        siblings = before[:record[4]] + record[5]
        if record[4]:
            record[4] -= 1
            record[5].insert(0, siblings[record[4]])
            return
        before = siblings
