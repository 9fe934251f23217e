#!/usr/bin/env python3
"""A disk that is full or does not sync: the node stops at once and says so; what was acknowledged is there when the disk is well again."""
import hashlib
import os
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import network as net


class Disk:
    """What the classes below share: a network that has played, and a fault that is armed while statements come."""
    fault, reason = "", ""  # the flag of faulty_disk.c, and what the system says of it

    @classmethod
    def setUpClass(cls):
        cls.network = net.Network(faulty=True).__enter__()
        cls.addClassCleanup(cls.network.__exit__)
        code, _, err = cls.network.play()
        assert code == 0, err[-2000:]
        cls.number = 0

    def setUp(self):
        for node in self.network.nodes:
            node.disarm(self.fault)
        self.network.start()

    def site(self):
        """A new signed statement."""
        type(self).number += 1
        with tempfile.TemporaryDirectory() as home:
            document, statement = os.path.join(home, "site.yaml"), os.path.join(home, "site.cose")
            with open(document, "w", encoding="utf-8") as file:
                file.write('as: nordkabel\ntype: site\npayload: {event_time: "2025-10-28T13:00:00-05:00", id: "lager-%d", operator: "nordkabel", '
                           'kind: "warehouse", country: "DE"}\n' % self.number)
            code, _, err = net.anta("sign", document, "--key", os.path.join(self.network.keys(), "nordkabel.key"), "--out", statement)
            self.assertEqual(code, 0, err)
            with open(statement, "rb") as file:
                return file.read()

    def record(self, statement, nodes):
        def recorded():
            return any((answer := node.post(statement)) is not None and answer[0] in (200, 201) for node in nodes)
        net.until("it is recorded", recorded)

    def breaks(self, victim):
        """The victim's disk fails while statements come; it ends. The others record them; once it is well again it has them all."""
        others = [node for node in self.network.nodes if node is not victim]
        acknowledged = [self.site() for _ in range(3)]
        for statement in acknowledged:
            self.record(statement, self.network.nodes)
        victim.arm(self.fault)
        during = self.site()
        answer = victim.post(during)
        self.assertFalse(answer is not None and answer[0] in (200, 201), "it acknowledged what it could not write")
        self.assertEqual(victim.died(), 8, victim.log()[-1000:])
        last = [line for line in victim.log().splitlines() if "event=fatal" in line][-1]
        self.assertRegex(last, r"rule=store\.(write_failed|background) ")  # whichever of RocksDB's threads met it first
        self.assertRegex(last, rf"/data/db/\d+\.(log|sst): {self.reason}")
        self.assertIn("Next step: this node stops; check the disk and its free space", last)
        self.record(during, others)
        victim.disarm(self.fault)
        victim.start(faulty=True)
        self.network.until_ready()
        for statement in [*acknowledged, during]:
            digest = hashlib.sha256(statement).hexdigest()
            found = [node.json(f"/v1/statements/{digest}?fresh=1") for node in self.network.nodes]
            self.assertEqual({item["outcome"] for item in found}, {"accepted"})
            self.assertEqual(len({item["leaf"] for item in found}), 1)
        ledgers = self.network.ledgers()
        self.assertEqual(ledgers[0], ledgers[1])
        self.assertEqual(ledgers[0], ledgers[2])

    def a_follower(self):
        leader = self.network.leader()
        return next(node for node in self.network.nodes if node is not leader)


class FullDisk(Disk, unittest.TestCase):
    fault, reason = "full", "No space left on device"

    def test_a_leader_whose_disk_is_full(self):
        """Goal: exit 8 with the next step, another leads, nothing acknowledged is lost."""
        self.breaks(self.network.leader())

    def test_a_follower_whose_disk_is_full(self):
        """Goal: exit 8 with the next step, the others go on, and it catches up."""
        self.breaks(self.a_follower())

    def test_a_start_on_a_full_disk(self):
        """Goal: a node that can not write at its start ends with exit 8 and a reason, and starts when there is space."""
        node = self.network.nodes[0]
        self.assertEqual(node.stop(), 0)
        node.arm("full")
        node.start(faulty=True)
        self.assertEqual(node.died(), 8, node.log()[-1000:])
        self.assertIn("No space left on device", node.log().splitlines()[-1])
        node.disarm("full")
        node.start(faulty=True)
        self.network.until_ready()
        ledgers = self.network.ledgers()
        self.assertEqual(ledgers[0], ledgers[1])


class FailedSync(Disk, unittest.TestCase):
    """The write succeeds and fdatasync does not: nobody knows what is on the disk, so nothing may be tried again."""
    fault, reason = "sync", "Input/output error"

    def test_a_leader_whose_fsync_fails_stops(self):
        """Goal: exit 8, the log names the file and the next step, another leads, nothing acknowledged is lost."""
        self.breaks(self.network.leader())

    def test_a_follower_whose_fsync_fails_stops(self):
        """Goal: exit 8, the log names the file and the next step, the others go on, and it catches up."""
        self.breaks(self.a_follower())


if __name__ == "__main__":
    unittest.main(verbosity=2)
