#!/usr/bin/env python3
"""The year on three real nodes: every outcome, the roots, the readers, and a buyer without a network."""
import json
import os
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import network as net

CATHODE = "CERT-CATHODE"

class TheYear(unittest.TestCase):
    """One network plays the committed scenario; what it left is looked at from all sides."""

    @classmethod
    def setUpClass(cls):
        cls.network = net.Network().__enter__()
        code, out, err = cls.network.play()
        cls.played = (code, out, err)
        cls.result = json.loads(out) if code == 0 else {}

    @classmethod
    def tearDownClass(cls):
        cls.network.__exit__()

    def setUp(self):
        self.assertEqual(self.played[0], 0, self.played[2][-2000:])

    def test_every_outcome_is_as_the_file_says(self):
        self.assertEqual((self.result["accepted"], self.result["rejected"]), (145, 27))
        self.assertEqual(self.result["certificates"][-1], CATHODE)

    def test_all_nodes_have_the_same_roots(self):
        ledgers = self.network.ledgers()
        self.assertEqual(ledgers[0]["state_root"], ledgers[1]["state_root"])
        self.assertEqual(ledgers[0], ledgers[2])

    def test_a_buyer_verifies_with_nothing_but_the_file_and_the_policy(self):
        with tempfile.TemporaryDirectory() as empty:
            path = os.path.join(empty, "c.anta")
            code, _, err = net.anta("certificate", "get", CATHODE, "--node", self.network.urls(), "--out", path)
            self.assertEqual(code, 0, err)
            with open(self.network.policy, "rb") as policy, open(os.path.join(empty, "policy.txt"), "wb") as copy:
                copy.write(policy.read())
            code, out, err = net.anta("certificate", "verify", "c.anta", "--policy", "policy.txt", cwd=empty)
            text = out.decode()
            self.assertEqual(code, 0, text + err)
            self.assertTrue(text.startswith("valid_with_flags"), text)
            for wanted in ("3 of 3 cosignatures", "upstream_under_review", "It does not claim", "mina-huaquirca", "present state"):
                self.assertIn(wanted, text)
            with open(path, "rb") as file:
                good = bytearray(file.read())
            for part in range(40):  # one flipped byte in every region of the file
                bad = bytearray(good)
                bad[(2 * part + 1) * len(bad) // 80] ^= 0x20
                with open(path, "wb") as file:
                    file.write(bad)
                code, out, _ = net.anta("certificate", "verify", "c.anta", "--policy", "policy.txt", cwd=empty)
                self.assertIn(code, (3, 6), f"region {part}: {out.decode()[:200]}")

    def test_no_policy_and_require_state_cannot_be_evaluated(self):
        with tempfile.TemporaryDirectory() as home:
            path = os.path.join(home, "c.anta")
            self.assertEqual(net.anta("certificate", "get", CATHODE, "--node", self.network.urls(), "--out", path)[0], 0)
            code, out, _ = net.anta("certificate", "verify", path)
            self.assertEqual((code, out.decode().split(":")[0]), (6, "cannot_evaluate"))
            strict = os.path.join(home, "strict.yaml")
            with open(strict, "w") as file:
                file.write("require_state: true\n")
            code, out, _ = net.anta("certificate", "verify", path, "--policy", self.network.policy, "--assertions", strict)
            self.assertEqual((code, out.decode().split(":")[0]), (6, "cannot_evaluate"))
            with open(strict, "w") as file:
                file.write('genesis: "' + "0" * 64 + '"\n')
            code, out, _ = net.anta("certificate", "verify", path, "--policy", self.network.policy, "--assertions", strict)
            self.assertEqual(code, 3, out.decode())

    def test_rejected_statements_have_an_outcome_and_no_leaf(self):
        ledger = self.network.ledgers()[0]
        self.assertLess(ledger["leaves"], 2 * (172 + 27 + 4) + 2)  # at most a leaf and a seal for each
        code, out, err = net.anta("dispatch", "show", "D-L-004-again", "--node", self.network.urls())
        self.assertEqual(code, 4, out.decode() + err)

    def test_the_readers_read(self):
        node = self.network.nodes[1].url
        code, out, err = net.anta("lot", "show", "CAT-001", "--node", node, "--output", "json")
        self.assertEqual((code, json.loads(out)["state"]), (0, "exported"), err)
        code, out, err = net.anta("lot", "history", "K-021", "--node", node, "--output", "json")
        self.assertEqual(code, 0, err)
        code, out, err = net.anta("lot", "list", "--holder", "nasca-sur", "--node", node, "--output", "json")
        self.assertIn("L-001", out.decode(), err)
        code, out, err = net.anta("attestation", "impact", "att-pullo-cobre", "--status", "revoked", "--from", "2025-12-10T00:00:00Z", "--void-from",
                                  "2025-08-01T00:00:00Z", "--node", node, "--output", "json")
        self.assertEqual(code, 0, err)
        self.assertIn("L-008", out.decode())
        self.assertEqual(net.anta("lot", "show", "no-such-lot", "--node", node)[0], 4)

    def test_secrets_are_for_their_owner_only(self):
        for node in self.network.nodes:
            self.assertEqual(os.stat(os.path.join(node.directory, "node.seed")).st_mode & 0o777, 0o600)
            self.assertEqual(os.stat(node.directory).st_mode & 0o777, 0o700)
            self.assertEqual(os.stat(os.path.join(node.directory, "data")).st_mode & 0o777, 0o700)


if __name__ == "__main__":
    unittest.main(verbosity=2)
