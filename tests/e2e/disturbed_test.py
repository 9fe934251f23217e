#!/usr/bin/env python3
"""Killed leaders and followers change nothing: the year is signed once and sent to an undisturbed network and to disturbed ones.

The networks are twins: one genesis, the same node keys, the same registrar. The first plays the scenario and records each
signed statement; the others get the same bytes in the same order, sent to their nodes in turn. What is compared, and how:

- the answer to each step: accepted, or the code of the refusal; and its flags. Equal.
- what the log decided, judged again from the log alone: each statement's first decision, in order. Equal, as a list; so every
  accepted statement is in the ledger once, none is missing, none was added.
- leaves, tree root and state root of the ledger in canonical form (replay_log.cc: each statement is a block of its own at one
  fixed time). Equal: the ledgers hold the same facts and would be the same tree but for what a disturbance may change.
- leaves, tree root and state root as they are: equal on all three nodes of the disturbed network, equal to what its log comes to
  when it is judged again. They are NOT those of the undisturbed run and can not be: a seal names its block's time, which is the
  leader's clock; a record keeps the time of its block; a statement that was offered again to a new leader while the old one's
  entry survived stands in two blocks, of which the second decides nothing and still gets its seal. So leaves differ by seals only.
"""
import hashlib
import os
import random
import signal
import socket
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import network as net


class Sender:
    """Sends recorded statements to the nodes in turn until each is decided; keeps the answers."""

    def __init__(self, network):
        self.network, self.turn, self.outcomes, self.resent = network, 0, [], 0

    def send(self, statement):
        def decided():
            node = self.network.nodes[self.turn % 3]
            self.turn += 1
            answer = node.post(statement) if node.process is not None else None
            if answer and answer[0] in net.FINAL:
                return answer
            self.resent += 1
            return None
        status, body = net.until("a decision", decided)
        self.outcomes.append(("accepted" if status in (200, 201) else body["code"], body.get("flags", [])))


def write_request(node, statement):
    """The whole request is written to the node's socket; nothing is read."""
    host, port = node.url.removeprefix("http://").split(":")
    connection = socket.create_connection((host, int(port)), timeout=net.DEADLINE)
    head = f"POST /v1/statements?wait=committed HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/cose\r\nContent-Length: {len(statement)}\r\n\r\n"
    connection.sendall(head.encode() + statement)
    return connection


def answered(connection):
    """What came back before the connection died."""
    try:
        return connection.recv(1 << 16)
    except ConnectionResetError:
        return b""
    finally:
        connection.close()


class Disturbed(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        """The undisturbed run: played, recorded, its log judged again."""
        cls.quiet = net.Network()
        cls.addClassCleanup(cls.quiet.__exit__)
        cls.pristine = net.Network(twin_of=cls.quiet)  # never started
        cls.addClassCleanup(cls.pristine.__exit__)
        cls.quiet.start()
        recording = os.path.join(cls.quiet.home, "recording")
        os.mkdir(recording)
        code, _, err = cls.quiet.play(None, "--record", recording)
        assert code == 0, err[-2000:]
        cls.statements = []
        for name in sorted(os.listdir(recording)):
            with open(os.path.join(recording, name), "rb") as file:
                cls.statements.append(file.read())
        cls.ledger = cls.quiet.ledgers()[0]
        again = Sender(cls.quiet)  # the same bytes get their first answers
        for statement in cls.statements:
            again.send(statement)
        cls.outcomes = again.outcomes
        assert cls.quiet.ledgers()[0]["state_root"] == cls.ledger["state_root"]
        assert cls.quiet.stop() == [0, 0, 0]
        logged = cls.quiet.replay(cls.quiet.nodes[0])
        cls.time_ms = logged["block_time_ms"]
        cls.canonical = cls.quiet.replay(cls.quiet.nodes[0], cls.time_ms)

    def strike_leader_before_its_answer(self, network, statement, rng):
        """SIGKILL when the request is in the leader's hands and no answer has come: its followers stand still meanwhile, so that it can have none (a node
        may answer faster than a signal comes)."""
        leader = network.leader()
        followers = [node for node in network.nodes if node is not leader]
        for follower in followers:
            follower.process.send_signal(signal.SIGSTOP)
        connection = write_request(leader, statement)
        self.assertEqual(leader.kill(), -signal.SIGKILL)
        for follower in followers:
            follower.process.send_signal(signal.SIGCONT)
        self.assertEqual(answered(connection), b"", "the request was answered before the kill: it was not in flight")
        leader.start(faulty=True)

    def strike_leader_in_its_append(self, network, statement, rng):
        """SIGKILL inside the fdatasync of the block that carries the request: proposed, sent to the followers, not durable here."""
        leader = network.leader()
        leader.arm("die")
        connection = write_request(leader, statement)
        self.assertEqual(leader.died(), -signal.SIGKILL)
        self.assertEqual(answered(connection), b"")
        leader.disarm("die")
        leader.start(faulty=True)

    def strike_follower_in_its_append(self, network, statement, rng):
        """SIGKILL inside the fdatasync of a follower's append; it may be the node that took the request."""
        leader = network.leader()
        follower = rng.choice([node for node in network.nodes if node is not leader])
        follower.arm("die")
        taker = rng.choice(network.nodes)
        connection = write_request(taker, statement)
        self.assertEqual(follower.died(), -signal.SIGKILL)
        if taker is follower:
            self.assertEqual(answered(connection), b"")
        else:
            connection.close()
        follower.disarm("die")
        follower.start(faulty=True)

    def run_disturbed(self, seed, strikes):
        rng = random.Random(seed)
        with net.Network(twin_of=self.pristine, faulty=True) as network:
            # Only what the ledger keeps a record of is appended at all: a bad signature, say, is refused at the door.
            kept = {decision[0] for decision in self.canonical["decided"]}
            places = [n for n, statement in enumerate(self.statements) if n >= 30 and hashlib.sha256(statement).hexdigest() in kept]
            at = dict(zip(sorted(rng.sample(places, len(strikes))), strikes))
            sender = Sender(network)
            for number, statement in enumerate(self.statements):
                if number in at:
                    network.until_cosigned_by_all()
                    with self.subTest(seed=seed, statement=number, strike=at[number].__name__):
                        at[number](network, statement, rng)
                # Cosigned by all before a strike: then the next write of every node is the block of the strike's statement
                # (a quorum was waited for, and a third node died of its cosigning mark before the request was written).
                sender.send(statement)
            network.until_ready()
            self.same_facts(network, sender)

    def same_facts(self, network, sender):
        for number, (got, wanted) in enumerate(zip(sender.outcomes, self.outcomes, strict=True)):
            self.assertEqual(got, wanted, f"statement {number}")
        ledgers = network.ledgers()
        self.assertEqual(ledgers[0], ledgers[1])
        self.assertEqual(ledgers[0], ledgers[2])
        accepted = sum(outcome == "accepted" for outcome, _ in self.outcomes)
        for ledger in (ledgers[0], self.ledger):  # genesis, a seal for it and for each block, the accepted statements
            self.assertEqual(ledger["leaves"], 1 + (1 + ledger["height"]) + accepted)
        self.assertEqual(network.stop(), [0, 0, 0])
        for node in network.nodes:
            logged = network.replay(node)
            for field in ("leaves", "tree_root", "state_root", "height"):
                self.assertEqual(logged[field], ledgers[0][field], f"{node.name}: {field} is not what its log comes to")
            self.assertEqual(logged["decided"], self.canonical["decided"], node.name)
            digests = [decision[0] for decision in logged["decided"]]
            self.assertEqual(len(set(digests)), len(digests), "a statement was decided twice")
            canonical = network.replay(node, self.time_ms)
            for field in ("leaves", "tree_root", "state_root", "height", "decided"):
                self.assertEqual(canonical[field], self.canonical[field], f"{node.name}: {field} in canonical form")

    def test_the_undisturbed_ledger_is_a_function_of_its_log(self):
        """Goal: replay_log's verdict on a log is the node's own, and the recorded year is the whole year."""
        logged = self.quiet.replay(self.quiet.nodes[1])
        for field in ("leaves", "tree_root", "state_root", "height"):
            self.assertEqual(logged[field], self.ledger[field])
        accepted = [decision for decision in logged["decided"] if decision[1] == "accepted"]
        self.assertEqual(len(accepted), sum(outcome == "accepted" for outcome, _ in self.outcomes))
        self.assertEqual(len(self.statements), len(self.outcomes))

    def test_a_leader_killed_with_its_request_in_flight_changes_nothing(self):
        """Goal: wherever the leader dies with an unanswered request, the ledger holds the facts of the undisturbed run."""
        self.run_disturbed(11, [self.strike_leader_before_its_answer, self.strike_leader_in_its_append, self.strike_leader_before_its_answer])

    def test_a_follower_killed_during_its_append_changes_nothing(self):
        """Goal: a follower that dies between write and sync comes back with nothing lost, added or in another order."""
        self.run_disturbed(12, [self.strike_follower_in_its_append] * 3)


class OneOutcome(unittest.TestCase):
    def test_the_same_bytes_have_one_outcome_after_a_restart_of_all(self):
        """Goal: bytes that were decided once get the same answer from another node after all were restarted, and add nothing."""
        with net.Network() as network, tempfile.TemporaryDirectory() as home:
            code, _, err = network.play()
            self.assertEqual(code, 0, err[-1000:])
            document = os.path.join(home, "site.yaml")
            with open(document, "w") as file:
                file.write('as: nordkabel\ntype: site\npayload: {event_time: "2025-10-28T13:00:00-05:00", id: "lager-two", operator: "nordkabel", '
                           'kind: "warehouse", country: "DE"}\n')
            statement = os.path.join(home, "site.cose")
            code, _, err = net.anta("sign", document, "--key", os.path.join(network.keys(), "nordkabel.key"), "--out", statement)
            self.assertEqual(code, 0, err)
            with open(statement, "rb") as file:
                bytes_ = file.read()
            first = network.nodes[0].post(bytes_)
            self.assertEqual(first[0], 201, first)
            before = network.ledgers()
            self.assertEqual(network.stop(), [0, 0, 0])
            network.start()
            again = network.nodes[2].post(bytes_)
            self.assertEqual((again[0], again[1]["leaf"]), (200, first[1]["leaf"]))
            self.assertEqual(network.ledgers()[1], before[1])


if __name__ == "__main__":
    unittest.main(verbosity=2)
