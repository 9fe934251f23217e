#!/usr/bin/env python3
"""`anta network lead`: leadership goes to the node that an organisation names, while clients send; whoever may not is refused.

Runs under Debian's own interpreter: orders are also made by cose.py, independently of Anta's code.
"""
import hashlib
import json
import os
import sys
import tempfile
import threading
import time
import unittest
import urllib.error
import urllib.request

import nacl.signing

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import network as net
from cose import key_of, statement

ORGANISATIONS = ("nasca-sur", "bahia-sur", "sello-cobre")  # each runs a node of its own name
REGISTRAR = "registro-anta"


def now_ms():
    return time.time_ns() // 1_000_000


class Lead(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.network = net.Network().__enter__()
        cls.addClassCleanup(cls.network.__exit__)
        home = tempfile.TemporaryDirectory()
        cls.addClassCleanup(home.cleanup)
        cls.home = home.name
        cls.registrar = key_of(cls.network.registrar_key)
        cls.keys = {}
        for party in ORGANISATIONS + ("chala-norte",):
            code, _, err = net.anta("key", "new", party + ".key", "--no-passphrase", cwd=cls.home)
            assert code == 0, err
            cls.keys[party] = key_of(os.path.join(cls.home, party + ".key"))
            payload = {"event_time": now_ms(), "id": party, "kind": "company", "country": "DE", "name": party, "roles": ["node_operator"],
                       "keys": [bytes(cls.keys[party].verify_key)]}
            status, body = cls.network.nodes[0].post(statement(cls.registrar, "party", REGISTRAR, party, payload))
            assert status == 201, body
        cls.genesis = bytes.fromhex(cls.network.nodes[0].json("/v1/network")["digest"])

    def setUp(self):
        self.network.until_ready()

    def lead(self, node, party="nasca-sur", code=0, language="en", via=None):
        """(what it printed, what it said)"""
        got, out, err = net.anta("network", "lead", node, "--as", party, "--key", party + ".key", "--node", via or self.network.urls(), "--output", "json",
                                 cwd=self.home, environment={"ANTA_LANG": language})
        self.assertEqual(got, code, out.decode() + err)
        return (json.loads(out) if out else None), err

    def status(self):
        """Of a node in office, as all three agree."""
        def agreed():
            seen = [node.json("/v1/status") for node in self.network.nodes]
            same = all(seen) and len({(one["term"], one["leader"]) for one in seen}) == 1
            return seen[0] if same and any(one["in_office"] for one in seen) else None
        return net.until("one leader", agreed)

    def other(self):
        """A node that does not lead."""
        leader = self.status()["leader"]
        return next(node for node in self.network.nodes if node.name != leader)

    def order(self, node, party="nasca-sur", key=None, **changes):
        kind = changes.pop("kind", "lead-order")
        subject = changes.pop("subject", node)
        payload = {"network": self.genesis, "node": node, "term": self.status()["term"], "event_time": now_ms(), **changes}
        return statement(key or self.keys[party], kind, party, subject, payload)

    @staticmethod
    def post(node, body, content_type="application/cose", path="/v1/network/lead"):
        request = urllib.request.Request(node.url + path, data=body, headers={"Content-Type": content_type})
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read())

    def obeyed(self, node, target):
        """The order, and what was answered; another while the network is busy or elects, as the command line does."""
        def taken():
            signed = self.order(target.name)
            status, body = self.post(node, signed)
            return (signed, body) if status == 200 else None
        return net.until(f"{node.name} takes the order", taken)

    def test_leadership_moves_under_load_and_nothing_is_lost(self):
        """Goal: three times to another node while clients send through all nodes: each that was accepted is there, once, on every node."""
        stop, accepted, failures = threading.Event(), [], []

        def client(node, number):
            for turn in range(10_000):
                if stop.is_set():
                    return
                digest = hashlib.sha256(f"{number} {turn}".encode()).digest()
                payload = {"event_time": now_ms(), "digest": digest, "media_type": "text/plain", "title": f"{number} {turn}"}
                signed = statement(self.registrar, "document", REGISTRAR, digest.hex(), payload)
                answer = node.post(signed)
                for _ in range(20):  # what is undecided is sent again, the same bytes
                    if answer and answer[0] in net.FINAL:
                        break
                    answer = node.post(signed)
                if answer and answer[0] in (200, 201):
                    accepted.append(hashlib.sha256(signed).hexdigest())
                else:
                    failures.append(answer)
        clients = [threading.Thread(target=client, args=(node, number)) for number, node in enumerate(self.network.nodes)]
        for thread in clients:
            thread.start()
        try:
            net.until("clients are under way", lambda: len(accepted) > 20)
            for language, words in (("en", "leads, in term"), ("es", "es líder, en el período"), ("en", "leads, in term")):
                before, target, sent = self.network.leader().name, self.other().name, len(accepted)
                told, said = self.lead(target, language=language)
                self.assertEqual((told["leader"], told["before"]), (target, before))
                self.assertIn(words, said)
                net.until("clients go on", lambda count=sent: len(accepted) > count + 10)
        finally:
            stop.set()
            for thread in clients:
                thread.join()
        self.assertEqual(failures, [])
        self.assertEqual(len(set(accepted)), len(accepted))
        ledgers = self.network.ledgers()
        self.assertEqual(len({json.dumps(ledger, sort_keys=True) for ledger in ledgers}), 1, ledgers)
        for digest in accepted:
            self.assertEqual(self.network.nodes[2].get("/v1/statements/" + digest)[0], 200)

    def test_any_node_takes_the_order(self):
        """Goal: a follower passes it on, the leader follows it, and who is named is asked to no purpose once it leads."""
        target = self.other()
        _, body = self.obeyed(target, target)
        self.assertEqual(body["leader"], target.name)
        self.assertGreater(self.status()["term"], 0)
        self.assertEqual(self.status()["leader"], target.name)
        told, said = self.lead(target.name)
        self.assertIn("leads already", said)
        self.assertEqual(told["leader"], target.name)

    def test_an_order_holds_once(self):
        """Goal: sent again, to any node, it is of an old term, and leadership stays."""
        target = self.other()
        before = self.network.leader()
        signed, _ = self.obeyed(before, target)
        self.lead(before.name)
        for node in self.network.nodes:
            status, problem = self.post(node, signed)
            self.assertEqual((status, problem["code"]), (422, "lead.term"), problem)
        self.assertEqual(self.status()["leader"], before.name)

    def test_refusals(self):
        """Goal: each with its code, from every node, in words; leadership, term and ledger stay as they are."""
        target = self.other().name
        before, ledger = self.status(), self.network.ledgers()
        good = self.order(target)
        flipped = good[:-1] + bytes([good[-1] ^ 1])
        stranger = nacl.signing.SigningKey.generate()
        payload = {"event_time": now_ms(), "proposal": "P-1", "approve": True}
        vote = statement(self.keys["nasca-sur"], "vote", "nasca-sur", "P-1", payload)
        cases = [
            ("a stranger's key", self.order(target, key=stranger), 400, "unknown_key"),
            ("another's name", self.order(target, party="bahia-sur", key=self.keys["nasca-sur"]), 400, "unknown_key"),
            ("no voting node", self.order(target, party="chala-norte"), 403, "no_vote"),
            ("an unknown node", self.order("nodo-nadie"), 404, "lead.node"),
            ("an old term", self.order(target, term=before["term"] - 1), 422, "lead.term"),
            ("a term to come", self.order(target, term=before["term"] + 1), 422, "lead.term"),
            ("another network", self.order(target, network=bytes(32)), 400, "malformed"),
            ("kept for an hour", self.order(target, event_time=now_ms() - 3_600_000), 422, "lead.stale"),
            ("a bad signature", flipped, 400, "bad_signature"),
            ("a statement", vote, 400, "malformed"),
            ("a statement's name over an order", self.order(target, kind="vote"), 400, "malformed"),
            ("another subject", self.order(target, subject="nasca-sur-"), 400, "malformed"),
            ("no bytes", b"", 400, "malformed"),
        ]
        for what, body, status, code in cases:
            for node in self.network.nodes:
                with self.subTest(what=what, node=node.name):
                    got, problem = self.post(node, body)
                    self.assertEqual((got, problem["code"]), (status, code), problem)
        self.assertEqual(self.post(self.network.nodes[0], good, content_type="application/json")[0], 415)
        status, problem = self.post(self.network.nodes[0], good, path="/v1/statements")
        self.assertEqual((status, problem["code"]), (400, "malformed"), "an order is no statement")
        after = self.status()
        self.assertEqual((after["term"], after["leader"]), (before["term"], before["leader"]))
        self.assertEqual(self.network.ledgers(), ledger)

    def test_a_learner_and_a_node_that_is_away(self):
        """Goal: who does not vote can not lead; who is not connected is not waited for, and the leader leads on."""
        for party, words in (("nasca-sur", ["node", "add", "nodo-chala", "--organisation", "chala-norte", "--address", "nodo.example:7101", "--keys", "keys.yaml",
                                            "--proposal", "P-add"]), ("bahia-sur", ["vote", "P-add", "--approve"])):
            with open(os.path.join(self.home, "keys.yaml"), "w", encoding="ascii") as file:
                file.write(f'keys: {{log: "{"11" * 32}", cosigner: "{"22" * 32}", tls: "{"33" * 32}"}}\n')
            code, out, err = net.anta("network", *words, "--as", party, "--key", party + ".key", "--node", self.network.urls(), cwd=self.home)
            self.assertEqual(code, 0, out.decode() + err)
        for language, words in (("en", "does not vote"), ("es", "no vota")):
            self.assertIn(words, self.lead("nodo-chala", code=7, language=language)[1])
        away = self.other()
        away.stop()
        before = net.until("who leads", lambda: self.network.leader())
        _, said = self.lead(away.name, code=6, via=before.url)
        self.assertIn("lead.busy", said)
        self.assertEqual(before.json("/v1/status")["leader"], before.name)
        away.start()
        self.network.until_ready()
        self.assertEqual(self.lead(away.name, via=before.url)[0]["leader"], away.name)

    def test_mistakes(self):
        """Goal: the reader is told what to do next."""
        self.assertIn("anta network node list", self.lead("nodo-nadie", code=4)[1])
        self.assertIn("no_vote", self.lead(self.other().name, party="chala-norte", code=5)[1])


if __name__ == "__main__":
    unittest.main(verbosity=2)
