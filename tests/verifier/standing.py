"""Who may say what: the parties, keys, offices, sites and attestations that a file's statements make.

World replays statements in the order of their leaves (FORMAT.md, "What is recomputed"). A rule that does not hold
raises Refused with the law's code. What this verifier has no rule for raises Undecided("beyond"): no answer is not a yes.
"""
from formats import Refused, Undecided, need, thumbprint

DAY = 86400000
DEFAULTS = {
    "event_ahead_max_ms": 600000, "receipt_wet_ppm": 5000, "receipt_wet_g": 40000, "receipt_moisture_ppm": 5000, "receipt_dry_ppm": 7500,
    "receipt_dispute_ppm": 20000, "blend_measurement_ppm": 20000, "closure_silent_ppm": 20000, "closure_max_ppm": 30000, "output_excess_ppm": 5000, "draw_grade_ppm": 5000,
    "assay_concentrate_ppm": 2500, "assay_ore_ppm": 2000, "assay_ore_relative_ppm": 30000, "assay_blister_ppm": 1000, "assay_anode_ppm": 1000, "adjust_dry_ppm": 7500, "payload_max_g": 40000000, "capacity_window_days": 30, "capacity_max_ppm": 1050000, "pma_g_per_day": 25000000,
    "ppm_g_per_day": 350000000, "ore_grade_max_ppm": 799000, "moisture_max_ppm": 300000, "attestation_max_days": 1187,
    "suspension_revokes_after_days": 183, "account_period_max_days": 366, "unformalised_origin": "reject", "law_version": 1}
MODELS = ("none", "book_and_claim", "mass_balance", "controlled_blending", "segregated", "identity_preserved")  # the weakest first
RECOVERY = {"flotation": 940000, "sulphidisation_flotation": 940000, "leach_cementation": 920000, "leach_sxew": 950000, "smelting": 985000,
            "electrorefining": 999500, "crushing": 1000000, "sorting": 1000000, "blending": 1000000}
GOVERNANCE = ("correction", "node", "vote", "parameter-proposal", "balance-close")


def strength(model):
    return MODELS.index(model)


def within(moment, start, end):
    return start <= moment and (end is None or moment < end)


class World:
    def __init__(self, genesis):
        self.parameters = {**DEFAULTS, **genesis["parameters"]}
        if self.parameters["law_version"] != 1:
            raise Undecided("newer", "a law of a later release")
        self.keys, self.taken, self.roles, self.parties = {}, set(), {}, {}
        self.sites, self.attestations, self.accreditations, self.formalisations, self.relations = {}, {}, [], {}, []
        self.schemes = {scheme["id"]: scheme["owner"] for scheme in genesis["schemes"]}
        for node in genesis["nodes"]:
            self.taken.update(node["keys"].values())
        self.taken.update(witness["key"] for witness in genesis.get("witnesses", []))
        registrar = genesis["registrar"]
        self.parties[registrar["id"]] = {"class": None, "leaf": 0}
        self.add_key(registrar["id"], registrar["key"])
        self.roles[registrar["id"], "registrar"] = [(float("-inf"), None)]  # its office is older than the ledger
        self.supports, self.offices, self.devices, self.seen = {}, {}, {}, set()

    def add_key(self, party, public):
        need(public not in self.taken, "duplicate_id", "a key that is taken")
        self.taken.add(public)
        self.keys[thumbprint(public)] = {"party": party, "public": public, "state": "active", "compromised": None}

    # --- every statement ---

    def authenticate(self, s, newest):
        key = self.keys.get(s.kid)
        need(key and key["party"] == s.issuer and key["state"] == "active", "unknown_key", s.issuer, s.leaf)
        need(s.signed_by(key["public"]), "bad_signature", s.issuer, s.leaf)
        need(s.p["event_time"] <= newest + 60000 + self.parameters["event_ahead_max_ms"], "event_in_future", "", s.leaf)
        if "device" in s.p and "device_seq" in s.p:
            last = self.devices.get((s.issuer, s.p["device"]), -1)
            need(s.p["device_seq"] > last, "device_sequence")
            self.devices[s.issuer, s.p["device"]] = s.p["device_seq"]

    def apply(self, s):
        """Judges a statement and takes its effects; the rule's method has the type's name."""
        if s.type in GOVERNANCE:
            raise Undecided("newer" if s.type == "balance-close" else "beyond", s.type, s.leaf)
        getattr(self, "on_" + s.type.replace("-", "_"))(s, s.p, s.p["event_time"])

    def has_role(self, party, role, moment):
        return any(within(moment, *held) for held in self.roles.get((party, role), []))

    def need_role(self, s, *roles):
        need(any(self.has_role(s.issuer, role, s.p["event_time"]) for role in roles), "role_missing", roles[0])

    def known(self, where, name):
        need(name in where, "unknown_reference", name)
        return where[name]

    def new(self, where, name):
        need(name not in where, "duplicate_id", name)

    def related(self, one, other, moment):
        pair = {one, other}
        return one == other or any({r["party"], r["other"]} == pair and within(moment, r["from"], r.get("until")) for r in self.relations)

    def one_interest(self, one, other, moment):
        pair = {one, other}
        return one == other or any({r["party"], r["other"]} == pair and r["kind"] in ("owns", "controls")
                                   and within(moment, r["from"], r.get("until")) for r in self.relations)

    # --- parties ---

    def on_party(self, s, p, at):
        self.need_role(s, "registrar")
        self.new(self.parties, p["id"])
        for public in p["keys"]:
            self.add_key(p["id"], public)
        self.parties[p["id"]] = {"class": p.get("capacity_class"), "leaf": s.leaf, "kind": p["kind"]}
        for role in p["roles"]:
            self.roles[p["id"], role] = [(at, None)]
        self.offices.setdefault(p["id"], []).append(s)

    def on_party_update(self, s, p, at):
        need("name" not in p or self.parties.get(p["party"], {}).get("kind") != "person", "malformed", "a person in clear")
        self.need_role(s, "registrar")
        self.known(self.parties, p["party"])["class"] = p.get("capacity_class", self.parties[p["party"]]["class"])

    def on_role_grant(self, s, p, at):
        self.need_role(s, "registrar")
        self.known(self.parties, p["party"])
        need(p.get("until", p["from"]) >= p["from"], "event_order")
        self.roles.setdefault((p["party"], p["role"]), []).append((p["from"], p.get("until")))
        self.offices.setdefault(p["party"], []).append(s)

    def on_role_revoke(self, s, p, at):
        self.need_role(s, "registrar")
        self.known(self.parties, p["party"])
        held = self.roles.get((p["party"], p["role"]), [])
        cut = [(a, p["from"] if b is None or b > p["from"] else b) for a, b in held if a < p["from"]]
        need(cut != held, "wrong_state", "a role that is not held")
        self.roles[p["party"], p["role"]] = cut

    def own_key(self, s, party, public):
        self.known(self.parties, party)
        key = self.keys.get(thumbprint(public))
        need(key and key["party"] == party, "unknown_reference", "a key of nobody")
        if s.issuer != party:
            need(self.has_role(s.issuer, "registrar", s.p["event_time"]), "not_issuer")
        return key

    def on_key_rotate(self, s, p, at):
        key = self.own_key(s, p["party"], p["old"])
        need(key["state"] == "active" or s.issuer != p["party"], "wrong_state", "not an active key")
        self.add_key(p["party"], p["new"])
        if key["state"] == "active":
            key["state"] = "rotated"

    def on_key_revoke(self, s, p, at):
        key = self.own_key(s, p["party"], p["key"])
        need(key["state"] != "revoked", "wrong_state", "a key revoked before")
        key.update(state="revoked", compromised=p.get("compromised_since"))

    def on_relation(self, s, p, at):
        for side in (p["party"], p["other"]):
            self.known(self.parties, side)
        need(s.issuer in (p["party"], p["other"]) or self.has_role(s.issuer, "registrar", at), "not_issuer")
        need(p.get("until", p["from"]) >= p["from"], "event_order")
        replaced = [r for r in self.relations if all(r[k] == p[k] for k in ("party", "other", "kind", "from"))]
        if replaced:
            raise Undecided("beyond", "a relation declared again")
        self.relations.append(p)

    def on_countersign(self, s, p, at):
        self.need_role(s, "authority", "registrar", "auditor")
        self.supports.setdefault(p["of"], set()).add(s.issuer)

    def on_document(self, s, p, at):
        need(p["digest"] not in self.seen, "duplicate_id", "a document")
        self.seen.add(p["digest"])

    # --- sites and offices ---

    def on_site(self, s, p, at):
        self.new(self.sites, p["id"])
        self.known(self.parties, p["operator"])
        need(s.issuer == p["operator"] or self.has_role(s.issuer, "registrar", at), "not_issuer")
        if "concession_holder" in p:
            self.known(self.parties, p["concession_holder"])
        self.sites[p["id"]] = {**p, "leaf": s.leaf}

    def on_formalisation(self, s, p, at):
        self.need_role(s, "authority")
        self.known(self.parties, p["subject"])
        self.formalisations.setdefault(p["subject"], []).append({**p, "leaf": s.leaf})

    def formalised(self, party, moment):
        past = [(p["effective_from"], p["leaf"], p["status"]) for p in self.formalisations.get(party, []) if p["effective_from"] <= moment]
        return bool(past) and max(past)[2] in ("vigente", "reincorporado", "formalizado")

    def on_accreditation(self, s, p, at):
        self.known(self.parties, p["body"])
        if s.issuer != self.known(self.schemes, p["scheme"]):  # an owner is one by the genesis, at all times
            self.need_role(s, "accreditation_body")
        need(p["until"] >= p["from"], "event_order")
        self.accreditations.append({**p, "leaf": s.leaf})
        self.offices.setdefault(p["body"], []).append(s)

    def accredited(self, body, scheme, moment):
        """Of those that contain the moment the one that began last counts."""
        held = [(a["from"], a["leaf"], a["status"]) for a in self.accreditations
                if (a["body"], a["scheme"]) == (body, scheme) and a["from"] <= moment < a["until"]]
        return bool(held) and max(held)[2] == "granted"

    # --- attestations ---

    def on_attestation(self, s, p, at):
        self.need_role(s, "assurance_body")
        self.new(self.attestations, p["id"])
        self.known(self.schemes, p["scheme"])
        self.known(self.parties, p["subject"])
        need(not self.related(s.issuer, p["subject"], at), "conflict_of_interest")
        need(p["valid_until"] >= p["valid_from"], "event_order")
        need(self.accredited(s.issuer, p["scheme"], at), "issuer_not_accredited")
        for name in p["sites"]:
            need(name in self.sites, "out_of_scope", name)
            need(not self.related(s.issuer, self.sites[name]["operator"], at), "conflict_of_interest")
            need(self.sites[name]["operator"] == p["subject"], "out_of_scope", "another's site")
        need(p["valid_until"] - p["valid_from"] <= self.parameters["attestation_max_days"] * DAY, "out_of_scope", "too long")
        self.attestations[p["id"]] = {**p, "body": s.issuer, "changes": [], "statement": s}

    def on_attestation_status(self, s, p, at):
        held = self.known(self.attestations, p["attestation"])
        need(s.issuer in (held["body"], self.schemes[held["scheme"]]), "not_issuer")
        issued = held["statement"].p["event_time"]
        need(at >= issued and p["effective_from"] >= issued, "event_order")
        final = [c for c in held["changes"] if c["status"] in ("revoked", "withdrawn")]
        voids = "void_from" in p
        need(not voids or p["status"] == "revoked", "wrong_state")
        if final:
            need(voids and final[-1]["status"] == "revoked" and not any("void_from" in c for c in final), "wrong_state")
        suspended = self.standing(held, p["effective_from"], valid=False) == "suspended"
        need({"suspended": not suspended, "reinstated": suspended}.get(p["status"], True), "wrong_state")
        held["changes"].append({**p, "leaf": s.leaf})
        if voids:
            self.void(held, p["void_from"])

    def void(self, attestation, since):
        """What chain.py's lots make of a void."""

    def standing(self, held, moment, below=None, valid=True):
        """in_force, suspended, revoked, withdrawn, expired or not_yet, as known to the leaves below `below`."""
        changes = [c for c in held["changes"] if below is None or c["leaf"] < below]
        past = sorted((c["effective_from"], c["leaf"], c["status"]) for c in changes if c["effective_from"] <= moment)
        lasts, since = self.parameters["suspension_revokes_after_days"] * DAY, None
        for effective, _, status in [*past, (moment, None, "asked")]:
            if status == "withdrawn":
                return status
            if status == "revoked" or since is not None and since + lasts <= effective:
                return "revoked"  # a later law may have ended a suspension that was lifted
            since = {"suspended": effective if since is None else since, "reinstated": None}.get(status, since)
        if since is not None:
            return "suspended"
        if not valid or within(moment, held["valid_from"], held["valid_until"]):
            return "in_force"
        return "not_yet" if moment < held["valid_from"] else "expired"

    def attesting(self, kind, subject, site, moments, material=None, below=None):
        """For each moment, the attestations of that kind that were in force for the subject at the site."""
        fitting = [a for a in self.attestations.values() if (a["kind"], a["subject"]) == (kind, subject) and site in a["sites"]
                   and (material is None or material in a.get("materials", [material]))
                   and (below is None or a["statement"].leaf < below)]
        return [[a for a in fitting if self.standing(a, moment, below) == "in_force"] for moment in moments]

    @staticmethod
    def is_sound(attestation, moment):
        """Whether no void that is known reaches the moment."""
        return not any(c.get("void_from", moment + 1) <= moment for c in attestation["changes"])

    def custody_models(self, party, site, moment, sound=True):
        """What the site is attested for, as (scheme, model); without what a void reaches, or with it."""
        found = [a for a in self.attesting("chain_of_custody", party, site, [moment])[0] if not sound or self.is_sound(a, moment)]
        return {(a["scheme"], m) for a in found for m in a.get("coc_models", [])}


def refuse(code, message="", leaf=None):
    raise Refused(code, message, leaf)
