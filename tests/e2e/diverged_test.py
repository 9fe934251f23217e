#!/usr/bin/env python3
"""A node whose state has rotted past every checksum: the majority outvotes it, it ends with exit 8, and its next start heals it.

Runs under Debian's own interpreter: statements are made by cose.py.
"""
import os
import subprocess
import sys
import tempfile
import time
import unittest

import nacl.signing

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import network as net
from cose import key_of, statement

REGISTRAR = "registro-anta"
STORAGE = 8


def now_ms():
    return time.time_ns() // 1_000_000


class Diverged(unittest.TestCase):
    def setUp(self):
        self.network = net.Network().__enter__()
        self.addCleanup(self.network.__exit__)
        self.registrar = key_of(self.network.registrar_key)
        home = tempfile.TemporaryDirectory()
        self.addCleanup(home.cleanup)
        self.home = home.name
        code, _, err = net.anta("key", "new", "nasca-sur.key", "--no-passphrase", cwd=self.home)
        self.assertEqual(code, 0, err)
        self.register("nasca-sur", key_of(os.path.join(self.home, "nasca-sur.key")))
        self.register("chala-norte", nacl.signing.SigningKey.generate())
        self.network.until_cosigned_by_all()

    def register(self, party, key):
        self.send("party", party, {"event_time": now_ms(), "id": party, "kind": "company", "country": "DE", "name": party, "roles": ["node_operator"],
                                   "keys": [bytes(key.verify_key)]})

    def send(self, kind, subject, payload):
        signed = statement(self.registrar, kind, REGISTRAR, subject, payload)
        status, body = net.until("a decision", lambda: next((a for a in (n.post(signed) for n in self.network.nodes if n.process) if a and a[0] in net.FINAL), None))
        self.assertIn(status, (200, 201), body)

    def rot(self, node):
        self.assertEqual(node.stop(), 0)
        subprocess.run([net.ROT_STATE, os.path.join(self.network.directory, "genesis.cbor"), node.name, os.path.join(node.directory, "data", "db"), "chala-norte"],
                       check=True)
        node.start()
        self.network.until_ready()

    def touch(self):
        """A statement about the party that is another one on the rotten node."""
        self.send("party-update", "chala-norte", {"event_time": now_ms(), "party": "chala-norte", "name": "Chala Norte S.A."})

    def lead(self, node):
        code, _, err = net.anta("network", "lead", node.name, "--as", "nasca-sur", "--key", "nasca-sur.key", "--node", self.network.urls(), cwd=self.home)
        self.assertEqual(code, 0, err)

    def heals(self, node):
        """It ended by itself with the reason in its log; started again it has what the others have, and says so."""
        self.assertEqual(node.died(), STORAGE)
        log = node.log()
        mark = os.path.join(node.directory, "data", "diverged")
        with open(mark, encoding="ascii") as file:
            index = next(line.split()[1] for line in file if line.startswith("index "))
        for words in ("event=state_diverged", f"after log entry {index} ", "start it again", mark):
            self.assertIn(words, log)
        others = [other for other in self.network.nodes if other is not node]
        for other in others:
            self.assertIn(f"event=state_differs peer={node.name}", net.until("named", lambda one=other: "event=state_differs" in one.log() and one.log()))
            net.until("the others go on", other.is_ready)
        node.start()
        self.network.until_ready()
        self.assertIn("event=state_healed", node.log())
        self.assertFalse(os.path.exists(mark))
        ledgers = self.network.ledgers()
        self.assertEqual(ledgers, [ledgers[0]] * 3)
        self.assertEqual(node.json("/v1/parties/chala-norte?fresh=1"), others[0].json("/v1/parties/chala-norte?fresh=1"))
        self.touch()
        ledgers = self.network.ledgers()
        self.assertEqual(ledgers, [ledgers[0]] * 3)

    def test_a_follower_is_set_aside_and_heals_itself(self):
        """Goal: exit 8 with index, roots and next step; the others serve on; healed it has their state, and cosigns with them."""
        node = self.network.nodes[2]
        self.rot(node)
        self.lead(self.network.nodes[0])
        self.touch()
        self.heals(node)
        self.network.until_cosigned_by_all()

    def test_a_leader_with_a_rotten_state_gives_up_its_office(self):
        """Goal: the one that leads is judged like any other; the two that are right elect one of theirs and nothing recorded is lost."""
        node = self.network.nodes[1]
        self.rot(node)
        self.lead(node)
        self.touch()
        self.heals(node)


if __name__ == "__main__":
    unittest.main(verbosity=2)
