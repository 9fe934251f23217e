"""A summary (field 9): what it proves by itself, written from storage/ledger/FORMAT.md section 11.

judge() always raises: Refused where something does not hold, else Undecided with the code sources_summarised.
"""
import formats
import shapes
from formats import Undecided, need

DEAD = ("superseded", "void", "withdrawn")


def judge(judgement, origin, now, assertions):
    file, size, root = judgement.file, judgement.size, judgement.root
    formats.check_inclusion(file.genesis, 0, size, file.genesis_path, root)
    judgement.check_genesis(formats.decode(file.genesis, "genesis_malformed"), origin)
    judgement.check_state_field()
    records = {(kind, name): value and formats.decode(value, "state_proof") for kind, name, value, _, _ in file.records}
    need(all(record is not None for (kind, _), record in records.items() if kind == "lot"), "state_contradicts")
    s = statement_of(file, size, root)
    check_signer(s, records)
    certificate = claim_of(s, records)
    add_up(certificate["lot"], {name: lot for (kind, name), lot in records.items() if kind == "lot"}, file.summary)
    need(assertions.get("genesis") in (None, judgement.genesis_digest), "other_network")
    judgement.check_asserted(certificate, assertions)
    need(certificate["state"] not in DEAD, "certificate_not_live")
    need(certificate["valid_until"] > now, "certificate_expired")
    if assertions.get("max_age") is not None and now // 1000 - judgement.seconds > assertions["max_age"]:
        raise Undecided("stale")
    raise Undecided("sources_summarised")


def statement_of(file, size, root):
    leaf, raw, path = file.evidence[0]
    formats.check_inclusion(raw, leaf, size, path, root)
    s = formats.Statement(leaf, raw)
    need(s.type == "certificate", "certificate_missing")
    shapes.check(s.p, shapes.RULES[s.type])
    shapes.check_limits(s.type, s.p)
    need(s.subject == shapes.subject_of(s.type, s.p), "malformed", "another subject", leaf)
    need(s.p["id"] == file.subject, "certificate_missing")
    return s


def proven(records, kind, name):
    if (kind, name) not in records:
        raise Undecided("state_not_proven", f"{kind} {name}")
    return records[kind, name]


def check_signer(s, records):
    key = proven(records, "key", s.kid.hex())
    need(key is not None and key["party"] == s.issuer, "unknown_key")
    need(s.signed_by(key["key"]), "bad_signature")


def claim_of(s, records):
    """The record must be of the statement; only its grams may have become less."""
    record = proven(records, "certificate", s.p["id"])
    need(record is not None and record["holder"] == s.issuer, "state_contradicts")
    same = all(record.get(name) == s.p.get(name) for name in ("id", "lot", "coc_model", "buyer", "valid_until"))
    same = same and set(record["schemes"]) == set(s.p["schemes"])
    need(same and record["dry_g"] <= s.p["dry_g"] and record["cu_g"] <= s.p["cu_g"], "state_contradicts")
    proven(records, "lot", record["lot"])
    return record


def add_up(certified, lots, told):
    """Every lot is made in the chain; what they are made from and is none of them are the sources."""
    seen, waiting, sources, drawn = {certified}, [certified], set(), [0, 0]
    while waiting:
        for source in lots[waiting.pop()]["sources"]:
            if source["lot"] not in lots:
                sources.add(source["lot"])
                drawn = [drawn[0] + source["dry_g"], drawn[1] + source["cu_g"]]
            elif source["lot"] not in seen:
                seen.add(source["lot"])
                waiting.append(source["lot"])
    need(all(name in seen and lot["sources"] for name, lot in lots.items()), "summary_stray")
    sums = [sum(column) for column in zip(*(district[1:] for district in told[1]))] or [0, 0, 0]
    need(sums == [len(sources), *drawn], "summary_sum")
