#!/usr/bin/env python3
"""The parts of chaos without its nodes: schedules that replay, links that do what they are told, damage where it is meant, judgement."""
import contextlib
import dataclasses
import hashlib
import io
import itertools
import json
import os
import random
import socket
import struct
import sys
import tempfile
import time
import types
import unittest

sys.path[:0] = [os.path.dirname(os.path.abspath(__file__)), os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e")]
import chaos
import damage
import network as net
import partitions
import schedule
import summary
from clients import History
from cluster import scenario
from linearizable import Operation
from models import ABSENT
from nemesis import Finding, Nemesis
from proxy import Proxies
from verify import Verifier


class Schedules(unittest.TestCase):
    def test_a_seed_replays_its_schedule(self):
        """Goal: the same rounds from the same seed, others from another, and each kind within one deck."""
        def take(seed, count=60):
            return list(itertools.islice(schedule.rounds(seed, True), count))
        self.assertEqual(take(7), take(7))
        self.assertNotEqual(take(7), take(8))
        deck = len(schedule.deck_of(True, 3))
        self.assertEqual({round_.fault for round_ in take(9, deck)}, set(schedule.kinds(True)))
        self.assertEqual({round_.fault for round_ in take(9, deck)} - set(schedule.kinds(False)), set(schedule.CABLES))

    def test_three_nodes_keep_their_schedules(self):
        """Goal: what a seed meant for three nodes before there were five, it means still (findings name seeds)."""
        def digest(seed, cables):
            rounds = itertools.islice(schedule.rounds(seed, cables, 3), 120)
            return hashlib.sha256(repr([dataclasses.astuple(round_) for round_ in rounds]).encode()).hexdigest()
        self.assertEqual(digest(7, True), "2c53575fe4594a05e4719b0f8413f0463e09670b9b2639ee559419b16afbbf92")
        self.assertEqual(digest(20261126, False), "b775525a7e6c3c1e5e4b17862871eb0f9e59723e2af73bd3b860b08c05290479")

    def test_five_nodes_have_more(self):
        """Goal: all that three have, and partitions and faults of several; each follower has its turn."""
        deck = list(itertools.islice(schedule.rounds(9, True, 5), len(schedule.deck_of(True, 5))))
        self.assertEqual({round_.fault for round_ in deck}, set(schedule.kinds(True, 5)))
        self.assertEqual(set(schedule.kinds(True, 5)) - set(schedule.kinds(True, 3)), set(partitions.KINDS + schedule.SEVERAL))
        self.assertEqual({round_.follower for round_ in deck}, {0, 1, 2, 3})

    def test_the_nemesis_knows_every_kind(self):
        """Goal: whatever the schedule names is a method of the nemesis, or a fault of links that changes something."""
        for kind in set(schedule.kinds(True, 5)) - set(schedule.LINKS + schedule.CABLES + partitions.KINDS):
            self.assertTrue(callable(getattr(Nemesis, kind)), kind)
        for kind in schedule.LINKS + schedule.CABLES + partitions.KINDS:
            self.assertFalse(hasattr(Nemesis, kind), f"{kind} would not be taken for a link's")


class Partitions(unittest.TestCase):
    """Five nodes of which "L" leads, over many draws."""
    nodes = ["a", "b", "L", "c", "d"]

    def each(self, kind):
        for seed in range(50):
            made = partitions.partition(kind, self.nodes, "L", random.Random(seed))
            for way in made.cut | made.first:
                self.assertNotEqual(*way)
                self.assertLessEqual(set(way), set(self.nodes))
            yield made

    def peers(self, made):
        """With how many others each node is connected, both ways, the most first; and the leader."""
        counts = {node: sum(not {(node, other), (other, node)} & made.cut for other in self.nodes if other != node) for node in self.nodes}
        return sorted(counts.values(), reverse=True), counts["L"]

    def test_shapes(self):
        """Goal: each kind is what its name says, with the leader where it says, and those who have to go on are a majority's."""
        for kind, degrees, leaders, serving in (
                ("split_leader_minority", [2, 2, 2, 1, 1], 1, 3), ("split_leader_majority", [2, 2, 2, 1, 1], 2, 3),
                ("split_nowhere", [1, 1, 1, 1, 0], 1, 0), ("bridge_star", [4, 1, 1, 1, 1], 1, 1), ("bridge_star_behind", [3, 1, 1, 1, 0], 0, 0),
                ("bridge_chain", [2, 2, 2, 1, 1], 1, 3), ("bridge_ring", [2, 2, 2, 2, 2], 2, 5), ("bridge_halves", [4, 2, 2, 2, 2], 2, 5),
                ("leader_dumb_to_most", [4, 3, 3, 3, 1], 1, 3), ("leader_deaf_to_most", [4, 3, 3, 3, 1], 1, 3)):
            for made in self.each(kind):
                self.assertEqual(self.peers(made), (degrees, leaders), kind)
                self.assertEqual(len(made.serving), serving, kind)
        self.assertEqual(len(partitions.KINDS), 10)

    def test_draws_differ(self):
        """Goal: who stands where beside the leader is drawn, and a draw replays."""
        for kind in partitions.KINDS:
            self.assertGreater(len({made.cut for made in self.each(kind)}), 3, kind)
            self.assertEqual(list(self.each(kind)), list(self.each(kind)))

    def test_one_way(self):
        """Goal: a dumb leader hears all, and is heard by one; a deaf one is the mirror of it; who goes on is who does not hear or is not heard."""
        for made in self.each("leader_dumb_to_most"):
            self.assertEqual(made.cut, {("L", node) for node in made.serving})
        for made in self.each("leader_deaf_to_most"):
            self.assertEqual(made.cut, {(node, "L") for node in made.serving})

    def test_the_hub_that_is_behind(self):
        """Goal: it is cut off from all at first; then it is the only one with a majority, and the leader is gone."""
        for made in self.each("bridge_star_behind"):
            [hub] = partitions.quorate(self.nodes, made.cut)
            self.assertEqual(made.first, partitions.both_ways((hub, node) for node in self.nodes if node != hub))
            self.assertNotEqual(hub, "L")

    def test_quorate(self):
        """Goal: a connection counts where it passes both ways."""
        self.assertEqual(partitions.quorate("abcde", frozenset()), tuple("abcde"))
        self.assertEqual(partitions.quorate("abcde", {("a", "b"), ("a", "c"), ("d", "a")}), tuple("bcde"))


class Serving(unittest.TestCase):
    """Nemesis with nodes that only remember, and probes that answer as they are told."""

    def setUp(self):
        self.nodes = [net.Node(f"n{number}", "") for number in range(1, 6)]
        self.orders, self.probed, self.said, self.took = [], [], [], 0.25
        self.nemesis = Nemesis.__new__(Nemesis)
        self.nemesis.served, self.nemesis.say, self.nemesis.last = {}, self.said.append, lambda round_: self.orders.append("lasts")
        self.nemesis.committed = self.committed
        self.nemesis.cluster = types.SimpleNamespace(
            nodes=self.nodes, link=lambda a, b: (a.name + b.name, 0) if a.name < b.name else (b.name + a.name, 1),
            order=lambda names, what, **values: self.orders.append((*names, what, values.get("ways"))))

    def committed(self, fault, nodes, since):
        fault()
        self.probed.append((nodes, since))
        if self.took is None:
            raise Finding(since)
        return [self.took]

    def round(self, fault):
        return types.SimpleNamespace(fault=fault)

    def test_a_partition(self):
        """Goal: just the drawn ways are cut, the side with a majority is asked, its time is kept, and then the fault lasts."""
        self.nemesis.partition(self.round("split_leader_minority"), self.nodes[0], random.Random(3))
        made = partitions.partition("split_leader_minority", [node.name for node in self.nodes], "n1", random.Random(3))
        self.assertEqual(made.cut, {(name[:2], name[2:])[::-1 if ways == (1,) else 1] for name, what, ways in self.orders[:-1] if what == "set"})
        self.assertEqual([node.name for node in self.probed[0][0]], list(made.serving))
        self.assertEqual((self.nemesis.served, self.orders[-1]), ({"split_leader_minority": [0.25]}, "lasts"))

    def test_without_a_majority(self):
        """Goal: nobody is asked where nobody can answer."""
        self.nemesis.partition(self.round("split_nowhere"), self.nodes[0], random.Random(3))
        self.nemesis.several(self.round("kill_most"), self.nodes[0], random.Random(3), lambda node: None)
        self.assertEqual((self.probed, self.nemesis.served), ([], {}))

    def test_several(self):
        """Goal: the victim and one other, or two others; the rest is asked only as a majority."""
        for fault, count in (("pause_two", 2), ("kill_most", 3)):
            struck = []
            victims = self.nemesis.several(self.round(fault), self.nodes[4], random.Random(1), struck.append)
            self.assertEqual((struck, struck[0], len(struck)), (victims, self.nodes[4], count))
        self.assertEqual([len(nodes) for nodes, _ in self.probed], [3])

    def test_no_commit_is_a_finding(self):
        """Goal: a majority that does not go on is told, with its nodes."""
        self.took = None
        with self.assertRaisesRegex(Finding, r"bridge_star, among n[2-5]$"):
            self.nemesis.partition(self.round("bridge_star"), self.nodes[0], random.Random(3))


class Scenario(unittest.TestCase):
    def test_more_nodes(self):
        """Goal: three are the file as it is; five are two nodes and two organisations more."""
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            file.write(scenario(5))
            file.flush()
            self.assertEqual([node["id"] for node in net.Network.node_list(file.name)], ["n1", "n2", "n3", "n4", "n5"])
        with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "chaos.yaml"), encoding="utf-8") as file:
            kept = file.read()
        self.assertEqual(scenario(3), kept)
        self.assertEqual([line.split('"')[1] for line in scenario(5).splitlines() if '"node_operator"' in line], ["n1", "n2", "n3", "n4", "n5"])


class Arguments(unittest.TestCase):
    def parsed(self, *words, **environment):
        kept = dict(os.environ)
        os.environ.update(environment)
        try:
            with contextlib.redirect_stderr(io.StringIO()) as told:
                return chaos.parse(words)
        except SystemExit:
            return told.getvalue()
        finally:
            os.environ.clear()
            os.environ.update(kept)

    def test_nodes(self):
        """Goal: three by default, five by option or environment, nothing else, also not from the environment."""
        self.assertEqual(self.parsed(ANTA_CHAOS_NODES="3").nodes, 3)
        self.assertEqual(self.parsed(ANTA_CHAOS_NODES="5").nodes, 5)
        self.assertEqual(self.parsed("--nodes", "5", ANTA_CHAOS_NODES="3").nodes, 5)
        self.assertIn("is 3 or 5, not 4", self.parsed("--nodes", "4"))
        self.assertIn("is 3 or 5, not 7", self.parsed(ANTA_CHAOS_NODES="7"))

    def test_only(self):
        """Goal: a kind that does not exist for so many nodes is told, not waited for."""
        self.assertIn("of 3 nodes there is no bridge_star", self.parsed("--nodes", "3", "--only", "bridge_star"))
        self.assertEqual(self.parsed("--nodes", "5", "--only", "bridge_star").only, ["bridge_star"])


class Summary(unittest.TestCase):
    def run_of(self, **more):
        arguments = chaos.parse(["--nodes", "5", "--seed", "7", "--minutes", "2"])
        history = History()
        for name, returned in (("submit", 2), ("submit", None), ("hold", 2), ("read", 2), ("size", 2)):
            history.add(Operation("k1", "d", name, 1, returned))
        return types.SimpleNamespace(**{"arguments": arguments, "cables": False, "began": time.monotonic(), "history": history, "violations": [],
                                        "rounds": 3, "faults_seconds": 61.26, "nemesis": None, "verifier": None, **more})

    def nemesis(self, failovers):
        return types.SimpleNamespace(counts={"kill_leader": 2, "bridge_star": 1}, failovers=failovers, failovers_amid=[3.0], failovers_of_all=[1.2],
                                     served={"bridge_star": [0.3, 0.5]})

    def test_a_run_that_was_judged(self):
        """Goal: figures by name, and the same in the lines for people."""
        verifier = types.SimpleNamespace(uncertain=1, late=0, figures={"statements": 2}, answers={"hold accepted": 1})
        told = summary.of(self.run_of(nemesis=self.nemesis([0.2, 0.4, 0.5]), verifier=verifier), "held")
        self.assertEqual(json.loads(json.dumps(told)), told)
        self.assertEqual((told["verdict"], told["seed"], told["nodes"], told["minutes"]), ("held", 7, 5, 2.0))
        self.assertEqual(told["operations"], {"all": 5, "submissions": 3, "reads": 2, "acknowledged": 2, "uncertain": 1, "uncertain_in_ledger": 0,
                                              "unanswered_tries": 0})
        self.assertEqual(told["failover"]["well"], {"count": 3, "min_ms": 200, "median_ms": 400, "max_ms": 500})
        self.assertEqual((told["failover"]["amid_recovery"]["max_ms"], told["failover"]["goal_met"]), (3000, True))
        self.assertEqual(told["failover"]["of_all"]["max_ms"], 1200)
        self.assertEqual(told["next_commit"], {"bridge_star": {"count": 2, "min_ms": 300, "median_ms": 400, "max_ms": 500}})
        self.assertEqual((told["rounds"]["all"], told["rounds"]["faults"]["kill_leader"], told["rounds"]["faults"]["bridge_ring"]), (3, 2, 0))
        text = "\n".join(summary.lines(told))
        self.assertIn("from a leader's death to the next commit, ms: min 200, median 400, max 500 of 3; goal median under 600, max 2000: met", text)
        self.assertIn("amid recovery, ms: min 3000, median 3000, max 3000 of 1\n", text)
        self.assertIn("from bridge_star to the next commit, ms: median 400, max 500 of 2", text)

    def test_goal(self):
        """Goal: missed by the median or by the greatest; of no deaths nothing is said."""
        self.assertIs(summary.failover([0.2, 0.7, 0.7], [], [])["goal_met"], False)
        self.assertIs(summary.failover([0.2, 0.2, 2.1], [], [])["goal_met"], False)
        self.assertIsNone(summary.failover([], [9.0], [])["goal_met"])

    def test_a_run_that_was_not_judged(self):
        """Goal: its finding and what is known, and null for what only the judgement tells."""
        told = summary.of(self.run_of(nemesis=self.nemesis([]), violations=["after round 4 bridge_star: no commit"]), "failed")
        self.assertEqual((told["verdict"], told["violations"]), ("failed", ["after round 4 bridge_star: no commit"]))
        self.assertIsNone(told["operations"]["uncertain"])
        self.assertIsNone(told["failover"]["well"])
        self.assertIsNone(summary.of(self.run_of(), "unfinished")["failover"])


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
