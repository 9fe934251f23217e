"""The metal: lots, transfers, processing, accounts, certificates, recomputed from their statements.

Chain is World (standing.py) with lots. Amounts are (dry, cu) in grams; everything is an integer.
"""
from formats import need
from standing import DAY, RECOVERY, World, strength

ORES = ("ore_sulphide", "ore_oxide", "ore_mixed", "concentrate")
GONE = ("exported", "withdrawn")
RANK = {"estimated": 0, "provisional": 1, "final": 2}
GRAMS_MAX = (1 << 53) - 1


def half_even(numerator, denominator=1000000):
    quotient, rest = divmod(numerator, denominator)
    return quotient + (2 * rest > denominator or (2 * rest == denominator and quotient % 2))


def figures(m):
    dry = half_even(m["wet_g"] * (1000000 - m["moisture_ppm"]))
    return m["wet_g"], dry, half_even(dry * m["cu_ppm"])


class Chain(World):
    def __init__(self, genesis):
        super().__init__(genesis)
        self.lots, self.dispatches, self.processes, self.accounts, self.certificates = {}, {}, set(), {}, {}
        self.waybills, self.tickets, self.seals = set(), set(), set()

    # --- what several rules ask ---

    def plausible(self, material, m):
        need(m["moisture_ppm"] <= self.parameters["moisture_max_ppm"], "moisture_impossible")
        need(material not in ORES or m["cu_ppm"] <= self.parameters["ore_grade_max_ppm"], "grade_impossible")

    def held(self, s, name, site=None):
        lot = self.known(self.lots, name)
        need(lot["holder"] == s.issuer, "not_holder", name)
        need(site is None or lot["site"] == site, "not_holder", f"{name} is elsewhere")
        need(s.p["event_time"] >= max(lot["made_at"], lot["settled_at"]), "event_order", name)
        need(lot["state"] not in ("received", "disputed"), "wrong_state", name)
        need(lot["hold"] is None, "lot_on_hold", name)
        need(lot["dispatch"] is None and lot["dry"] > 0 and lot["state"] not in GONE, "balance_exceeded", name)
        return lot

    def keeps_grade(self, dry, cu, of):
        need(dry > 0, "not_conserved", "nothing drawn")
        need(abs(cu * of[0] - dry * of[1]) * 1000000 <= self.parameters["draw_grade_ppm"] * dry * of[1], "not_conserved", "another grade")

    def live(self, lot):
        return [self.certificates[name] for name in lot["certificates"] if self.certificates[name]["state"] == "live"]

    def draw(self, lot, dry, cu, by, parts=1):
        """Takes from a lot; claims over what goes must be the drawer's to take along."""
        need(dry <= lot["dry"] and cu <= lot["cu"], "balance_exceeded", lot["id"])
        self.keeps_grade(dry, cu, (lot["dry"], lot["cu"]))
        rest = lot["dry"] - dry, lot["cu"] - cu
        material_max = self.parameters["ore_grade_max_ppm"] if lot["material"] in ORES else 1000000
        need(not rest[0] or (rest[1] - parts) * 1000000 <= material_max * rest[0], "grade_impossible", lot["id"])
        self.bind(lot, rest, by)
        lot["dry"], lot["cu"] = rest
        if lot["state"] not in GONE:
            lot["state"] = "consumed" if rest[0] == 0 else "partially_consumed"

    def take_credits(self, lot, cu, whole, schemes=None):
        """The parts of a lot's credits that go along when `cu` of its `whole` copper goes: by shares; certificates' only what no longer fits."""
        together, gone, parts = {}, {}, []
        for c in lot["credits"]:
            together[c["account"], c["by_certificate"]] = together.get((c["account"], c["by_certificate"]), 0) + c["over"]
        for c in lot["credits"]:
            if schemes is not None and self.accounts[c["account"]]["scheme"] not in schemes:
                continue
            total = together[c["account"], c["by_certificate"]]
            over = half_even(cu * c["over"], max(whole, total, 1))
            if c["by_certificate"]:
                before = gone.get(c["account"], 0)
                over = max(0, min(total - (whole - cu) - before, cu - before, c["over"]))
                gone[c["account"]] = before + over
            over = min(over, c["over"])
            part = half_even(c["cu"] * over, c["over"]) if c["over"] else 0
            c["over"] -= over
            c["cu"] -= part
            if part:
                parts.append({**c, "over": over, "cu": part})
        lot["credits"] = [c for c in lot["credits"] if c["cu"]]
        return parts

    @staticmethod
    def join(credits, parts):
        for part in parts:
            same = [c for c in credits if all(c[k] == part[k] for k in ("account", "by_certificate", "lot"))]
            if same:
                same[0].update({k: same[0][k] + part[k] for k in ("cu", "over")})
            else:
                credits.append(dict(part))

    def bind(self, lot, rest, by):
        """What stays must back the live certificates that are not the drawer's own to consume."""
        for certificate in self.live(lot):
            certified = [sum(c[unit] for c in self.live(lot)) for unit in ("dry_g", "cu_g")]
            if certified[0] <= rest[0] and certified[1] <= rest[1]:
                return
            own = certificate.get("buyer", by if by != certificate["holder"] else None) == by
            need(own, "already_certified", lot["id"])
            certificate["state"] = "consumed"

    def make(self, name, material, at, by, site, amounts, **more):
        self.new(self.lots, name)
        lot = {"id": name, "material": material, "maker": by, "holder": by, "owner": by, "site": site, "made_site": site, "made_at": at,
               "settled_at": at, "accepted": amounts, "dry": amounts[1], "cu": amounts[2], "state": "registered", "dispatch": None,
               "hold": None, "offered": None, "model": "none", "schemes": {}, "sources": [], "origins": {site}, "certificates": [], "credits": [],
               "status": "estimated", "flags": set(), "moments": [at], "raised": False, "accepted_first": amounts, **more}
        self.lots[name] = lot
        return lot

    # --- origin and stock ---

    def on_lot(self, s, p, at):
        self.need_role(s, "producer")
        site = self.known(self.sites, p["site"])
        for name in p.get("producers", []):
            self.known(self.parties, name)
        self.new(self.lots, p["id"])
        need(site["operator"] == s.issuer, "not_holder")
        moments = [p["extracted_from"], p["extracted_until"], at]
        need(moments == sorted(moments), "event_order")
        formal = all(self.formalised(s.issuer, moment) for moment in moments)
        need(formal or self.parameters["unformalised_origin"] != "reject", "producer_not_formalised")
        self.plausible(p["material"], p["measurement"])
        amounts = figures(p["measurement"])
        self.capacity(s.issuer, at, amounts[1])
        attested = self.attesting("site_production", s.issuer, p["site"], moments, p["material"])
        covered, clean = (set.intersection(*({a["scheme"] for a in some if not sound or self.is_sound(a, at)} for some in attested)) for sound in (False, True))
        lot = self.make(p["id"], p["material"], at, s.issuer, p["site"], amounts, status=p["measurement"]["status"], moments=moments,
                        mine=True, statement=s)
        lot["model"] = "identity_preserved" if site["kind"] == "mine" else "none"
        lot["schemes"] = {scheme: "eligible" if scheme in clean else "under_review" for scheme in (covered if formal else ())}
        self.review(lot)

    def capacity(self, party, at, dry):
        window = self.parameters["capacity_window_days"] * DAY
        per_day = {"PMA": "pma_g_per_day", "PPM": "ppm_g_per_day", "general": None}[self.parties[party]["class"] or "PMA"]
        if per_day is None:
            return
        made = [(lot["made_at"], lot["accepted_first"][1]) for lot in self.lots.values() if lot.get("mine") and lot["maker"] == party]
        made.append((at, dry))
        heaviest = max(sum(g for when, g in made if start <= when < start + window) for start, _ in made if start <= at < start + window)
        most = self.parameters[per_day] * self.parameters["capacity_window_days"] * self.parameters["capacity_max_ppm"]
        need(heaviest * 1000000 <= most, "capacity_exceeded")

    def on_adjust(self, s, p, at):
        lot = self.held(s, p["lot"])
        need(p["cu_g"] <= 0 and not (p["dry_g"] > 0 and lot["raised"]), "not_conserved")
        need(p["dry_g"] * 1000000 <= self.parameters["adjust_dry_ppm"] * lot["accepted"][1], "not_conserved")
        need(-p["dry_g"] <= lot["dry"] and -p["cu_g"] <= lot["cu"], "balance_exceeded")
        self.bind(lot, (lot["dry"] + p["dry_g"], lot["cu"] + p["cu_g"]), None)
        self.take_credits(lot, -p["cu_g"], lot["cu"])
        lot["raised"] |= p["dry_g"] > 0
        lot["dry"], lot["cu"] = lot["dry"] + p["dry_g"], lot["cu"] + p["cu_g"]

    def on_loss(self, s, p, at):
        lot = self.held(s, p["lot"])
        whole = lot["cu"]
        self.draw(lot, p["dry_g"], p["cu_g"], None)
        self.take_credits(lot, p["cu_g"], whole)

    def on_hold(self, s, p, at):
        lot = self.known(self.lots, p["lot"])
        authority = self.has_role(s.issuer, "authority", at)
        need(authority or lot["holder"] == s.issuer, "not_holder")
        need(at >= max(lot["made_at"], lot["settled_at"]), "event_order")
        need(authority or (lot["hold"] is None and lot["dispatch"] is None), "wrong_state")
        lot["hold"] = s.issuer

    def on_release(self, s, p, at):
        lot = self.known(self.lots, p["lot"])
        need(at >= max(lot["made_at"], lot["settled_at"]), "event_order")
        need(lot["hold"] is not None, "wrong_state")
        need(lot["hold"] == s.issuer, "not_holder")
        lot["hold"] = None

    # --- splitting, blending, processing ---

    def inherit(self, lot, parents, takes):
        lot["sources"] = [(parent["id"], dry, cu) for parent, (dry, cu) in zip(parents, takes)]
        lot["origins"] = set.union(*(parent["origins"] for parent in parents))
        if any("upstream_under_review" in parent["flags"] for parent in parents):
            lot["flags"].add("upstream_under_review")

    def on_split(self, s, p, at):
        parent = self.held(s, p["lot"])
        names = [child["id"] for child in p["children"]]
        need(len(set(names)) == len(names), "duplicate_id")
        need(all(name not in self.lots for name in names), "duplicate_id")
        dry, cu = (sum(child[unit] for child in p["children"]) for unit in ("dry_g", "cu_g"))
        need(dry <= parent["dry"] and cu <= parent["cu"], "balance_exceeded")
        for child in p["children"]:
            self.keeps_grade(child["dry_g"], child["cu_g"], (parent["dry"], parent["cu"]))
        whole = parent["cu"]
        self.draw(parent, dry, cu, s.issuer, len(names))
        for child in p["children"]:
            share = (child["dry_g"], child["cu_g"])
            wet = half_even(parent["accepted"][0] * share[0], parent["accepted"][1])
            lot = self.make(child["id"], parent["material"], at, s.issuer, parent["site"], (wet, *share), status=parent["status"],
                            model=parent["model"], schemes=dict(parent["schemes"]), owner=parent["owner"], child=True,
                            raised=parent["raised"], statement=s)
            lot["credits"] = self.take_credits(parent, share[1], whole)
            whole -= share[1]
            self.inherit(lot, [parent], [share])

    def drawn(self, s, takes, site=None):
        """(lots, amounts): what blend and process take, all of one owner and at one site."""
        names = [take["lot"] for take in takes]
        need(len(set(names)) == len(names), "duplicate_id")
        lots = [self.held(s, name, site) for name in names]
        need(len({lot["owner"] for lot in lots}) == 1 and len({lot["site"] for lot in lots}) == 1, "not_holder")
        return lots, [(take["dry_g"], take["cu_g"]) for take in takes]

    def custody(self, s, p, lots, site, at):
        """(model, schemes, whether a void reaches all custody of that model): what an output of these lots may be called."""
        weakest = min((lot["model"] for lot in lots), key=strength)
        attested, sound = (self.custody_models(s.issuer, site, at, only) for only in (False, True))
        named = p.get("coc_model")
        if named is not None:
            need(strength(named) <= strength(weakest), "coc_model_upgrade")
            need(any(model == named for _, model in attested), "out_of_scope")
        site_model = named or min((model for _, model in attested), key=strength, default="none")
        model = min(weakest, site_model, key=strength)
        if len(set.union(*(lot["origins"] for lot in lots))) > 1:
            model = min(model, "segregated", key=strength)
        model, schemes = self.together(lots, model)
        if model == "none":
            return model, {}, False
        lends, clean = ({scheme for scheme, m in some if strength(m) >= strength(model)} for some in (attested, sound))
        return model, {scheme: word if scheme in clean else "under_review" for scheme, word in schemes.items() if scheme in lends}, not clean

    @staticmethod
    def review(lot, voided=False):
        if voided or "under_review" in lot["schemes"].values():
            lot["flags"].add("upstream_under_review")

    @staticmethod
    def together(lots, model):
        """What putting the lots together leaves of a model, and the schemes that all of them are eligible for."""
        shared = set.intersection(*(set(lot["schemes"]) for lot in lots))
        if set.union(*(set(lot["schemes"]) for lot in lots)) - shared:
            model = min(model, "controlled_blending", key=strength)
        review = {scheme for scheme in shared if any(lot["schemes"][scheme] == "under_review" for lot in lots)}
        return model, {scheme: "under_review" if scheme in review else "eligible" for scheme in shared}

    def on_ownership(self, s, p, at):
        """The owner offers, and the new owner signs the same."""
        lot = self.known(self.lots, p["lot"])
        for side in (p["from"], p["to"]):
            self.known(self.parties, side)
        need(s.issuer in (p["from"], p["to"]), "not_issuer")
        need(lot["owner"] == p["from"], "not_holder")
        need(at >= lot["settled_at"], "event_order")
        completes = s.issuer != p["from"]
        offered = lot["offered"] == p["to"]
        need(lot["dry"] > 0 and lot["state"] not in GONE and p["from"] != p["to"] and offered == completes, "wrong_state")
        need(lot["hold"] is None, "lot_on_hold")
        lot.update({"owner": p["to"], "offered": None} if completes else {"offered": p["to"]})

    def on_blend(self, s, p, at):
        out = p["output"]
        self.new(self.lots, out["id"])
        lots, takes = self.drawn(s, p["inputs"])
        materials = {lot["material"] for lot in lots}
        need(materials == {out["material"]} or out["material"] == "ore_mixed" and materials <= set(ORES[:3]), "not_conserved", "another material")
        for lot, take in zip(lots, takes):
            need(take[0] <= lot["dry"] and take[1] <= lot["cu"], "balance_exceeded", lot["id"])
        wet = sum(half_even(lot["accepted"][0] * dry, lot["accepted"][1]) for lot, (dry, _) in zip(lots, takes))
        amounts = wet, sum(dry for dry, _ in takes), sum(cu for _, cu in takes)
        need(max(amounts) <= GRAMS_MAX, "balance_exceeded", "more than any lot")
        status = min((lot["status"] for lot in lots), key=RANK.get)
        if "measurement" in out:
            self.plausible(out["material"], out["measurement"])
            need(RANK[out["measurement"]["status"]] >= RANK[status], "status_lowered")
            measured = figures(out["measurement"])
            off = max(abs(measured[unit] - amounts[unit]) * 1000000 - self.parameters["blend_measurement_ppm"] * amounts[unit] for unit in (1, 2))
            need(off <= 0, "not_conserved", "the measurement is of something else")
            amounts = measured[0], *amounts[1:]
        if len(set.union(*(lot["origins"] for lot in lots))) > 1:
            model, schemes, voided = self.custody(s, p, lots, lots[0]["site"], at)
        else:
            model, schemes, voided = *self.together(lots, min((lot["model"] for lot in lots), key=strength)), False
        owner, site = lots[0]["owner"], lots[0]["site"]
        raised, credits = any(lot["raised"] for lot in lots), []
        need(len({(c["account"], c["by_certificate"], c["lot"]) for lot in lots for c in lot["credits"]}) <= 512, "out_of_scope", "too many credits")
        for lot, take in zip(lots, takes):
            whole = lot["cu"]
            self.draw(lot, *take, s.issuer)
            self.join(credits, self.take_credits(lot, take[1], whole))
        lot = self.make(out["id"], out["material"], at, s.issuer, site, amounts, model=model, schemes=schemes, status=status, owner=owner,
                        processed=True, raised=raised, statement=s)
        lot["credits"] = credits
        self.inherit(lot, lots, takes)
        self.review(lot, voided)

    def on_process(self, s, p, at):
        self.need_role(s, "processing_plant", "smelter", "refinery")
        self.new(self.processes, p["id"])
        site = self.known(self.sites, p["site"])
        need(site["operator"] == s.issuer, "not_holder")
        names = [made["id"] for made in p["outputs"]]
        need(len(set(names)) == len(names) and not set(names) & set(self.lots), "duplicate_id")
        lots, takes = self.drawn(s, p["inputs"], p["site"])
        need(p["process"] in site.get("processes", []) and len(lots) * len(names) <= 1024, "out_of_scope")
        model, schemes, voided = self.custody(s, p, lots, p["site"], at)
        for made in p["outputs"]:
            self.plausible(made["material"], made["measurement"])
        for lot, take in zip(lots, takes):
            need(take[0] <= lot["dry"] and take[1] <= lot["cu"], "balance_exceeded", lot["id"])
        own = any(lot["maker"] == s.issuer and lot["sources"] for lot in lots)
        flags = self.closure(p, takes, not own and p["process"] not in ("crushing", "sorting", "blending"))
        owner = lots[0]["owner"]
        for lot, take in zip(lots, takes):
            whole = lot["cu"]
            lot["flags"] |= flags  # also of the process that used it up
            self.draw(lot, *take, s.issuer)
            if strength(model) > strength("mass_balance"):
                self.take_credits(lot, take[1], whole, set(schemes))
        for made in p["outputs"]:
            lot = self.make(made["id"], made["material"], at, s.issuer, p["site"], figures(made["measurement"]), model=model,
                            schemes=dict(schemes), status=made["measurement"]["status"], owner=owner, processed=True, statement=s)
            self.inherit(lot, lots, takes)
            lot["flags"].update(flags)
            self.review(lot, voided)
        self.processes.add(p["id"])

    def closure(self, p, takes, may_gain):
        flags = set()
        made = [figures(output["measurement"]) for output in p["outputs"]]
        for unit, field in ((0, "dry_g"), (1, "cu_g")):
            taken = sum(take[unit] for take in takes)
            out = sum(amounts[unit + 1] for amounts in made)
            if unit == 1:
                excess = self.parameters["output_excess_ppm"] if may_gain else 0
                need((out - taken) * 1000000 <= excess * taken, "batch_closure", "made of nothing")
            elif p["process"] not in ("crushing", "sorting", "flotation", "sulphidisation_flotation", "blending"):
                continue
            away = sum(p.get(part, {}).get(field, 0) for part in ("tailings", "losses"))
            off = abs(taken - out - away) * 1000000
            need(off <= self.parameters["closure_max_ppm"] * taken, "batch_closure", field)
            if off > self.parameters["closure_silent_ppm"] * taken:
                flags.add("batch_closure")
        return flags

    # --- accounts and certificates ---

    def credit(self, lot, to, site, at):
        for account in self.accounts.values():
            if account["site"] != site or account["operator"] != to or not account["from"] <= at < account["until"]:
                continue
            scheme, cu = account["scheme"], lot["accepted"][2]
            by_certificate = not (strength(lot["model"]) >= strength("segregated") and lot["schemes"].get(scheme) == "eligible")
            of_scheme = [c for c in self.live(lot) if scheme in c["schemes"]]
            named = [c for c in of_scheme if c.get("buyer") == to and c["holder"] != to and at < c["valid_until"]]
            over = cu
            if by_certificate:
                cu = over = min(cu, sum(c["cu_g"] for c in named))
            else:
                cu -= min(cu, sum(c["cu_g"] for c in of_scheme if c["holder"] == to and strength(c["coc_model"]) > strength("mass_balance")))
            booked = half_even(cu * account["conversion_ppm"])
            if booked:
                lot["credits"].append({"account": account["id"], "cu": booked, "over": over, "by_certificate": by_certificate, "lot": lot["id"]})

    def on_balance_open(self, s, p, at):
        self.new(self.accounts, p["id"])
        site = self.known(self.sites, p["site"])
        self.known(self.schemes, p["scheme"])
        need(site["operator"] == s.issuer, "not_holder")
        top = 1000000
        for process in site.get("processes", []):
            top = top * RECOVERY[process] // 1000000
        period = p["until"] - p["from"]
        need(0 < period <= self.parameters["account_period_max_days"] * DAY and p["conversion_ppm"] <= top, "out_of_scope")
        need((p["scheme"], "mass_balance") in self.custody_models(s.issuer, p["site"], at), "out_of_scope")
        same = [a for a in self.accounts.values() if (a["site"], a["scheme"]) == (p["site"], p["scheme"])]
        need(not same, "account_overlap")
        self.accounts[p["id"]] = {**p, "operator": s.issuer, "leaf": s.leaf}

    def on_certificate(self, s, p, at):
        self.new(self.certificates, p["id"])
        for scheme in p["schemes"]:
            self.known(self.schemes, scheme)
        if "buyer" in p:
            self.known(self.parties, p["buyer"])
        lot = self.held(s, p["lot"])
        need(p["valid_until"] > at, "out_of_scope", "ended before it began")
        attested = self.custody_models(s.issuer, lot["site"], at)
        need(attested and all(any(scheme == one for one, _ in attested) for scheme in p["schemes"]), "out_of_scope")
        need(strength(p["coc_model"]) <= strength(lot["model"]), "coc_model_upgrade")
        above = strength(p["coc_model"]) > strength("mass_balance")
        for scheme in p["schemes"]:
            need(not above or lot["schemes"].get(scheme) == "eligible", "not_eligible")
            need(any(one == scheme and strength(m) >= strength(p["coc_model"]) for one, m in attested), "not_eligible")
        need(p["dry_g"] <= lot["dry"] and p["cu_g"] <= lot["cu"], "balance_exceeded")
        self.keeps_grade(p["dry_g"], p["cu_g"], (lot["dry"], lot["cu"]))
        spoken = [sum(c[unit] for c in self.live(lot)) for unit in ("dry_g", "cu_g")]
        credited = any(c["over"] and self.accounts[c["account"]]["scheme"] in p["schemes"] for c in lot["credits"])
        need(not (above and credited) and p["dry_g"] + spoken[0] <= lot["dry"] and p["cu_g"] + spoken[1] <= lot["cu"], "already_certified")
        debits = [] if above else [self.debit(p, lot, scheme, at) for scheme in p["schemes"]]
        self.certificates[p["id"]] = {**p, "holder": s.issuer, "state": "live", "leaf": s.leaf, "statement": s, "site": lot["site"],
                                      "debits": [account["id"] for account in debits], "flags": set()}
        if "upstream_under_review" in lot["flags"]:
            self.certificates[p["id"]]["flags"].add("upstream_under_review")
        lot["certificates"].append(p["id"])

    def debit(self, p, lot, scheme, at):
        fitting = [a for a in self.accounts.values() if (a["site"], a["scheme"], a["product"]) == (lot["site"], scheme, lot["material"])
                   and a["from"] <= at < a["until"] and a["operator"] == p.get("holder", lot["holder"])]
        need(fitting, "no_account")
        return fitting[0]  # how much it holds is the whole ledger's to know: a file carries no account's history

    def on_certificate_status(self, s, p, at):
        held = self.known(self.certificates, p["certificate"])
        lot = self.lots[held["lot"]]
        buyer = p["status"] == "superseded" and held.get("buyer") == s.issuer and lot["holder"] == s.issuer
        need(s.issuer == held["holder"] or buyer or any(self.schemes[x] == s.issuer for x in held["schemes"]), "not_issuer")
        need(at >= held["event_time"], "event_order")
        need(held["state"] == "live" or (held["state"] == "consumed" and p["status"] == "void"), "wrong_state")
        held["state"] = p["status"]

    # --- looking back ---

    def void(self, attestation, since):
        mined = attestation["kind"] == "site_production"
        roots = [lot for lot in self.lots.values() if lot["made_site"] in attestation["sites"] and lot["maker"] == attestation["subject"]
                 and lot["made_at"] >= since and lot.get("mine" if mined else "processed")] if attestation["kind"] != "due_diligence" else []
        scheme, reached = attestation["scheme"], set()
        for lot in self.lots.values():  # in the order of making: sources come first
            sources = {source for source, _, _ in lot["sources"]}
            if lot in roots or sources & reached:
                reached.add(lot["id"])
        for name in reached:
            lot = self.lots[name]
            lot["flags"].add("upstream_under_review")
            if scheme in lot["schemes"]:
                lot["schemes"][scheme] = "under_review"
            for certificate in lot["certificates"]:
                self.certificates[certificate]["flags"].add("upstream_under_review")
        for holder in (*self.lots.values(), *(line for held in self.dispatches.values() for line in held["before"])):
            holder["credits"] = [c for c in holder["credits"] if c["by_certificate"] or c["lot"] not in reached
                                 or self.accounts[c["account"]]["scheme"] != scheme]
