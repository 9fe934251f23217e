"""What a verifier may demand besides (policy.assertions.yaml): met, not met, nothing and several, each with the verdict that it must get."""
import cbor2

import formats
import summaries

YES, NO, UNKNOWN = "valid", "not_valid", "cannot_evaluate"


def written(asserted):
    """Lines `key value`, one for each value, as verdicts reads them; a list that is empty is a key alone."""
    lines = []
    for key, value in asserted.items():
        for one in (value or [""]) if isinstance(value, list) else [value]:
            lines.append(f"{key} {one.hex() if isinstance(one, bytes) else one}".rstrip() + "\n")
    return "".join(lines).encode()


def said(ledger):
    """What the certificate says of itself."""
    s = next(s for s in map(ledger.read, range(len(ledger.statements))) if s.type == "certificate" and s.p["id"] == ledger.certificate)
    return {"schemes": s.p["schemes"], "issuers": [s.issuer], "models": [s.p["coc_model"]], "certificate": s.p["id"], "buyer": s.p.get("buyer"),
            "genesis": formats.sha256(ledger.genesis)}


def demands(own):
    """(what, asserted, whether it is met)"""
    for key, others in (("schemes", ["other", "icmm"]), ("issuers", ["miner", "smelter"]), ("models", ["book_and_claim", "controlled_blending"])):
        yield f"{key} of its own", {key: own[key]}, True
        yield f"no {key}", {key: []}, True
        yield f"{key} of others", {key: others}, False
        yield f"one of the {key} of others", {key: others[:1]}, False
        yield f"{key} of others, and its own last", {key: others + own[key]}, True
        yield f"{key} of its own twice", {key: own[key] * 2}, True
    yield "schemes that begin alike", {"schemes": [own["schemes"][0] + "-2", own["schemes"][0][:-1]]}, False
    yield "its certificate", {"certificate": own["certificate"]}, True
    yield "another certificate", {"certificate": own["certificate"] + "1"}, False
    yield "its network", {"genesis": own["genesis"]}, True
    yield "another network", {"genesis": bytes(32)}, False
    yield "another buyer", {"buyer": "buyer"}, False
    yield "its issuer as buyer", {"buyer": own["issuers"][0]}, False
    if own["buyer"]:
        yield "its buyer", {"buyer": own["buyer"]}, True
    named = {key: value for key, value in own.items() if value is not None}
    yield "all that it says", named, True
    for key, other in (("schemes", ["other"]), ("issuers", ["miner"]), ("models", ["book_and_claim"]), ("certificate", "C-99"), ("buyer", "truck"), ("genesis", bytes(32))):
        yield f"all that it says but for {key}", {**named, key: other}, False
    yield "no lists and its certificate", {"schemes": [], "issuers": [], "models": [], "certificate": own["certificate"]}, True


def cases(by_name):
    """(case, verdict): of a certificate for a buyer, of one to bearer and of one under mass balance; and of a summary."""
    for name in ("two-mines", "split", "credits-blended"):
        ledger = by_name[name]
        for what, asserted, met in demands(said(ledger)):
            yield ledger.case("asserted, " + what, ledger.raw, **asserted), YES if met else NO
    ledger = by_name["two-mines"]
    until = cbor2.loads(ledger.state["certificate", ledger.certificate])["valid_until"]
    own = said(ledger)
    yield ledger.case("asserted, its buyer, and old", ledger.raw, max_age=1, buyer=own["buyer"], now=ledger.now + 3600000), UNKNOWN
    yield ledger.case("asserted, another buyer, and old", ledger.raw, max_age=1, buyer="truck", now=ledger.now + 3600000), NO
    yield ledger.case("asserted, its buyer, and ended", ledger.raw, buyer=own["buyer"], now=until), NO
    yield ledger.case("asserted, another buyer, its state demanded", ledger.raw, require_state=True, buyer="truck"), NO
    yield ledger.case("asserted, its buyer, its state demanded", ledger.raw, require_state=True, buyer=own["buyer"]), UNKNOWN
    summarised = summaries.lay(ledger)
    for what, asserted, met in demands(own):
        yield ledger.case("summary asserted, " + what, summarised, require_state=True, **asserted), UNKNOWN if met else NO
