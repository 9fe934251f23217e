#!/usr/bin/env python3
"""Files that rot under a node: its scrub names what, the peers give it back or the operator is told; what is derived is made again."""
import glob
import hashlib
import os
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import network as net
from played import PlayedNetwork


def log_tables(node):
    """The tables of the family `log`, oldest first: what a table says of its family stands in its properties."""
    found = []
    for path in sorted(glob.glob(os.path.join(node.directory, "data", "db", "*.sst"))):
        try:
            with open(path, "rb") as file:
                if b"namelog" in file.read():
                    found.append(path)
        except FileNotFoundError:  # merged into another meanwhile
            pass
    return found


def flip(path, offset=100):
    """One bit, in place: the running node has the file open."""
    with open(path, "r+b") as file:
        file.seek(offset)
        byte = file.read(1)
        file.seek(offset)
        file.write(bytes([byte[0] ^ 1]))


class Rot(PlayedNetwork):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.number = 0

    def setUp(self):
        self.network.start()

    def record(self):
        """One more statement, recorded by the network."""
        type(self).number += 1
        with tempfile.TemporaryDirectory() as home:
            document, statement = os.path.join(home, "site.yaml"), os.path.join(home, "site.cose")
            with open(document, "w", encoding="utf-8") as file:
                file.write('as: nordkabel\ntype: site\npayload: {event_time: "2025-10-28T13:00:00-05:00", id: "deposito-%d", operator: "nordkabel", '
                           'kind: "warehouse", country: "DE"}\n' % self.number)
            code, _, err = net.anta("sign", document, "--key", os.path.join(self.network.keys(), "nordkabel.key"), "--out", statement)
            self.assertEqual(code, 0, err)
            with open(statement, "rb") as file:
                content = file.read()
        net.until("it is recorded", lambda: any((answer := node.post(content)) is not None and answer[0] in (200, 201) for node in self.network.nodes))
        return hashlib.sha256(content).hexdigest()

    def restart(self, node):
        """Its log's entries since the last start go to a table of their own."""
        self.record()
        self.assertEqual(node.stop(), 0)
        node.start()
        self.network.until_ready()

    def merged(self, node):
        """Restarts until its tables of level 0 have been merged below, and then twice more; the merged one."""
        for _ in range(12):
            before = log_tables(node)
            self.restart(node)
            now = log_tables(node)
            if len(now) < len(before):
                self.restart(node)
                self.restart(node)
                return log_tables(node)[0]
        raise AssertionError("nothing was merged: " + ", ".join(log_tables(node)))

    def equal(self):
        ledgers = self.network.ledgers()
        self.assertEqual(ledgers[0], ledgers[1])
        self.assertEqual(ledgers[0], ledgers[2])

    def test_1_a_rotten_file_comes_back_from_the_peers(self):
        """Goal: a bit flips in a file of a running node; the log names file, entry and next step, the node is made whole, all roots are equal."""
        node = self.network.nodes[0]
        victim = self.merged(node)
        flip(victim)
        found = f"event=damage_found file={os.path.basename(victim)} index="
        net.until(f"the scrub finds {victim}", lambda: found in node.log())
        line = next(line for line in node.log().splitlines() if found in line)
        self.assertRegex(line, r"index=\d+ level=[1-6] reason=\"log entry \d+ in ")
        self.assertIn("next_step=\"none is needed for the ledger", line)
        net.until("it is repaired", lambda: f"event=log_repaired file={os.path.basename(victim)}" in node.log())
        self.assertFalse(os.path.exists(victim))
        net.until("it is ready", node.is_ready)
        metrics = node.get("/metrics", accept="*/*")[1].decode()
        self.assertIn("\nanta_scrub_damaged_total 1", metrics)
        self.assertIn("\nanta_scrub_repairing 0", metrics)
        digest = self.record()
        self.assertEqual(node.json(f"/v1/statements/{digest}?fresh=1")["outcome"], "accepted")
        self.equal()
        self.network.until_cosigned_by_all()
        leaves = node.json("/v1/ledger?fresh=1")["leaves"]
        self.assertEqual(node.stop(), 0)
        self.assertEqual(self.network.replay(node)["leaves"], leaves)  # every entry of its log, judged again

    def test_2_a_rotten_file_of_level_0_stops_the_node(self):
        """Goal: exit 8, and the last line has the file, its level, the entry and what the operator does; the others go on."""
        node = self.network.nodes[1]
        self.restart(node)
        victim = log_tables(node)[-1]
        flip(victim)
        self.assertEqual(node.died(), 8, node.log()[-1000:])
        last = [line for line in node.log().splitlines() if "event=fatal" in line][-1]
        self.assertIn("rule=scrub.damaged", last)
        self.assertRegex(last, rf"log entry \d+ in {os.path.basename(victim)} \(level 0\)")
        self.assertIn("Next step: this node stops; keep the files as they are and check the disk; restore its directory from a backup", last)
        flip(victim)  # what the operator brings back
        self.record()
        node.start()
        self.network.until_ready()
        self.equal()

    def test_3_what_is_derived_is_made_again(self):
        """Goal: antad --rebuild refuses beside the running node (exit 8), and brings the same roots once it is stopped."""
        node = self.network.nodes[2]
        rebuild = [net.ANTAD, "--config", os.path.join(node.directory, "node.yaml"), "--rebuild"]
        beside = subprocess.run(rebuild, capture_output=True, text=True, timeout=120)
        self.assertEqual(beside.returncode, 8, beside.stderr)
        self.assertIn("another antad uses ", beside.stderr)
        self.assertTrue(node.is_ready())
        self.assertEqual(node.stop(), 0)
        done = subprocess.run(rebuild, capture_output=True, text=True, timeout=240)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r"^ok: rebuilt up to block \d+, \d+ leaves, the roots are those that this node had")
        node.start()
        self.network.until_ready()
        self.equal()


if __name__ == "__main__":
    unittest.main(verbosity=2)
