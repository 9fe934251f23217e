#!/usr/bin/env python3
"""A second verifier of certificate files, written from storage/ledger/FORMAT.md and not from Anta's C++.

    verify.py FILE POLICY NOW_MS [--told]      prints a verdict and its codes; --told: require_state is false

verify() answers (verdict, [codes]) as verify_certificate of storage/ledger/verify.h does: valid, valid_with_flags,
not_valid or cannot_evaluate. What it has no rule for (corrections, amendments, nodes, a relation declared again) is
cannot_evaluate with the code `beyond`.
"""
import re
import sys

import formats
import shapes
import summary
from formats import Refused, Undecided, need
from transfers import Transfers

DEAD = ("superseded", "void", "withdrawn")
AMENDMENTS, STANDING = ("parameter", "amendments"), ("parameter", "suspension_revokes_after_days")
OFFICES = ("party", "party-update", "role-grant", "accreditation", "formalisation")


def verify(raw, policy_text, now, **assertions):
    """now in milliseconds. Assertions: genesis (its digest), max_age (seconds), require_state (default true); lists: schemes, issuers, models;
    certificate, buyer."""
    try:
        flags = Judgement(raw, policy_text, now, assertions).flags
        return ("valid_with_flags" if flags else "valid"), sorted(flags)
    except Undecided as undecided:
        return "cannot_evaluate", [undecided.code]
    except Refused as refused:
        return "not_valid", [refused.code]


class Judgement:
    def __init__(self, raw, policy_text, now, assertions):
        self.file = formats.File(raw)
        if policy_text is None:
            raise Undecided("no_policy")
        policy = formats.Policy(policy_text)
        note = formats.Note(self.file.note)
        origin, self.size, self.root = note.checkpoint()
        times = note.cosigned(policy, now // 1000)
        if policy.quorum is None or not policy.met(times):
            raise Undecided("no_quorum")
        self.seconds = max(t for t in times.values() if policy.met({name for name, own in times.items() if own >= t}))
        self.newest = max(times.values()) * 1000
        if self.file.summary is not None:
            summary.judge(self, origin, now, assertions)  # never a yes
        if self.file.state is not None:
            self.check_state_field()
        self.replay(origin)
        self.judge_claim(now, assertions)
        missing = self.judge_state()  # what it refuses is refused whatever the age
        if assertions.get("max_age") is not None and now // 1000 - self.seconds > assertions["max_age"]:
            raise Undecided("stale")
        if missing and (self.file.state is not None or assertions.get("require_state", True)):
            raise Undecided("state_not_proven", str(missing))
        if self.file.state is not None and self.untold:
            raise Undecided("evidence_incomplete", self.untold[0])
        self.flags |= self.told_flags()

    # --- the evidence ---

    def replay(self, origin):
        file, size, root = self.file, self.size, self.root
        if file.base:
            need(0 < file.base[0] < size, "consistency")
            formats.check_consistency(file.base[0], size, file.base[2], file.base[1], root)
            size, root = file.base[:2]
        formats.check_inclusion(file.genesis, 0, size, file.genesis_path, root)
        genesis = formats.decode(file.genesis, "genesis_malformed")
        self.check_genesis(genesis, origin)
        proven = sorted(file.evidence + file.authority, key=lambda item: item[0])
        need(len({item[0] for item in proven}) == len(proven), "duplicate_leaf")
        for leaf, raw, path in proven:
            formats.check_inclusion(raw, leaf, size, path, root)
        self.world = Transfers(genesis)
        self.statements, digests, commitments = [], set(), set()
        for leaf, raw, _ in proven:
            s = formats.Statement(leaf, raw)
            need(s.digest not in digests, "duplicate_leaf", "one statement twice", leaf)
            digests.add(s.digest)
            if s.type not in shapes.TYPES:
                raise Undecided("newer", s.type, leaf)
            shapes.check(s.p, shapes.RULES[s.type])
            shapes.check_limits(s.type, s.p)
            need(s.subject == shapes.subject_of(s.type, s.p), "malformed", "another subject", leaf)
            shapes.check(s.issuer, shapes.RULES["id"])
            self.world.authenticate(s, self.newest)
            self.world.apply(s)
            self.statements.append(s)
            commitments.update(s.p[name] for name in ("name_commitment", "tax_id_commitment") if name in s.p)
            if s.type == "dispatch" and re.fullmatch("[0-9a-f]{64}", s.p.get("vehicle", "")):
                commitments.add(bytes.fromhex(s.p["vehicle"]))
        for opening in file.disclosures:
            need(formats.sha256(opening) in commitments, "disclosure_unmatched")

    @staticmethod
    def check_asserted(certificate, assertions):
        check_asserted(certificate, assertions)

    def check_genesis(self, genesis, origin):
        check_genesis(genesis, origin)
        self.genesis_digest = formats.sha256(self.file.genesis)
        self.created = genesis["created"]

    # --- the claim ---

    def judge_claim(self, now, assertions):
        need(self.file.subject in self.world.certificates, "certificate_missing")
        self.certificate = self.world.certificates[self.file.subject]
        need(assertions.get("genesis") in (None, self.genesis_digest), "other_network")
        check_asserted(self.certificate, assertions)
        need(self.certificate["state"] not in DEAD, "certificate_not_live")
        need(self.certificate["valid_until"] > now, "certificate_expired")
        self.chain = self.world.chain_of(self.certificate["lot"])
        self.relied = self.world.relied_on(self.certificate, self.chain)
        self.flags = set()

    def told_flags(self):
        """What the evidence itself tells of the chain."""
        moving = {"upstream_under_review", "batch_closure"}
        flags = {flag for lot in self.chain for flag in lot["flags"] & moving} | self.certificate["flags"] & moving
        names = {lot["id"] for lot in self.chain}
        for held in self.world.dispatches.values():
            if held["state"] == "disputed" and names & {line["lot"] for line in held["lots"]}:
                flags.add("upstream_disputed")
        for name, moments in self.relied.items():
            flags |= self.standing_flags(self.world.attestations[name], moments)
        return flags | self.compromised()

    def standing_flags(self, attestation, moments):
        """As of the checkpoint, and with hindsight at the moments it was counted for."""
        words = {self.world.standing(attestation, moment) for moment in [*moments, self.seconds * 1000]}
        flags = {"upstream_suspended"} if "suspended" in words else set()
        return flags | ({"upstream_revoked"} if words & {"revoked", "withdrawn"} else set())

    def counting(self):
        """The statements that the verdict rests on: of the chain's lots and sites, the certificate, the attestations relied on, and the
        offices of the parties behind them."""
        sites = {lot["made_site"] for lot in self.chain} | {self.certificate["site"]}
        lots = {lot["id"] for lot in self.chain}
        about = lots | sites | set(self.relied) | {self.certificate["id"]}
        about |= {name for name, held in self.world.dispatches.items() if lots & {line["lot"] for line in held["lots"]}}
        parties = {self.world.sites[site]["operator"] for site in sites} | {lot["maker"] for lot in self.chain} | {self.certificate["holder"]}
        parties |= {self.world.attestations[name]["body"] for name in self.relied}
        return [s for s in self.statements if (s.subject in parties if s.type in OFFICES else about & mentioned(s.p))]

    def compromised(self):
        """Whether a key was given away before one of them was signed with it."""
        since = [(s.p["event_time"], self.world.keys[s.kid]["compromised"]) for s in self.counting()]
        return {"key_compromised"} if any(when is not None and at >= when for at, when in since) else set()

    # --- the state ---

    def judge_state(self):
        """Checks field 5 and takes over what it proves; answers the keys that are needed and not there."""
        self.untold = []
        accounts = self.debited()
        needed = {("certificate", self.file.subject)} | {("lot", lot["id"]) for lot in self.chain}
        needed |= {("attestation", name) for name in self.relied} | {("account", name) for name in accounts}
        needed |= {("formalisation", lot["maker"]) for lot in self.chain if lot.get("mine")}
        needed |= {("key", s.kid.hex()) for s in self.counting()}
        relied = [self.world.attestations[name] for name in self.relied]
        needed |= {("accreditation", f"{held['body']}/{held['scheme']}") for held in relied}
        if self.file.state is None:
            return needed
        needed |= self.judge_law()
        for kind, name, value, _, _ in self.file.records:
            if (kind, name) in needed and kind != "parameter":
                need(value is not None, "state_contradicts", name)
                self.take_over(kind, name, formats.decode(value, "state_proof"))
                needed.discard((kind, name))
        return needed

    def debited(self):
        """The accounts that the certificate's own debits name, as it is proven, or else as the evidence made it."""
        proven = next((value for kind, name, value, _, _ in self.file.records if (kind, name) == ("certificate", self.file.subject)), None)
        if self.file.state is None or proven is None:
            return set(self.certificate["debits"])
        record = formats.decode(proven, "state_record")
        names = {debit["account"] for debit in record["debits"]}
        if record["site"] != self.certificate["site"]:
            self.untold.append("how the lot came to where it was certified")
        self.untold += [name for name in names if self.world.accounts.get(name, {}).get("site") != self.certificate["site"]]
        return names

    def judge_law(self):
        """The law's amendments against the evidence, which has none here (they are `beyond`); answers what is needed besides. What was
        amended after the evidence's tree matters for the standing at the checkpoint alone."""
        records = {(kind, name): self.read_parameter(value) for kind, name, value, _, _ in self.file.records if kind == "parameter"}
        tree = self.file.base[0] if self.file.base else self.size
        if AMENDMENTS not in records:
            return {AMENDMENTS}
        leaves = [leaf for leaf, _ in records[AMENDMENTS]]
        need(all(type(leaf) is int and leaf >= tree for leaf in leaves), "law_differs", "an amendment that the evidence does not hold")
        if STANDING in records:
            held, own = records[STANDING], self.world.parameters[STANDING[1]]
            lawful = held and held[0] == (own, self.created) and (leaves or len(held) == 1)
            need(lawful and all(type(value) is int and 1 <= value <= 36525 for value, _ in held), "law_differs", STANDING[1])
            past = [(since, order, value) for order, (value, since) in enumerate(held) if since <= self.seconds * 1000]
            self.world.parameters[STANDING[1]] = max(past)[2] if past else own
        return ({AMENDMENTS, STANDING} if leaves else {AMENDMENTS}) - set(records)

    @staticmethod
    def read_parameter(value):
        if value is None:
            return []
        record = formats.decode(value, "state_record")
        need(isinstance(record, dict) and set(record) == {"by", "flags", "entries"} and isinstance(record["entries"], list), "state_record")
        for entry in record["entries"]:
            need(isinstance(entry, dict) and set(entry) == {"value", "effective_from"}, "state_record")
            need(type(entry["value"]) in (int, str) and type(entry["effective_from"]) is int, "state_record")
        return [(entry["value"], entry["effective_from"]) for entry in record["entries"]]

    def check_state_field(self):
        """That the seal is the newest leaf, and every record leads to its root."""
        leaf, raw, path = self.file.seal
        need(leaf == self.size - 1, "state_proof", "not the newest seal")
        formats.check_inclusion(raw, leaf, self.size, path, self.root, "state_proof")
        seal = formats.decode(raw, "state_proof")
        try:
            shapes.check_map(seal, shapes.RULES["seal"])
        except Refused:
            raise Refused("state_proof", "no seal") from None
        for kind, name, value, terminal, siblings in self.file.records:
            digest = None if value is None else formats.sha256(value)
            formats.check_state(seal[3], formats.state_key(kind, name), digest, siblings, terminal)
            if value is not None and kind in formats.NAMED:
                record = formats.decode(value, "state_record")
                need(isinstance(record, dict) and record.get("id") == name, "state_record", "another's record")

    def take_over(self, kind, name, record):
        told = {code for code, _ in record["flags"]}
        self.flags |= told & {"upstream_under_review", "batch_closure", "account_in_deficit"}
        if kind == "certificate":
            need(record["state"] not in DEAD, "certificate_not_live")
        elif kind == "lot":
            self.flags |= {"upstream_disputed"} if record["state"] == "disputed" else set()
            made = self.world.lots[name]
            if record["coc_model"] != made["model"] or {entry["scheme"] for entry in record["schemes"]} - set(made["schemes"]):
                self.untold.append(f"what makes lot {name} what it is")
        elif kind == "account" and record["balance_g"] < 0:
            self.flags.add("account_in_deficit")
        elif kind == "key":
            self.world.keys[bytes.fromhex(name)]["compromised"] = record.get("compromised_since")
        elif kind == "attestation":
            changes = [{**change, "leaf": order} for order, change in enumerate(record["changes"])]
            proven = {**self.world.attestations[name], "changes": changes}
            self.flags |= self.standing_flags(proven, self.relied[name])


def check_asserted(certificate, assertions):
    """What the verifier demands of the certificate itself. An empty list asks for nothing."""
    for key, code, said in (("schemes", "policy_scheme", set(certificate["schemes"])), ("issuers", "policy_issuer", {certificate["holder"]}),
                            ("models", "policy_model", {certificate["coc_model"]})):
        need(not assertions.get(key) or said & set(assertions[key]), code)
    for key, code, said in (("certificate", "policy_certificate", certificate["id"]), ("buyer", "policy_buyer", certificate.get("buyer"))):
        need(assertions.get(key) in (None, said), code)


def check_genesis(genesis, origin):
    shapes.check_map(genesis, shapes.RULES["genesis"])
    zeroed = {**genesis, "origin": genesis["origin"][:-8] + "00000000"}
    bound = formats.sha256(formats.encode(zeroed)).hex()[:8]
    need(genesis["origin"].endswith("-" + bound), "genesis_malformed", "the origin is another genesis's")
    keys = [key for node in genesis["nodes"] for key in node["keys"].values()] + [w["key"] for w in genesis.get("witnesses", [])]
    keys.append(genesis["registrar"]["key"])
    need(len(set(keys)) == len(keys), "genesis_malformed", "a key twice")
    need(genesis["origin"] == origin, "other_network")


def mentioned(payload):
    """The ids that a statement is about: its own, and the lots and dispatches in it."""
    found = {payload[key] for key in ("id", "lot", "dispatch", "certificate", "attestation") if key in payload}
    for value in payload.values():
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, dict):
                found |= mentioned(item)
    return found


def main(arguments):
    told = "--told" in arguments
    path, policy, now = [a for a in arguments if a != "--told"]
    with open(path, "rb") as file, open(policy, encoding="utf-8") as text:
        verdict, codes = verify(file.read(), text.read(), int(now), require_state=not told)
    print(verdict, *codes)
    return {"valid": 0, "valid_with_flags": 0, "not_valid": 3, "cannot_evaluate": 6}[verdict]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
