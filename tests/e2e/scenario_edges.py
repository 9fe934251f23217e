"""Scenarios whose parameters decide: each drawn limit has a step just inside and one just outside, and a check in the middle.

    Edges(seed).document()     as scenario_maker.Maker's, with more steps

A mine and lots of its own, so that no edge disturbs another. Limits are the law's words: `within` includes the limit.
"""
import json

from scenario_maker import Maker, figures

DEFAULT_WINDOW_DAYS, CAPACITY_MAX_PPM = 30, 1050000


class Edges(Maker):
    def draw_parameters(self):
        draw = self.random.choice
        return {"payload_max_g": draw((40000000, 43500000, 52000000)), "closure_max_ppm": draw((25000, 30000, 41000)),
                "receipt_wet_ppm": draw((3000, 5000, 6000)), "receipt_wet_g": draw((30000, 40000, 60000)),
                "pma_g_per_day": draw((20000000, 25000000, 31000000)), "event_age_max_days": draw((3650, 20000)),
                "transit_flag_hours": draw((48, 96))}

    def found(self):
        self.parameters = self.draw_parameters()
        super().found()
        self.mine = self.mines.pop()  # a PMA, formalised, attested; the rest of the year does not draw it
        next(party for party in self.parties if party["id"] == self.mine)["capacity_class"] = "PMA"
        if not self.attested[self.mine]:
            self.attested[self.mine] = True
            self.attest(self.mine, "site_production", [n for n, (_, s) in enumerate(self.steps) if s["type"] == "accreditation"],
                        {"materials": ["ore_sulphide"]})

    def lot_of(self, mine, wet, hours):
        """A dry lot registered with exactly this mass; its id and payload."""
        m = {"wet_g": wet, "moisture_ppm": 0, "cu_ppm": 60000, "status": "estimated", "method": "visual"}
        return self.name("L"), m, {"site": self.site[mine], "material": "ore_sulphide", "form": "bulk", "measurement": m,
                                   "extracted_from": self.at(hours - 6), "extracted_until": self.at(hours - 1)}

    def keep(self, lot, m, holder, number, hours):
        dry, cu = figures(m)
        self.lots[lot] = {"dry_g": dry, "cu_g": cu, "holder": holder, "eligible": True, "m": m, "last": number, "at": hours}

    def capacity_edge(self, mine):
        limit = self.parameters["pma_g_per_day"] * DEFAULT_WINDOW_DAYS * CAPACITY_MAX_PPM // 10**6
        hours = 5000  # far from everything else that the mine produced
        lot, m, payload = self.lot_of(mine, limit + 1, hours)
        outside = self.refuse("capacity_exceeded", mine, "lot", hours, {"id": lot, **payload}, self.ready[mine])
        lot, m, payload = self.lot_of(mine, limit, hours)
        self.keep(lot, m, mine, self.step(mine, "lot", hours, {"id": lot, **payload}, self.ready[mine] + [outside]), hours)

    def payload_edge(self, mine, plant):
        """Two lots that fill one truck to the gram, and one gram more."""
        hours, most = 6500, self.parameters["payload_max_g"]
        lots, lines = [], []
        for wet in (most - 9000000, 9000000):
            lot, m, payload = self.lot_of(mine, wet, hours)
            self.keep(lot, m, mine, self.step(mine, "lot", hours, {"id": lot, **payload}, self.ready[mine]), hours)
            lots.append(lot)
            lines.append({"lot": lot, "measurement": m})
        more = [lines[0], {"lot": lots[1], "measurement": {**lines[1]["measurement"], "wet_g": 9000001}}]
        for number, (weighed, expect) in enumerate(((more, "rejected:payload_exceeded"), (lines, "accepted"))):
            self.waybills += 1
            needs = [self.lots[lot]["last"] for lot in lots] + self.ready[plant]
            done = self.step(mine, "dispatch", hours + 5 + number, {
                "id": self.name("D"), "lots": weighed, "from_site": self.site[mine], "to": plant, "to_site": self.site[plant],
                "ownership_moves": True, "carrier": self.carriers[0], "vehicle": "V900", "waybill": f"T8{self.waybills:06d}",
                "tax_deposit": "DET-1"}, needs, expect)
            for lot in lots:
                self.lots[lot]["last"] = done

    def receipt_edges(self, mine, plant):
        """Weighed off by exactly the tolerance: taken over. By a gram more: the sender is asked, and the lot stays the mine's."""
        for hours, beyond in ((7000, 0), (7100, 1)):
            wet = 12000000
            off = max(self.parameters["receipt_wet_g"], wet * self.parameters["receipt_wet_ppm"] // 10**6) + beyond
            lot, m, payload = self.lot_of(mine, wet, hours)
            made = self.step(mine, "lot", hours, {"id": lot, **payload}, self.ready[mine])
            self.keep(lot, m, mine, made, hours)
            dispatch, self.waybills = self.name("D"), self.waybills + 1
            sent = self.step(mine, "dispatch", hours + 5, {
                "id": dispatch, "lots": [{"lot": lot, "measurement": m}], "from_site": self.site[mine], "to": plant, "to_site": self.site[plant],
                "ownership_moves": True, "carrier": self.carriers[0], "vehicle": "V901", "waybill": f"T8{self.waybills:06d}",
                "tax_deposit": "DET-1"}, [made] + self.ready[plant])
            handed = self.step(self.carriers[0], "handover", hours + 6, {"dispatch": dispatch}, [sent])
            weighed = {**m, "wet_g": wet - off, "status": "final", "method": "scale"}
            done = self.step(plant, "receipt", hours + 20, {"dispatch": dispatch, "lots": [{"lot": lot, "measurement": weighed}],
                                                            "seals_intact": True, "ticket": f"BLE-{hours}"}, [handed])
            if beyond:
                self.lots[lot].update(last=done, eligible=False)  # its mine is revoked by then, see void()
                continue
            self.keep(lot, weighed, plant, done, hours + 20)
            self.lots[lot]["state"] = "accepted"
            self.closure_edge(plant, lot, hours + 60)

    def closure_edge(self, plant, lot, hours):
        """The dry mass that is not accounted for: exactly the limit, and a gram more."""
        info = self.lots[lot]
        gap = info["dry_g"] * self.parameters["closure_max_ppm"] // 10**6
        grade = 250000
        m = {"wet_g": info["cu_g"] * 870 // 1000 * 10**6 // grade, "moisture_ppm": 0, "cu_ppm": grade, "status": "final", "method": "scale"}
        dry, cu = figures(m)
        for missing, expect in ((gap + 1, "rejected:batch_closure"), (gap, "accepted")):
            out = self.name("K")
            info["last"] = self.step(plant, "process", hours, {
                "id": self.name("B"), "site": self.site[plant], "process": "flotation", "inputs": [{"lot": lot, "dry_g": info["dry_g"],
                "cu_g": info["cu_g"]}], "outputs": [{"id": out, "material": "concentrate", "form": "bulk", "measurement": m}],
                "tailings": {"dry_g": info["dry_g"] - dry - missing, "cu_g": info["cu_g"] - cu}}, [info["last"]], expect)
        info["state"] = "consumed"
        self.lots[out] = {"dry_g": dry, "cu_g": cu, "holder": plant, "eligible": info["eligible"], "m": m, "last": info["last"], "at": hours}
        self.void(plant, lot, out, hours + 10)

    def void(self, plant, lot, out, hours):
        """The certified concentrate's mine loses its attestation from before the ore: the certificate stays, under a flag."""
        self.certify(plant, out, self.smelter, hours)
        certificate = next(reversed(self.certificates))
        attested, by = next((step["payload"], step["as"]) for _, step in self.steps
                            if step["type"] == "attestation" and step["payload"]["subject"] == self.mine and step["expect"] == "accepted")
        self.step(by, "attestation-status", hours + 20, {
            "attestation": attested["id"], "status": "revoked", "reason": "fraud", "effective_from": self.at(hours + 19),
            "void_from": self.at(6900)}, [self.lots[out]["last"]])
        self.certificates[certificate].update(verdict="valid_with_flags", flags_include=["upstream_under_review"])
        self.lots[lot]["eligible"] = self.lots[out]["eligible"] = False

    def age_edge(self, mine):
        """History of 2011: too old, or young enough to meet the next rule (nobody had a role then)."""
        lot, _, payload = self.lot_of(mine, 500000, -120000)
        code = "event_too_old" if self.parameters["event_age_max_days"] == 3650 else "role_missing"
        self.refuse(code, mine, "lot", -120000, {"id": lot, **payload}, self.ready[mine])

    def refuse_odds(self):
        super().refuse_odds()
        old = next(step for _, step in self.steps if step["expect"] == "rejected:event_too_old")
        if self.parameters["event_age_max_days"] != 3650:
            old["expect"] = "rejected:role_missing"
        mine, plant = self.mine, self.plants[0]
        self.capacity_edge(mine)
        self.payload_edge(mine, plant)
        self.receipt_edges(mine, plant)
        self.age_edge(mine)

    def untouched(self, steps):
        """What lots must be there that these steps registered and did not touch since."""
        wanted = {}
        for step in steps:
            payload = step["payload"]
            if step["type"] == "lot" and step["expect"] == "accepted":
                dry, cu = figures(payload["measurement"])
                wanted[payload["id"]] = {"dry_g": dry, "cu_g": cu, "holder": step["as"]}
                if step["as"] != self.mine:  # whose standing changes under way
                    wanted[payload["id"]]["eligible"] = self.attested[step["as"]]
            elif step["expect"] == "accepted":
                said = json.dumps(payload)
                wanted = {lot: kept for lot, kept in wanted.items() if f'"{lot}"' not in said}
        return wanted

    def middle_check(self, steps):
        """A place in the order where there is something to look at, and what."""
        places = [place for place in range(len(steps) // 4, 3 * len(steps) // 4) if len(self.untouched(steps[:place])) >= 2]
        place = self.random.choice(places)
        return place, {"lots": self.untouched(steps[:place])}

    def document(self):
        made = super().document()
        made["parameters"] = self.parameters
        place, wanted = self.middle_check(made["steps"][:-1])
        made["steps"].insert(place, {"check": "middle"})
        made["expectations"]["middle"] = wanted
        return made
