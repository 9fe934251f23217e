#!/usr/bin/env python3
"""Makes scenario files of the same shape as tests/scenario/southern-peru.yaml, with other names, amounts and parameters.

    tests/e2e/scenario_maker.py SEED > FILE.yaml          (JSON, which is YAML)
    tests/e2e/scenario_maker.py SEED --falsify KIND       one expectation of that kind is wrong; --kinds lists them

A model of its own, in integers and independent of the C++ law: mines, four plants of two chain-of-custody models, a smelter, several
lots per dispatch, statements in an order drawn from their dependencies, and what the ledger must answer.
"""
import argparse
import datetime
import json
import random
import sys

KINDS = ("outcome", "code", "lot_dry", "lot_mass", "lot_eligible", "lot_holder", "lot_state", "account", "certificate_verdict",
         "certificate_model", "certificate_flags")
SMELTER_CONVERSION, PLANT_CONVERSION = 965000, 850000


def half_even(a, b, c):
    quotient, rest = divmod(a * b, c)
    return quotient + (1 if 2 * rest > c or (2 * rest == c and quotient % 2) else 0)


def figures(m):
    dry = half_even(m["wet_g"], 10**6 - m["moisture_ppm"], 10**6)
    return dry, half_even(dry, m["cu_ppm"], 10**6)


def tax_id(number):
    digits = f"20{number:08d}"
    rest = 11 - sum(int(d) * f for d, f in zip(digits, (5, 4, 3, 2, 7, 6, 5, 4, 3, 2))) % 11
    return digits + str({10: 0, 11: 1}.get(rest, rest))


class Maker:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.steps, self.parties, self.names = [], [], set()  # a step: (needs, step); its number is its place
        self.lots, self.accounts, self.certificates = {}, {}, {}
        self.tickets = self.waybills = 0
        self.base = datetime.datetime(2025, 3, 1, tzinfo=datetime.timezone.utc)

    # --- small things ---
    def name(self, stem):
        while True:
            made = f"{stem}-{self.random.choice('bcdfglmnprst')}{self.random.choice('aeiou')}{self.random.randrange(10**4):04d}"
            if made not in self.names:
                self.names.add(made)
                return made

    def at(self, hours):
        return (self.base + datetime.timedelta(hours=hours)).isoformat().replace("+00:00", self.random.choice(("Z", "+00:00")))

    def party(self, stem, kind, roles, **more):
        made = {"id": self.name(stem), "kind": kind, "name": f"{stem.title()} {len(self.parties)}", "country": "PE",
                "tax_id": tax_id(70000000 + len(self.parties)), "ubigeo": "040302", "roles": roles, "languages": ["es"], **more}
        self.parties.append(made)
        return made["id"]

    def step(self, signer, kind, hours, payload, needs=(), expect="accepted", **more):
        self.steps.append((tuple(needs), {"as": signer, "type": kind, "payload": {"event_time": self.at(hours), **payload},
                                          "expect": expect, **more}))
        return len(self.steps) - 1

    def refuse(self, code, signer, kind, hours, payload, needs=(), **more):
        return self.step(signer, kind, hours, payload, needs, "rejected:" + code, **more)

    def ore(self, wet):
        return {"wet_g": wet, "moisture_ppm": self.random.randrange(15000, 60000, 1000),
                "cu_ppm": self.random.randrange(30000, 110000, 500), "status": "estimated", "method": "visual"}

    # --- the network ---
    def found(self):
        self.owner = self.party("esquema", "ngo", ["scheme_owner", "accreditation_body"])
        self.bodies = [self.party("sello", "ngo", ["assurance_body", "node_operator"]), self.party("verifica", "company", ["assurance_body"])]
        self.authority = self.party("direccion", "authority", ["authority"])
        self.carriers = [self.party("carga", "company", ["transporter"]) for _ in range(2)]
        self.smelter = self.party("fundicion", "company", ["smelter", "refinery", "node_operator"])
        self.buyer = self.party("kabel", "company", ["buyer"])
        self.plants = [self.party("planta", "company", ["processing_plant", "laboratory"] + (["node_operator"] if i == 0 else []))
                       for i in range(4)]
        self.mines = [self.party("mina", self.random.choice(("association", "cooperative", "community")), ["producer"],
                                 capacity_class=self.random.choice(("PMA", "PPM"))) for _ in range(8)]
        self.biller = self.party("factura", "company", ["aggregator", "biller"])
        self.scheme = self.name("esq")
        self.site, self.ready = {}, {}
        for owner in self.mines + self.plants + [self.smelter]:
            self.site[owner] = self.name("sitio")
            kind = "mine" if owner in self.mines else "smelter" if owner == self.smelter else "plant"
            payload = {"id": self.site[owner], "operator": owner, "kind": kind, "ubigeo": "040302"}
            if kind != "mine":
                payload["processes"] = ["smelting"] if kind == "smelter" else ["flotation"]
            self.ready[owner] = [self.step(owner, "site", 1, payload)]
        granted = [self.step(self.owner, "accreditation", 2, {"body": b, "scheme": self.scheme, "from": self.at(0), "until": self.at(9000),
                                                               "status": "granted"}) for b in self.bodies]
        self.attested = {m: self.random.random() < 0.7 for m in self.mines}
        for mine in self.mines:
            self.ready[mine].append(self.step(self.authority, "formalisation", 2, {
                "subject": mine, "scheme": "REINFO", "status": "vigente", "effective_from": self.at(-5000)}))
            if self.attested[mine]:
                self.attest(mine, "site_production", granted, {"materials": ["ore_sulphide"]})
        self.model = {p: ("segregated" if i % 2 == 0 else "mass_balance") for i, p in enumerate(self.plants)}
        for plant in self.plants:
            self.attest(plant, "chain_of_custody", granted, {"coc_models": [self.model[plant]]})
            if self.model[plant] == "mass_balance":
                self.open_account(plant, "concentrate", PLANT_CONVERSION)
        self.attest(self.smelter, "chain_of_custody", granted, {"coc_models": ["mass_balance"]})
        self.open_account(self.smelter, "blister", SMELTER_CONVERSION)
        self.refuse_attestations(granted)

    def attest(self, subject, kind, needs, more):
        number = self.step(self.random.choice(self.bodies), "attestation", 3, {
            "id": self.name("cert"), "scheme": self.scheme, "criteria": "2024", "kind": kind, "subject": subject, "sites": [self.site[subject]],
            "valid_from": self.at(3), "valid_until": self.at(9000), **more}, list(needs) + self.ready[subject][:1])
        self.ready[subject].append(number)

    def open_account(self, owner, product, conversion):
        account = self.name("cuenta")
        self.accounts[owner] = [account, 0]
        self.ready[owner].append(self.step(owner, "balance-open", 5, {
            "id": account, "site": self.site[owner], "scheme": self.scheme, "product": product, "method": "credit", "from": self.at(4),
            "until": self.at(8000), "conversion_ppm": conversion}, list(self.ready[owner])))

    def refuse_attestations(self, granted):
        plant, mine = self.plants[0], self.mines[0]
        base = {"scheme": self.scheme, "criteria": "2024", "kind": "site_production", "valid_from": self.at(3), "valid_until": self.at(900)}
        body = self.bodies[1]
        self.refuse("conflict_of_interest", body, "attestation", 4, {"id": self.name("cert"), "subject": body, "sites": [self.site[plant]], **base},
                    granted + self.ready[plant][:1])
        self.refuse("role_missing", plant, "attestation", 4, {"id": self.name("cert"), "subject": mine, "sites": [self.site[mine]], **base},
                    self.ready[mine][:1])
        self.refuse("issuer_not_accredited", body, "attestation", 9001, {"id": self.name("cert"), "subject": mine, "sites": [self.site[mine]],
                                                                          **{**base, "valid_from": self.at(9001), "valid_until": self.at(9100)}},
                    granted + self.ready[mine][:1])

    # --- lots and transfers ---
    def register(self, mine, hours):
        lot, m = self.name("L"), self.ore(self.random.randrange(4000000, 12000000, 10000))
        number = self.step(mine, "lot", hours, {"id": lot, "site": self.site[mine], "material": "ore_sulphide", "form": "bulk", "measurement": m,
                                                "extracted_from": self.at(hours - 6), "extracted_until": self.at(hours - 1)}, self.ready[mine])
        dry, cu = figures(m)
        self.lots[lot] = {"dry_g": dry, "cu_g": cu, "holder": mine, "eligible": self.attested[mine], "m": m, "last": number, "at": hours}
        return lot

    def send(self, lots, sender, to, hours, drift=True):
        """Dispatch, handover, receipt within tolerance. Returns the number of the receipt."""
        dispatch, self.waybills = self.name("D"), self.waybills + 1
        carrier = self.random.choice(self.carriers)
        lines = [{"lot": lot, "measurement": self.lots[lot]["m"]} for lot in lots]
        payload = {"id": dispatch, "lots": lines, "from_site": self.site[sender], "to": to, "to_site": self.site[to], "ownership_moves": True,
                   "carrier": carrier, "vehicle": f"V{self.random.randrange(1000):03d}", "waybill": f"T{self.waybills:07d}", "tax_deposit": "DET-1"}
        sent = self.step(sender, "dispatch", hours, payload, [self.lots[lot]["last"] for lot in lots] + self.ready[to])
        handed = self.step(carrier, "handover", hours + 1, {"dispatch": dispatch}, [sent])
        received = []
        for lot in lots:
            m = dict(self.lots[lot]["m"], status="final", method="scale")
            if drift:
                m["wet_g"] += self.random.randrange(-15000, 15000, 1000)
                m["cu_ppm"] += self.random.randrange(-300, 300, 100)
            self.lots[lot]["m"] = m
            received.append({"lot": lot, "measurement": m})
        self.tickets += 1
        arrival = {"dispatch": dispatch, "lots": received, "seals_intact": True, "ticket": f"BLC-{self.tickets:06d}"}
        number = self.step(to, "receipt", hours + 20, arrival, [handed])
        for lot in lots:
            dry, cu = figures(self.lots[lot]["m"])
            self.lots[lot].update(dry_g=dry, cu_g=cu, holder=to, last=number, at=hours + 20, state="accepted")
        self.refuse_transfers(payload, arrival, sender, sent, number, hours)
        return number

    def refuse_transfers(self, payload, arrival, sender, sent, number, hours):
        draw, stranger = self.random.random(), self.random.choice([p for p in self.plants if p not in (sender, payload["to"])])
        fresh = {"id": self.name("D"), "waybill": f"T9{sent:06d}"}
        if draw < 0.3:
            self.refuse("not_holder", sender, "dispatch", hours + 30, {**payload, **fresh}, [number])
        elif draw < 0.5:
            refused = self.refuse("not_consignee", stranger, "receipt", hours + 20, {**arrival, "ticket": f"X-{sent}"}, [sent])
            self.before(refused, number)
        elif draw < 0.7:
            refused = self.refuse("event_order", payload["to"], "receipt", hours - 1, {**arrival, "ticket": f"X-{sent}"}, [sent])
            self.before(refused, number)
        else:
            refused = self.refuse("balance_exceeded", sender, "dispatch", hours + 2, {**payload, **fresh}, [sent])
            self.before(refused, number)

    def before(self, first, second):
        needs, step = self.steps[second]
        self.steps[second] = (needs + (first,), step)

    # --- plants and the smelter ---
    def run_process(self, owner, kind, lots, hours, grade, material):
        dry_in, cu_in = (sum(self.lots[lot][k] for lot in lots) for k in ("dry_g", "cu_g"))
        share = self.random.randrange(850, 900) if kind == "flotation" else 970
        wet = cu_in * share // 1000 * 10**6 // grade
        m = {"wet_g": wet, "moisture_ppm": 0, "cu_ppm": grade, "status": "final", "method": "scale"}
        out = self.name("K")
        dry, cu = figures(m)
        rest = {"tailings": {"dry_g": dry_in - dry, "cu_g": cu_in - cu}} if kind == "flotation" else {"losses": {"dry_g": 0, "cu_g": cu_in - cu}}
        payload = {"id": self.name("B"), "site": self.site[owner], "process": kind, "outputs": [{"id": out, "material": material, "form": "bulk",
                   "measurement": m}], "inputs": [{"lot": lot, "dry_g": self.lots[lot]["dry_g"], "cu_g": self.lots[lot]["cu_g"]} for lot in lots], **rest}
        needs = [self.lots[lot]["last"] for lot in lots]
        bad = {**payload, "id": self.name("B"), "outputs": [{**payload["outputs"][0], "id": self.name("K"), "measurement": {**m, "wet_g": wet * 2}}]}
        refused = self.refuse("batch_closure", owner, "process", hours - 1, bad, needs)
        number = self.step(owner, "process", hours, payload, needs + [refused])
        for lot in lots:
            self.lots[lot]["last"] = number
            self.lots[lot]["state"] = "consumed"
        self.lots[out] = {"dry_g": dry, "cu_g": cu, "holder": owner, "m": m, "last": number, "at": hours,
                          "eligible": all(self.lots[lot]["eligible"] for lot in lots),
                          "mixed": len({bool(self.lots[lot]["eligible"]) for lot in lots}) > 1}  # then at most controlled_blending
        return out

    def certify(self, owner, lot, buyer, hours):
        """A certificate on the lot as its model allows. Returns the certified Cu and whether the claim is of the lot itself."""
        info, model = self.lots[lot], self.model.get(owner, "mass_balance")
        certificate = {"id": self.name("C"), "lot": lot, "coc_model": model, "schemes": [self.scheme], "buyer": buyer, "valid_until": self.at(90000)}
        if model == "segregated":
            if not info["eligible"]:
                code = "coc_model_upgrade" if info["mixed"] else "not_eligible"
                info["last"] = self.refuse(code, owner, "certificate", hours, {**certificate, "dry_g": info["dry_g"], "cu_g": info["cu_g"]}, [info["last"]])
                return 0, False
            dry, cu = info["dry_g"], info["cu_g"]
        else:
            balance = self.accounts[owner][1]
            cu = min(info["cu_g"], balance) * 9 // 10
            dry = cu * info["dry_g"] // info["cu_g"]
            if balance < info["cu_g"]:
                info["last"] = self.refuse("credit_exceeded", owner, "certificate", hours, {
                    **certificate, "id": self.name("C"), "dry_g": (balance + 1000) * info["dry_g"] // info["cu_g"], "cu_g": balance + 1000}, [info["last"]])
            info["last"] = self.refuse("coc_model_upgrade", owner, "certificate", hours, {
                **certificate, "id": self.name("C"), "coc_model": "segregated", "dry_g": dry, "cu_g": cu}, [info["last"]])
            if cu <= 0:
                return 0, False
            self.accounts[owner][1] -= cu
        info["last"] = self.step(owner, "certificate", hours, {**certificate, "dry_g": dry, "cu_g": cu}, [info["last"]])
        info["last"] = self.refuse("already_certified", owner, "certificate", hours + 1, {
            **certificate, "id": self.name("C"), "dry_g": info["dry_g"], "cu_g": info["cu_g"]}, [info["last"]])
        self.certificates[certificate["id"]] = {"verdict": "valid", "coc_model": model}
        return cu, model == "segregated"

    def year(self):
        self.found()
        concentrates = []
        for number, plant in enumerate(self.plants):
            start, lots = 200 + 300 * number, []
            for turn in range(self.random.randrange(2, 4)):
                mine = self.random.choice(self.mines)
                load = [self.register(mine, start + 40 * turn + i) for i in range(self.random.randrange(1, 4))]
                self.send(load, mine, plant, start + 40 * turn + 10)
                for lot in load:
                    if plant in self.accounts and self.lots[lot]["eligible"]:
                        self.accounts[plant][1] += half_even(self.lots[lot]["cu_g"], PLANT_CONVERSION, 10**6)
                lots += load
            out = self.run_process(plant, "flotation", lots, start + 150, self.random.randrange(200000, 300000, 1000), "concentrate")
            concentrates.append((out, plant, self.certify(plant, out, self.smelter, start + 160)))
        for number, (lot, plant, (cu, whole)) in enumerate(concentrates):
            self.send([lot], plant, self.smelter, 1700 + 30 * number, drift=False)
            counted = self.lots[lot]["cu_g"] if whole else cu if self.model[plant] == "mass_balance" else 0
            self.accounts[self.smelter][1] += half_even(counted, SMELTER_CONVERSION, 10**6)
        metal = self.run_process(self.smelter, "smelting", [lot for lot, _, _ in concentrates], 2100, 985000, "blister")
        self.lots[metal]["eligible"] = None  # weaker than the lot's eligibility decides: not asked
        self.certify(self.smelter, metal, self.buyer, 2110)
        self.refuse_odds()

    def refuse_odds(self):
        mine, site = self.mines[0], self.site[self.mines[0]]
        lot = {"site": site, "material": "ore_sulphide", "form": "bulk", "measurement": self.ore(500000), "extracted_from": self.at(100),
               "extracted_until": self.at(110)}
        ready = self.ready[mine]
        new = lambda **more: {"id": self.name("X"), **lot, **more}
        self.refuse("bad_signature", mine, "lot", 120, new(), ready, tamper="payload")
        self.refuse("unknown_key", mine, "lot", 120, new(), ready, tamper="key")
        self.refuse("event_too_old", mine, "lot", -120000, new(extracted_from=self.at(-120010), extracted_until=self.at(-120001)), ready)
        self.refuse("event_in_future", mine, "lot", 200000, new(), ready)
        self.refuse("role_missing", self.biller, "lot", 120, new(), ready)
        self.refuse("moisture_impossible", mine, "lot", 120, new(measurement={**self.ore(500000), "moisture_ppm": 300001}), ready)
        self.refuse("grade_impossible", mine, "lot", 120, new(measurement={**self.ore(500000), "cu_ppm": 799001}), ready)
        self.refuse("capacity_exceeded", mine, "lot", 120, new(measurement=self.ore(20000000000)), ready)
        self.refuse("unknown_reference", mine, "lot", 120, new(site=self.name("nada")), ready)

    # --- writing it down ---
    def ordered(self):
        """A random order that keeps every dependency."""
        waiting, done, order = set(range(len(self.steps))), set(), []
        while waiting:
            free = sorted(n for n in waiting if all(need in done for need in self.steps[n][0]))
            pick = self.random.choice(free[:12])
            waiting.remove(pick)
            done.add(pick)
            order.append(self.steps[pick][1])
        return order

    def document(self):
        self.year()
        lots = {}
        for lot, info in self.lots.items():
            lots[lot] = {"dry_g": info["dry_g"], "cu_g": info["cu_g"], "holder": info["holder"]}
            if info["eligible"] is not None:
                lots[lot]["eligible"] = info["eligible"]
            if "state" in info:
                lots[lot]["state"] = info["state"]
        end = {"lots": lots, "accounts": dict(self.accounts.values()), "certificates": self.certificates}
        registrar = self.name("registro")
        return {"network": self.name("red"), "parameters": {"event_age_max_days": 3650, "receipt_wet_g": self.random.choice((30000, 40000, 60000)),
                                                            "transit_flag_hours": self.random.choice((48, 96))},
                "nodes": [{"id": self.plants[0]}, {"id": self.smelter}, {"id": self.bodies[0]}], "witnesses": [], "registrar": registrar,
                "schemes": [{"id": self.scheme, "owner": self.owner}], "parties": self.parties,
                "steps": self.ordered() + [{"check": "end"}], "expectations": {"end": end}}


def falsify_step(steps, kind, rng):
    """Another outcome than the ledger's: accepted for refused and the other way round, or (kind "code") refused for another reason."""
    refused_only = kind == "code"
    number = rng.choice([i for i, s in enumerate(steps) if "expect" in s and (not refused_only or s["expect"] != "accepted")])
    step, real = steps[number], steps[number]["expect"].removeprefix("rejected:")
    wrong = "accepted" if real != "accepted" and not refused_only else "lot_on_hold"
    step["expect"] = wrong if wrong == "accepted" else "rejected:" + wrong
    return number + 1, f"{step['type']} .*: expected {wrong}, got {real}"


def falsify_certificate(certificates, kind, rng):
    name = rng.choice(sorted(certificates))
    wanted = certificates[name]
    if kind == "certificate_flags":
        wanted["flags_include"] = [*wanted.get("flags_include", []), "capacity_high"]
        return f"certificate {name} of [^ ]+: expected flag capacity_high, which is not among its flags"
    field = "coc_model" if kind == "certificate_model" else "verdict"
    real = wanted[field]
    wanted[field] = {"coc_model": "identity_preserved", "verdict": "not_valid"}[field]
    return f"certificate {name} of [^ ]+ {field}: expected {wanted[field]}, got {real}"


def falsify(document, kind, rng):
    """Makes one expectation of the kind wrong. Returns the number of the step that must be named, from 1, and what must be said of it
    (a regular expression)."""
    if kind in ("outcome", "code"):
        return falsify_step(document["steps"], kind, rng)
    end = document["expectations"]["end"]
    if kind.startswith("certificate"):
        said = falsify_certificate(end["certificates"], kind, rng)
    elif kind == "account":
        name = rng.choice(sorted(end["accounts"]))
        real = end["accounts"][name]
        end["accounts"][name] += 1
        said = f"account {name}: expected {real + 1}, got {real}"
    else:
        field = {"lot_dry": "dry_g", "lot_mass": "cu_g", "lot_eligible": "eligible", "lot_holder": "holder", "lot_state": "state"}[kind]
        lot = rng.choice(sorted(n for n, v in end["lots"].items() if field in v))
        real = end["lots"][lot][field]
        wrong = {"dry_g": lambda v: v + 1, "cu_g": lambda v: v - 1, "eligible": lambda v: not v, "holder": lambda v: document["registrar"],
                 "state": lambda v: "lost"}[field](real)
        end["lots"][lot][field] = wrong
        said = f"lot {lot} {field}: expected {str(wrong).lower()}, got {str(real).lower()}"
    return len(document["steps"]), "check end: " + said


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("seed", type=int, nargs="?")
    parser.add_argument("--falsify", choices=KINDS)
    parser.add_argument("--kinds", action="store_true")
    options = parser.parse_args()
    if options.kinds:
        print("\n".join(KINDS))
        return 0
    document = Maker(options.seed).document()
    if options.falsify:
        print(*falsify(document, options.falsify, random.Random(options.seed)), file=sys.stderr)
    json.dump(document, sys.stdout, ensure_ascii=False, indent=1)
    print()
    return 0


if __name__ == "__main__":
    sys.exit(main())
