"""Hostile files: one statement's word changed, everything signed and cosigned by the real keys.

Three ways: `targeted` breaks one rule each by name; `changed` takes any field of any statement and says something else;
`misused` signs with a key that is not, or no longer, the issuer's. Whether the law minds is not said here: the two
verifiers must agree about it.
"""
import copy

import cbor2

import corpus
import formats
import shapes
from formats import encode

HOUR, DAY = 3600000, 86400000
POOLS = {"party": ("miner", "miner2", "plant", "smelter", "truck", "lab", "body", "owner", "ministry", "buyer", "nobody"),
         "site": ("mine", "mine2", "mill", "works", "store", "nowhere"), "lot": ("L-1", "K-1", "L-2", "A-1", "K-a", "N-1")}
FIELD_POOL = {"operator": "party", "subject": "party", "body": "party", "to": "party", "carrier": "party", "buyer": "party", "party": "party",
              "other": "party", "site": "site", "from_site": "site", "to_site": "site", "sites": "site", "lot": "lot", "id": "lot"}
TIMES = ("event_time", "extracted_from", "extracted_until", "valid_from", "valid_until", "effective_from", "void_from", "from", "until",
         "compromised_since")


def places(value, path=()):
    """Every (path, value) in a payload, containers too."""
    if path:
        yield path, value
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from places(inner, path + (key,))


def name_of(path):
    return next((key for key in reversed(path) if isinstance(key, str)), "")


def other_words(type_, name):
    """The literals that the CDDL allows anywhere under this name in a statement of the type."""
    words = []

    def collect(node):
        if node[0] == "literal":
            words.append(node[1])
        elif node[0] == "choice":
            for choice in node[1]:
                collect(choice)
        elif node[0] == "name" and node[1] in shapes.RULES:
            collect(shapes.RULES[node[1]])
        elif node[0] == "array":
            collect(node[1][0][3])

    def find(node):
        if node[0] == "name" and node[1] in shapes.RULES:
            find(shapes.RULES[node[1]])
        elif node[0] == "array":
            find(node[1][0][3])
        elif node[0] == "map":
            for _, _, key, inner in shapes.members(node[1]):
                if key == name:
                    collect(inner)
                elif not isinstance(key, tuple):
                    find(inner)

    find(shapes.RULES[type_])
    return [word for word in words if isinstance(word, str)]


def otherwise(type_, path, value, rng):
    """Something else to say in that place, or None."""
    name = name_of(path)
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        if name in TIMES:
            return value + rng.choice((-1, 1)) * rng.choice((1, HOUR, 12 * HOUR, 3 * DAY, 40 * DAY, 400 * DAY, 1200 * DAY))
        return rng.choice((value + 1, value - 1, value * 101 // 100, value * 103 // 100, value * 98 // 100, value * 2, value // 2, 0, value + 41000, -value))
    if isinstance(value, str):
        if name in FIELD_POOL:
            return rng.choice(POOLS[FIELD_POOL[name]])
        words = other_words(type_, name)
        return rng.choice(words) if words else rng.choice(("", "another", value + "x", "tab\tand\x01", "e\u0301", "x" * 201))
    if isinstance(value, bytes):
        return value[:-1] + bytes([value[-1] ^ 1])
    if isinstance(value, list) and value:
        return rng.choice(([], value + value[:1], value[1:], value + ["more"]))
    return None


def put(payload, path, value):
    changed = copy.deepcopy(payload)
    at = changed
    for key in path[:-1]:
        at = at[key]
    if value is None:
        del at[path[-1]]
    else:
        at[path[-1]] = value
    return changed


def with_payload(ledger, index, payload, **header):
    statements = list(ledger.statements)
    statements[index] = (ledger.sign(index, payload, **header), statements[index][1])
    return ledger.lay(statements)


def changed(ledger, rng, count, types=None):
    """`count` statements in which one field says something else, or is left out."""
    where = [(n, path, value) for n in range(len(ledger.statements)) for path, value in places(ledger.read(n).p)
             if types is None or ledger.read(n).type in types]
    for n, path, value in rng.sample(where, min(count, len(where))):
        s = ledger.read(n)
        new = None if rng.randrange(12) == 0 and isinstance(path[-1], str) else otherwise(s.type, path, value, rng)
        if new == value:
            continue
        try:
            raw = with_payload(ledger, n, put(s.p, path, new))
        except (KeyError, TypeError, AttributeError):
            continue  # without it the statement has no subject to sign under
        yield ledger.case(f"{s.type} {s.subject}: {'.'.join(map(str, path))} is {str(new)[:30]!r}", raw)


def find(ledger, type_, subject):
    return next(n for n in range(len(ledger.statements)) if (ledger.read(n).type, ledger.read(n).subject) == (type_, subject))


def edited(ledger, what, type_, subject, **fields):
    n = find(ledger, type_, subject)
    payload = copy.deepcopy(ledger.read(n).p)
    for path, change in fields.items():
        at, keys = payload, [int(key) if key.isdigit() else key for key in path.split("__")]
        for key in keys[:-1]:
            at = at[key]
        at[keys[-1]] = change(at[keys[-1]]) if callable(change) else change  # a field that is new is put in
    return ledger.case(what, with_payload(ledger, n, payload))


def targeted(concentrate, anode):
    """One rule each, by name."""
    def one(what, type_, subject, **fields):
        return edited(concentrate, what, type_, subject, **fields)

    yield one("copper out of nothing", "process", "B-K-1", outputs__0__measurement__cu_ppm=lambda v: v * 12 // 10)
    yield one("copper gone", "process", "B-K-1", tailings__cu_g=0)
    yield one("dry mass gone", "process", "B-K-1", tailings__dry_g=lambda v: v * 9 // 10)
    yield one("a gram above the input", "process", "B-K-1", inputs__0__dry_g=lambda v: v + 1)
    yield one("an input of another grade", "process", "B-K-1", inputs__0__cu_g=lambda v: v * 9 // 10)
    yield one("a process that the site has not", "process", "B-K-1", process="smelting")
    yield one("another's site", "process", "B-K-1", site="works")
    yield one("certified a gram above the lot", "certificate", "C-1", dry_g=lambda v: v + 1)
    yield one("certified copper above the lot", "certificate", "C-1", cu_g=lambda v: v + 1)
    yield one("certified richer", "certificate", "C-1", dry_g=lambda v: v // 2)
    yield one("a model above the lot's", "certificate", "C-1", coc_model="identity_preserved")
    yield one("mass_balance without account", "certificate", "C-1", coc_model="mass_balance")
    yield one("an unknown scheme", "certificate", "C-1", schemes=["other"])
    yield one("ended before it began", "certificate", "C-1", valid_until=lambda v: 1735689600000)
    yield one("a receipt 3 % lighter", "receipt", "D-L-1", lots__0__measurement__wet_g=lambda v: v * 97 // 100)
    yield one("a receipt 1 % lighter", "receipt", "D-L-1", lots__0__measurement__wet_g=lambda v: v * 99 // 100)
    yield one("a receipt within its tolerance", "receipt", "D-L-1", lots__0__measurement__wet_g=lambda v: v - 40000)
    yield one("a receipt before its dispatch", "receipt", "D-L-1", event_time=lambda v: v - 2 * DAY)
    yield one("a load above 40 t", "dispatch", "D-L-1", lots__0__measurement__wet_g=40000001)
    yield one("mined by nobody formalised", "formalisation", "miner", status="excluido")
    yield one("formalised too late", "formalisation", "miner", effective_from=lambda v: v + 400 * DAY)
    yield one("an attestation too long", "attestation", "att-mine", valid_until=lambda v: v + 1200 * DAY)
    yield one("attested after the extraction", "attestation", "att-mine", valid_from=lambda v: v + 3 * DAY)
    yield one("attested for another material", "attestation", "att-mine", materials=["ore_oxide"])
    yield one("attested for another's ground", "attestation", "att-mine", sites=["mine2"])
    yield one("an accreditation run out", "accreditation", "body", until=lambda v: 1735689600000)
    yield one("an accreditation suspended", "accreditation", "body", status="suspended")
    yield one("a miner that is no producer", "party", "miner", roles=["trader"])
    yield one("an assurance body that is none", "party", "body", roles=["trader"])
    yield one("more ore than a class may mine", "lot", "L-1", measurement__wet_g=900000000)
    yield one("ore richer than any mineral", "lot", "L-1", measurement__cu_ppm=799001)
    yield one("ore wetter than any", "lot", "L-1", measurement__moisture_ppm=300001)
    yield one("mined after it was weighed", "lot", "L-1", extracted_until=lambda v: v + HOUR)
    yield one("a measurement that falls back", "dispatch", "D-L-1", lots__0__measurement__status="estimated")
    yield edited(anode, "an account of another product", "balance-open", "A", product="cathode")
    yield edited(anode, "an account of another period", "balance-open", "A", **{"from": lambda v: v - 366 * DAY, "until": lambda v: v - 366 * DAY})
    yield edited(anode, "a conversion above all recovery", "balance-open", "A", conversion_ppm=990000)
    yield edited(anode, "an account of 367 days", "balance-open", "A", until=lambda v: v + DAY)
    yield edited(anode, "an anode heavier than its copper", "process", "B-2", outputs__0__measurement__wet_g=lambda v: v * 102 // 100)
    yield edited(anode, "losses of nothing", "process", "B-2", losses__cu_g=lambda v: v * 3)


def put_together(blend, tolled):
    """Blends and changes of owner, likewise."""
    def one(what, **fields):
        return edited(blend, "a blend " + what, "blend", "L-1", **fields)

    for what, ppm in (("2 % heavier than its parts", 20000), ("heavier than its parts", 20100), ("2 % lighter than its parts", -20000), ("lighter than its parts", -20100)):
        yield one(what, output__measurement__wet_g=lambda v, ppm=ppm: v * (1000000 + ppm) // 1000000)
    yield one("richer than its parts", output__measurement__cu_ppm=lambda v: v * 103 // 100)
    yield one("less surely weighed than its parts", output__measurement__status="estimated")
    yield one("of one kind of ore", output__material="ore_sulphide")
    yield one("of another kind of ore", output__material="ore_oxide")
    yield one("that is concentrate", output__material="concentrate")
    yield one("of a lot and itself", inputs__1__lot="L-1")
    yield one("of a gram more than there is", inputs__1__dry_g=lambda v: v + 1)
    yield one("of half a lot's copper", inputs__1__cu_g=lambda v: v // 2)
    yield one("that is one of its parts", output__id="L-2")
    sales = [n for n in range(len(tolled.statements)) if tolled.read(n).type == "ownership"]
    for which, n in enumerate(sales):
        for side, party in (("from", "miner"), ("to", "miner"), ("from", "smelter"), ("to", "plant"), ("to", "nobody")):
            yield tolled.case(f"sale {which} {side} {party}", with_payload(tolled, n, {**tolled.read(n).p, side: party}))
        yield tolled.case(f"sale {which} left out", tolled.lay(tolled.statements[:n] + tolled.statements[n + 1:]))
        yield tolled.case(f"sale {which} before the lot came", with_payload(tolled, n, {**tolled.read(n).p, "event_time": tolled.read(n).p["event_time"] - DAY}))


def misused(ledger, rng):
    """Keys, headers and envelopes."""
    for n in rng.sample(range(len(ledger.statements)), 25):
        s = ledger.read(n)
        label = f"{s.type} {s.subject}"
        yield ledger.case(label + " by another's key", with_payload(ledger, n, s.p, key=corpus.party_key("smelter" if s.issuer != "smelter" else "miner")))
        yield ledger.case(label + " by a key of nobody", with_payload(ledger, n, s.p, key=corpus.party_key("a stranger")))
        yield ledger.case(label + " in another's name", with_payload(ledger, n, s.p, claims={1: "miner" if s.issuer != "miner" else "plant"}))
        yield ledger.case(label + " about something else", with_payload(ledger, n, s.p, subject="another"))
        yield ledger.case(label + " with a broken signature", laid(ledger, n, broken(ledger, n)))
    n = find(ledger, "certificate", "C-1")
    s = ledger.read(n)
    yield ledger.case("a certificate that is called a lot", with_payload(ledger, n, s.p, type="application/vnd.anta.lot+cbor"))
    yield ledger.case("a loss that is recorded twice", ledger.lay(ledger.statements + [ledger.statements[n]]))
    yield ledger.case("bytes that are no statement", ledger.lay(ledger.statements + [(b"\xa0", False)]))
    yield ledger.case("a later type at the end", ledger.lay(ledger.statements + [(later_type(ledger, n), False)]))
    genesis = cbor2.loads(ledger.genesis)
    for what, new in {"another origin": {"origin": "anta.example/other-00000000"}, "another parameter": {"parameters": {"closure_max_ppm": 40000}},
                      "another registrar": {"registrar": {"id": "miner", "key": genesis["registrar"]["key"]}}, "format 2": {"format": 2}}.items():
        yield ledger.case("a genesis with " + what, ledger.lay(genesis=encode({**genesis, **new})))
        yield ledger.case("a bound genesis with " + what, ledger.lay(genesis=bound({**genesis, **new})))


def bound(genesis):
    """Its origin ends in the digits of its own hash again, so that it is another network's, in order."""
    genesis = {**genesis, "origin": genesis["origin"][:-8] + "00000000"}
    genesis["origin"] = genesis["origin"][:-8] + formats.sha256(encode(genesis)).hex()[:8]
    return encode(genesis)


def laid(ledger, n, raw):
    return ledger.lay(ledger.statements[:n] + [(raw, ledger.statements[n][1])] + ledger.statements[n + 1:])


def broken(ledger, n):
    """The statement with the last bit of its signature turned."""
    raw = ledger.statements[n][0]
    return raw[:-1] + bytes([raw[-1] ^ 1])


def later_type(ledger, n):
    return ledger.sign(n, {}, type="application/vnd.anta.assay+cbor", subject="x")


def assayed(answered):
    """Concentrate sent at 24 % and received with its weight: at the window it is accepted at once, so that nobody is to answer; beyond it waits."""
    for grade in (237499, 237500, 242500, 242501):
        yield edited(answered, f"received at {grade} ppm", "receipt", "S-1", lots__0__measurement__wet_g=3997252, lots__0__measurement__cu_ppm=grade)


def reviewed(again, blended, renamed):
    """What the law's second hostile review added."""
    for more in (110000, 111000, 111200, 112000):  # 9 parts of 10 were recovered
        yield edited(again, f"floated again, {more} ppm richer", "process", "B-1", tailings__cu_g=0,
                     outputs__0__measurement__cu_ppm=lambda v, more=more: v + v * more // 1000000)
    for factor in (98, 100, 102):
        yield edited(blended, f"the last certificate at {factor} %", "certificate", "C-3", dry_g=lambda v, factor=factor: v * factor // 100,
                     cu_g=lambda v, factor=factor: v * factor // 100)
    yield edited(blended, "a claim above mass balance", "certificate", "C-3", coc_model="segregated")
    n = find(renamed, "party", "plant")
    person = {name: value for name, value in renamed.read(n).p.items() if name not in ("name", "tax_id")}
    yield renamed.case("a person that is named later", with_payload(renamed, n, {**person, "kind": "person"}))


def cases(by_name, rng):
    yield from targeted(by_name["concentrate"], by_name["anode"])
    yield from assayed(by_name["answered"])
    yield from put_together(by_name["blend-one-mine"], by_name["tolled"])
    yield from reviewed(by_name["floated-again"], by_name["credits-blended"], by_name["renamed"])
    yield from misused(by_name["concentrate"], rng)
    for name in ("concentrate", "anode", "two-mines", "split", "stock", "agreed", "umpired", "answered", "voided", "suspended", "rotated",
                 "other-parameters", "consumed", "blend-two-mines", "blend-one-mine", "tolled", "floated-again", "credits-blended"):
        yield from changed(by_name[name], rng, 40, CHAIN)
    yield from changed(by_name["concentrate"], rng, 80)
    yield from changed(by_name["anode"], rng, 60)


CHAIN = ("lot", "dispatch", "handover", "receipt", "receipt-answer", "dispute-resolution", "process", "split", "blend", "ownership", "certificate", "certificate-status",
         "attestation-status", "balance-open", "loss", "adjust", "hold", "release", "key-rotate")
