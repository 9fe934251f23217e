"""Metal on the way: dispatch, handover, receipt, answers, disputes and their ends (FORMAT.md, "Transfers")."""
from formats import need
from chain import RANK, Chain, figures


class Transfers(Chain):
    def on_dispatch(self, s, p, at):
        self.new(self.dispatches, p["id"])
        self.known(self.parties, p["to"])
        self.known(self.sites, p["to_site"])
        self.known(self.sites, p["from_site"])
        if "carrier" in p:
            self.known(self.parties, p["carrier"])
        names = [line["lot"] for line in p["lots"]]
        need(len(set(names)) == len(names), "duplicate_id")
        lots = [self.held(s, name, p["from_site"]) for name in names]
        for lot, line in zip(lots, p["lots"]):
            self.plausible(lot["material"], line["measurement"])
        need(sum(line["measurement"]["wet_g"] for line in p["lots"]) <= self.parameters["payload_max_g"], "payload_exceeded")
        need((s.issuer, p["waybill"]) not in self.waybills, "duplicate_waybill")
        need(len(set(p.get("seals", []))) == len(p.get("seals", [])), "seal_in_use")
        need(not any((s.issuer, seal) in self.seals for seal in p.get("seals", [])), "seal_in_use")
        for lot in lots:
            for certificate in self.live(lot):
                need("buyer" not in certificate or certificate["buyer"] in (s.issuer, p["to"]), "already_certified")
        before = []
        for lot in lots:
            before.append({"state": lot["state"], "credits": self.take_credits(lot, lot["cu"], lot["cu"])})
            for credit in lot["credits"]:
                credit["over"] = 0
            lot.update(dispatch=p["id"], state="reserved")
        self.waybills.add((s.issuer, p["waybill"]))
        self.seals.update((s.issuer, seal) for seal in p.get("seals", []))
        self.dispatches[p["id"]] = {**p, "sender": s.issuer, "state": "sent", "departed": at, "before": before, "statement": s, "leaf": s.leaf,
                                    "proposed": None}

    def on_handover(self, s, p, at):
        held = self.known(self.dispatches, p["dispatch"])
        need(held.get("carrier") == s.issuer, "not_holder")
        need(at >= held["departed"], "event_order")
        need(held["state"] == "sent", "wrong_state")
        held.update(state="in_transit", departed=at)
        for line in held["lots"]:
            self.lots[line["lot"]]["state"] = "in_transit"

    def lines_of(self, held, p):
        """What a receipt or a resolution says of each lot, in the dispatch's order."""
        said = {line["lot"]: line["measurement"] for line in p["lots"]}
        need(len(said) == len(p["lots"]), "duplicate_id")
        need(set(said) == {line["lot"] for line in held["lots"]}, "unknown_reference")
        return [said[line["lot"]] for line in held["lots"]]

    def believable(self, held, measurements, at):
        for line, m in zip(held["lots"], measurements):
            lot = self.lots[line["lot"]]
            self.plausible(lot["material"], m)
            if self.one_interest(held["sender"], held["to"], at):
                _, dry, cu = figures(m)
                need(dry <= lot["dry"] and cu <= lot["cu"], "not_conserved")
            need(RANK[m["status"]] >= RANK[lot["status"]], "status_lowered")

    def on_receipt(self, s, p, at):
        held = self.known(self.dispatches, p["dispatch"])
        need(held["to"] == s.issuer, "not_consignee")
        measurements = self.lines_of(held, p)
        need(at >= held["departed"], "event_order")
        need(held["state"] in ("sent", "in_transit"), "wrong_state")
        self.believable(held, measurements, at)
        tickets = {(s.issuer, m.get("scale"), m.get("ticket", p.get("ticket"))) for m in measurements if m.get("ticket", p.get("ticket"))}
        need(not tickets & self.tickets, "duplicate_ticket")
        self.tickets |= tickets
        worst = max(self.difference(self.lots[line["lot"]]["material"], line["measurement"], m) for line, m in zip(held["lots"], measurements))
        held.update(received=measurements, received_at=at, receipt=s, state=("accepted", "received", "disputed")[worst])
        if worst == 0:
            self.accept(held, measurements, at)
        else:
            for line in held["lots"]:
                self.lots[line["lot"]]["state"] = held["state"]

    def assays(self, material, ppm):
        """How far two assays may lie apart."""
        named = {"concentrate": "concentrate", "cement_copper": "concentrate", "blister": "blister", "anode": "anode", "cathode": "anode"}
        if material in named:
            return self.parameters[f"assay_{named[material]}_ppm"]
        return max(self.parameters["assay_ore_ppm"], ppm * self.parameters["assay_ore_relative_ppm"] // 1000000)

    def difference(self, material, sent, got):
        """0 accepted at once, 1 waits for the sender, 2 disputed; limits included."""
        limit, dry_sent, dry_got = self.parameters, figures(sent)[1], figures(got)[1]
        wet = abs(sent["wet_g"] - got["wet_g"])
        if wet * 1000000 <= limit["receipt_wet_ppm"] * sent["wet_g"] or wet <= limit["receipt_wet_g"]:
            moist = abs(sent["moisture_ppm"] - got["moisture_ppm"]) <= limit["receipt_moisture_ppm"]
            grade = abs(sent["cu_ppm"] - got["cu_ppm"]) <= self.assays(material, sent["cu_ppm"])
            return 0 if moist and grade and abs(dry_sent - dry_got) * 1000000 <= limit["receipt_dry_ppm"] * dry_sent else 1
        return 1 if wet * 1000000 <= limit["receipt_dispute_ppm"] * sent["wet_g"] else 2

    def accept(self, held, measurements, at, state="accepted"):
        held["state"] = state
        for line, m in zip(held["lots"], measurements):
            lot = self.lots[line["lot"]]
            amounts = figures(m)
            if held["ownership_moves"] and lot["owner"] == held["sender"]:
                lot.update(owner=held["to"], offered=None)
            self.sold_on(held, lot)
            lot.update(holder=held["to"], site=held["to_site"], accepted=amounts, dry=amounts[1], cu=amounts[2], dispatch=None,
                       raised=lot["raised"] and self.one_interest(held["sender"], held["to"], at), state="accepted", settled_at=at, status=m["status"])
            self.shrink(lot)
            self.credit(lot, held["to"], held["to_site"], held["received_at"])

    def sold_on(self, held, lot):
        """The sender sells what it had bought: its claims are used."""
        for certificate in self.live(lot) if held["sender"] != held["to"] else []:
            if certificate.get("buyer") == held["sender"]:
                certificate["state"] = "consumed"

    def shrink(self, lot):
        """Claims above what was accepted give way, the newest first."""
        for certificate in reversed(self.live(lot)):
            for unit, field in (("dry", "dry_g"), ("cu", "cu_g")):
                above = sum(c[field] for c in self.live(lot)) - lot[unit]
                if above > 0:
                    certificate[field] -= min(above, certificate[field])
                    certificate["flags"].add("certified_reduced")

    def on_receipt_answer(self, s, p, at):
        held = self.known(self.dispatches, p["dispatch"])
        proposed = held["proposed"]
        need(s.issuer == held["sender"] or (proposed and s.issuer == held["to"]), "not_issuer")
        need(at >= held.get("received_at", at) and (not proposed or at >= proposed[2]), "event_order")
        need(held["state"] in ("received", "disputed"), "wrong_state")
        if p["answer"] == "dispute":
            need(s.issuer == held["sender"] or proposed, "not_issuer")
            held.update(state="disputed", proposed=None)
            for line in held["lots"]:
                self.lots[line["lot"]]["state"] = "disputed"
        elif proposed and proposed[0] != s.issuer:
            self.accept(held, proposed[1], at, "resolved")
        else:
            need(s.issuer == held["sender"], "not_issuer")
            self.accept(held, held["received"], at)

    def on_dispute_resolution(self, s, p, at):
        held = self.known(self.dispatches, p["dispatch"])
        sides = (held["sender"], held["to"])
        if p["by"] == "umpire":
            need(self.has_role(s.issuer, "laboratory", at), "role_missing")
        else:
            need(s.issuer in sides, "not_issuer")
        measurements = self.lines_of(held, p)
        need(at >= held.get("received_at", at), "event_order")
        need(held["state"] in (("disputed",) if p["by"] == "umpire" else ("received", "disputed")), "wrong_state")
        need(p["by"] != "umpire" or not any(self.related(s.issuer, side, at) for side in sides), "conflict_of_interest")
        self.believable(held, measurements, at)
        if p["by"] == "umpire":
            self.accept(held, measurements, at, "resolved")
        else:
            held["proposed"] = (s.issuer, measurements, at)

    def on_dispatch_end(self, s, p, at):
        held = self.known(self.dispatches, p["dispatch"])
        by = {"cancelled": "sender", "returned": "sender", "refused": "to", "exported": "to"}[p["outcome"]]
        need(s.issuer == held[by], "not_consignee" if by == "to" else "not_issuer")
        need(at >= held["departed"], "event_order")
        before_receipt = held["state"] in ("sent", "in_transit")
        late = p["outcome"] in ("refused", "returned") and held["state"] in ("received", "disputed")
        need(before_receipt or late, "wrong_state")
        if p["outcome"] == "exported":
            sites = [self.sites[held[side]].get("country", "PE") for side in ("from_site", "to_site")]
            need(sites[0] != sites[1], "out_of_scope")
        held["state"] = p["outcome"]
        self.seals -= {(held["sender"], seal) for seal in held.get("seals", [])}
        for line, before in zip(held["lots"], held["before"]):
            lot = self.lots[line["lot"]]
            if p["outcome"] == "exported":
                self.sold_on(held, lot)
                lot.update(holder=held["to"], site=held["to_site"], dry=0, cu=0, state="exported", dispatch=None, settled_at=at)
            else:
                lot.update(state=before["state"] if p["outcome"] == "cancelled" else "returned", dispatch=None)
                lot["credits"] += before["credits"]

    # --- what the certificate rests on ---

    def relied_on(self, certificate, chain):
        """{attestation id: moments}: those that the law counted, as they were known then."""
        found = {}

        def count(kind, party, site, moments, material, leaf):
            for moment, some in zip(moments, self.attesting(kind, party, site, moments, material, leaf)):
                for attestation in some:
                    if attestation["scheme"] in certificate["schemes"]:
                        found.setdefault(attestation["id"], []).append(moment)

        for lot in chain:
            if lot.get("mine"):
                count("site_production", lot["maker"], lot["made_site"], lot["moments"], lot["material"], lot["statement"].leaf)
            elif lot.get("processed"):
                count("chain_of_custody", lot["maker"], lot["made_site"], [lot["made_at"]], None, lot["statement"].leaf)
        s = certificate["statement"]
        count("chain_of_custody", certificate["holder"], certificate["site"], [s.p["event_time"]], None, s.leaf)
        return found

    def chain_of(self, name):
        order, seen = [name], {name}
        for at in order:
            for source, _, _ in self.lots[at]["sources"]:
                if source not in seen:
                    seen.add(source)
                    order.append(source)
        return [self.lots[name] for name in order]
