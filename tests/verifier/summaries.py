"""Summaries (field 9) of the corpus's chains, good and changed, each with the verdict that it must get."""
import cbor2

import corpus
import formats
import proven
from formats import encode

NO, UNKNOWN = "not_valid", "cannot_evaluate"


def record(ledger, kind, name, state=None):
    return cbor2.loads((state or ledger.state)[kind, name])


def chain_of(ledger, certified):
    """(made lots, what was drawn from each source)"""
    made, drawn, waiting = [], {}, [certified]
    while waiting:
        name = waiting.pop()
        if name in made:
            continue
        made.append(name)
        for source in record(ledger, "lot", name)["sources"]:
            if record(ledger, "lot", source["lot"])["sources"]:
                waiting.append(source["lot"])
            else:
                dry, cu = drawn.get(source["lot"], (0, 0))
                drawn[source["lot"]] = (dry + source["dry_g"], cu + source["cu_g"])
    return made, drawn


def districts_of(ledger, drawn):
    sums = {}
    for name, (dry, cu) in drawn.items():
        site = record(ledger, "site", record(ledger, "lot", name)["made_site"])
        district = sums.setdefault(site.get("ubigeo", site.get("country", "")), [0, 0, 0])
        district[:] = [district[0] + 1, district[1] + dry, district[2] + cu]
    return [[name, *sums[name]] for name in sorted(sums)]


def lay(ledger, edit=None, state=None, more=(), less=(), statement=None):
    """edit: changes the file as it is, after everything was signed."""
    state = ledger.state if state is None else state
    index = next(n for n in range(len(ledger.statements))
                 if ledger.read(n).type == "certificate" and ledger.read(n).p["id"] == ledger.certificate)
    statements = list(ledger.statements)
    if statement:
        statements[index] = (statement(ledger, index), statements[index][1])
    leaves, at = ledger.leaves(statements)
    tree = proven.StateTree(state)
    leaves[-1] = corpus.seal(5000, len(leaves) - 2, 1, tree.root())
    whole = corpus.Tree([formats.leaf_hash(leaf) for leaf in leaves])
    leaf = at[index][0]
    signed = formats.Statement(leaf, leaves[leaf])
    made, drawn = chain_of(ledger, signed.p["lot"])
    keys = {("certificate", ledger.certificate), ("key", signed.kid.hex())} | {("lot", name) for name in made}
    file = ledger.file(leaves, at)
    file[3] = [[leaf, leaves[leaf], whole.path(leaf)]]
    file[6][2] = []
    file[5] = [[len(leaves) - 1, leaves[-1], whole.path(len(leaves) - 1)], tree.field((keys | set(more)) - set(less))]
    file[9] = [bytes(32), districts_of(ledger, drawn)]
    if edit:
        edit(file)
    return encode(corpus.folded(file))


def is_made(ledger):
    return bool(record(ledger, "lot", record(ledger, "certificate", ledger.certificate)["lot"])["sources"])


def cases(ledger):
    """(case, verdict)"""
    certificate = ("certificate", ledger.certificate)
    lot = record(ledger, *certificate)["lot"]
    source = record(ledger, "lot", lot)["sources"][0]["lot"]

    def case(what, verdict, **how):
        return ledger.case("summary: " + what, lay(ledger, **how), require_state=True), verdict

    yield case("as it is", UNKNOWN)
    for what, place in (("more sources", 1), ("more dry", 2), ("more copper", 3)):
        yield case(what, NO, edit=lambda f, place=place: f[9][1][0].__setitem__(place, f[9][1][0][place] + 1))
    yield case("no districts", NO, edit=lambda f: f[9][1].clear())
    yield case("another district", UNKNOWN, edit=lambda f: f[9][1][0].__setitem__(0, "999999"))
    yield case("another root", UNKNOWN, edit=lambda f: f[9].__setitem__(0, bytes(31) + b"\1"))
    yield case("a district of nothing", NO, edit=lambda f: f[9][1].append(["zz", 0, 0, 0]))
    yield case("a district twice", NO, edit=lambda f: f[9][1].append(list(f[9][1][-1])))
    yield case("grams below nothing", NO, edit=lambda f: f[9][1][0].__setitem__(2, -1))
    yield case("too many grams", NO, edit=lambda f: f[9][1][0].__setitem__(2, (1 << 49) + 1))
    yield case("a root short", NO, edit=lambda f: f[9].__setitem__(0, bytes(31)))
    yield case("without its state", NO, edit=lambda f: f.pop(5))
    yield case("with an opening", NO, edit=lambda f: f.__setitem__(4, [b"x"]))
    yield case("with authority", NO, edit=lambda f: f[6].__setitem__(2, f[3]))
    yield case("without its statement", NO, edit=lambda f: f.__setitem__(3, []))
    yield case("of an earlier tree", NO, edit=lambda f: f.__setitem__(8, [1, bytes(32), []]))
    yield case("of another certificate", NO, edit=lambda f: f.__setitem__(7, "C-99"))
    yield case("a path short", NO, edit=lambda f: f[3][0][2].pop())
    yield case("another leaf", NO, edit=lambda f: f[3][0].__setitem__(0, f[3][0][0] + 1))
    yield case("a source's record beside", NO, more=[("lot", source)])
    yield case("an absent lot beside", NO, more=[("lot", "L-99")])
    yield case("an attestation's record beside", UNKNOWN, more=[("attestation", "att-mine")])
    for key in (certificate, proven.key_of("plant"), ("lot", lot)):
        yield case("without " + " ".join(key), UNKNOWN, less=[key])
        left = {other: value for other, value in ledger.state.items() if other != key}
        yield case(" ".join(key) + " proven absent", NO, state=left)
    for word in ("superseded", "void", "withdrawn"):
        yield case("the certificate " + word, NO, state=proven.rewritten(ledger, certificate, state=word))
    yield case("the record of another lot", NO, state=proven.rewritten(ledger, ("lot", lot), id="X-99"))
    yield case("the certificate consumed", UNKNOWN, state=proven.rewritten(ledger, certificate, state="consumed"))
    grams = record(ledger, *certificate)["dry_g"]
    yield case("the certificate reduced", UNKNOWN, state=proven.rewritten(ledger, certificate, dry_g=grams - 1))
    yield case("the certificate larger than signed", NO, state=proven.rewritten(ledger, certificate, dry_g=grams + 1))
    yield case("the certificate of another holder", NO, state=proven.rewritten(ledger, certificate, holder="smelter"))
    yield case("the certificate of another buyer", NO, state=proven.rewritten(ledger, certificate, buyer="truck"))
    yield case("the certificate ended", NO, state=proven.rewritten(ledger, certificate, valid_until=1))
    yield case("the key of another party", NO, state=proven.rewritten(ledger, proven.key_of("plant"), party="truck"))
    yield case("another key", NO, state=proven.rewritten(ledger, proven.key_of("plant"), key=bytes(32)))
    yield case("the key revoked since", UNKNOWN, state=proven.rewritten(ledger, proven.key_of("plant"), state="revoked"))

    def signed_by_truck(l, n):
        return l.sign(n, l.read(n).p, key=corpus.party_key("truck"))

    def twice(l, n):
        return l.sign(n, {**l.read(n).p, "schemes": l.read(n).p["schemes"] * 2})

    yield case("with its scheme named twice", UNKNOWN, statement=twice)
    yield case("signed by another", NO, statement=signed_by_truck, more=[proven.key_of("truck")])
