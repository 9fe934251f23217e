#!/usr/bin/env python3
"""The parts of chaos without its nodes: schedules that replay, links that do what they are told, damage where it is meant, judgement."""
import itertools
import os
import socket
import struct
import sys
import tempfile
import time
import types
import unittest

sys.path[:0] = [os.path.dirname(os.path.abspath(__file__)), os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e")]
import damage
import schedule
from clients import History
from linearizable import Operation
from models import ABSENT
from nemesis import Nemesis
from proxy import Proxies
from verify import Verifier


class Schedules(unittest.TestCase):
    def test_a_seed_replays_its_schedule(self):
        """Goal: the same rounds from the same seed, others from another, and each kind within one deck."""
        def take(seed, count=60):
            return list(itertools.islice(schedule.rounds(seed, True), count))
        self.assertEqual(take(7), take(7))
        self.assertNotEqual(take(7), take(8))
        deck = len(schedule.LINKS + schedule.PROCESSES + schedule.CLOCKS + schedule.DISKS + schedule.CABLES)
        self.assertEqual({round_.fault for round_ in take(9, deck)}, set(schedule.kinds(True)))
        self.assertEqual({round_.fault for round_ in take(9, deck)} - set(schedule.kinds(False)), set(schedule.CABLES))

    def test_the_nemesis_knows_every_kind(self):
        """Goal: whatever the schedule names is a method of the nemesis, or a fault of links that changes something."""
        for kind in set(schedule.kinds(True)) - set(schedule.LINKS + schedule.CABLES):
            self.assertTrue(callable(getattr(Nemesis, kind)), kind)
        for kind in schedule.LINKS + schedule.CABLES:
            self.assertFalse(hasattr(Nemesis, kind), f"{kind} would not be taken for a link's")


class Links(unittest.TestCase):
    """A link between two sockets of this test."""

    def setUp(self):
        self.proxies = Proxies()
        self.addCleanup(self.proxies.close)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(self.listener.close)
        self.listener.settimeout(10)
        self.port = self.proxies.open("ab", "127.0.0.1", self.listener.getsockname())

    def joined(self):
        here = socket.create_connection(("127.0.0.1", self.port), timeout=10)
        there, _ = self.listener.accept()
        there.settimeout(10)
        for end in (here, there):
            self.addCleanup(end.close)
        return here, there

    @staticmethod
    def silent(end):
        end.settimeout(0.2)
        try:
            return end.recv(10) is None
        except TimeoutError:
            return True
        finally:
            end.settimeout(10)

    def test_passes_both_ways(self):
        """Goal: without a fault bytes arrive, and the end of one side is the end of the other."""
        here, there = self.joined()
        here.sendall(b"one")
        self.assertEqual(there.recv(10), b"one")
        there.sendall(b"two")
        self.assertEqual(here.recv(10), b"two")
        here.close()
        self.assertEqual(there.recv(10), b"")
        self.assertEqual(self.proxies.order("ab", "moved"), [3, 3])

    def test_cut_one_way(self):
        """Goal: one direction is silent, the other goes on; after healing what was sent arrives; no new connection passes meanwhile."""
        here, there = self.joined()
        self.proxies.order("ab", "set", ways=[0], cut=True)
        here.sendall(b"one")
        there.sendall(b"two")
        self.assertEqual(here.recv(10), b"two")
        self.assertTrue(self.silent(there))
        self.listener.settimeout(0.2)
        with socket.create_connection(("127.0.0.1", self.port), timeout=10), self.assertRaises(TimeoutError):
            self.listener.accept()
        self.proxies.order("ab", "heal")
        self.assertEqual(there.recv(10), b"one")

    def test_delay(self):
        """Goal: what is sent arrives so much later, in order."""
        here, there = self.joined()
        self.proxies.order("ab", "set", ways=[0], delay=0.2)
        began = time.monotonic()
        here.sendall(b"one")
        self.assertEqual(there.recv(3), b"one")
        self.assertGreater(time.monotonic() - began, 0.19)

    def test_rate(self):
        """Goal: 20 kB at 100 kB a second take a fifth of a second."""
        here, there = self.joined()
        self.proxies.order("ab", "set", rate=100_000)
        began = time.monotonic()
        here.sendall(bytes(20_000))
        got = 0
        while got < 20_000:
            got += len(there.recv(20_000))
        self.assertGreater(time.monotonic() - began, 0.19)

    def test_stalls(self):
        """Goal: between bursts of silence everything arrives."""
        here, there = self.joined()
        self.proxies.order("ab", "set", stalls=[0.1, 0.01])
        for _ in range(20):
            here.sendall(b"x")
            self.assertEqual(there.recv(1), b"x")

    def test_reset(self):
        """Goal: both ends lose their connection, and the next one passes."""
        here, there = self.joined()
        self.proxies.order("ab", "reset")
        for end in (here, there):
            with self.assertRaises(ConnectionResetError):
                if end.recv(10) == b"":
                    raise ConnectionResetError
        self.joined()


class Damage(unittest.TestCase):
    def test_records_of_a_log(self):
        """Goal: payloads are found across the blocks of a write-ahead log, its padding is not, and a flip is undone by another."""
        with tempfile.TemporaryDirectory() as home:
            path = os.path.join(home, "000004.log")
            lengths = [100, damage.BLOCK - 2 * damage.HEADER - 100 - 3, 50]  # 3 bytes are left in the first block: padding
            with open(path, "wb") as file:
                for number, length in enumerate(lengths):
                    file.write(struct.pack("<IHB", 1, length, 1) + bytes([number + 1]) * length)
                    file.write(bytes(3 if number == 1 else 0))
                file.write(bytes(100))
            found = damage.records(path)
            self.assertEqual([length for _, length in found], lengths)
            self.assertEqual(found[2][0], damage.BLOCK + damage.HEADER)
            damage.flip(path, found[2][0])
            with open(path, "rb") as file:
                self.assertEqual(file.read()[found[2][0]], 3 ^ 0xFF)
            damage.flip(path, found[2][0])
            with open(path, "rb") as file:
                self.assertEqual(file.read()[found[2][0]], 3)


class Judgement(unittest.TestCase):
    """Verifier on histories made by hand: what it was told against what is there at the end."""

    def setUp(self):
        self.history = History()

    def submitted(self, digest, invoked, returned, result=None):
        operation = Operation("k1", digest, "submit", invoked, returned)
        if result:
            operation.result = result
        self.history.submitted.setdefault(digest, []).append(operation)
        self.history.add(operation)

    def judged(self, **final):
        verifier = Verifier(types.SimpleNamespace(nodes=[]), self.history, print)
        verifier.final = final
        verifier.resolve()
        verifier.judge_histories()
        return [str(violation) for violation in verifier.violations]

    def test_all_is_well(self):
        """Goal: answers that are the outcomes, a lost answer that took effect and one that did not: no violation."""
        self.submitted("d1", 1, 2, ("accepted", 4))
        self.submitted("d2", 3, None)
        self.submitted("d3", 3, None)
        self.history.add(Operation("k2", "ledger", "size", 5, 6, None, 5))
        self.assertEqual(self.judged(d1=("accepted", 4), d2=("accepted", 5), d3=ABSENT), [])

    def test_acknowledged_and_lost(self):
        """Goal: a statement that was acknowledged and is absent, or is another leaf, is a violation."""
        self.submitted("d1", 1, 2, ("accepted", 4))
        self.assertIn("acknowledged and now absent", self.judged(d1=ABSENT)[0])
        self.assertIn("acknowledged and now ('accepted', 5)", self.judged(d1=("accepted", 5))[0])

    def test_one_leaf_of_two(self):
        """Goal: two statements with one leaf are a violation."""
        self.submitted("d1", 1, 3, ("accepted", 4))
        self.submitted("d2", 1, 3, ("accepted", 4))
        self.assertIn("leaf 4 belongs to 2 statements", self.judged(d1=("accepted", 4), d2=("accepted", 4)))

    def test_a_ledger_that_lacks_what_was_acknowledged(self):
        """Goal: a fresh size without an acknowledged leaf, and a leaf below an older one, are violations of the ledger."""
        self.submitted("d1", 1, 2, ("accepted", 4))
        self.history.add(Operation("k2", "ledger", "size", 3, 4, None, 4))
        self.assertIn("ledger: asked after place 4", self.judged(d1=("accepted", 4))[0])
        self.history.operations.pop()
        self.submitted("d2", 3, 4, ("accepted", 3))
        self.assertIn("ledger: asked after place 4", self.judged(d1=("accepted", 4), d2=("accepted", 3))[0])

    def test_a_statement_is_placed_from_its_first_request(self):
        """Goal: the same bytes, sent again later, are not taken for something new."""
        self.submitted("d1", 1, 2, ("accepted", 4))
        self.submitted("d2", 3, 4, ("accepted", 5))
        self.submitted("d1", 5, 6, ("accepted", 4))
        self.assertEqual(self.judged(d1=("accepted", 4), d2=("accepted", 5)), [])

    def test_two_authorities_with_one_lot(self):
        """Goal: two holds of one lot without a release between are a violation, with the operations around it."""
        self.history.lots["L-1"] = "d0"
        for party, at in (("a1", 1), ("a2", 3)):
            operation = Operation(party, "L-1", "hold", at, at + 1, (party, "d" + party), "accepted", place=at)
            self.history.submitted["d" + party] = [operation]
            self.history.add(operation)
        found = self.judged(da1=("accepted", 1), da2=("accepted", 3))
        self.assertIn("L-1: no order explains it", found[0])
        self.assertIn("a2 hold", found[0])


if __name__ == "__main__":
    unittest.main(verbosity=2)
