#!/usr/bin/env python3
"""A ledger is carried into one file while it grows, judged without any node, and comes back from there: onto one node, and onto all of them.

Prints the size of the file and how fast it was carried, judged and restored.

    tests/e2e/backup_test.py BackupFigures     with a longer ledger, beside a synced copy
"""
import hashlib
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import time
import unittest

import cbor2

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import cose
import join_test
import network as net

OWNER = join_test.OWNERS[0]
MB = 1e6
MAGIC = b"anta backup 1\n"
POLICY_SAYS = 3


class Backed(join_test.Growing):
    """Three nodes with some ledger, and what backs it up."""

    def backup(self, out, *more, party=OWNER, code=0):
        done = net.anta("backup", "--out", out, "--as", party, "--key", party + ".key", "--node", self.network.urls(), "--output", "json", *more,
                        cwd=self.home)
        self.assertEqual(done[0], code, done)
        return json.loads(done[1]) if code == 0 else done[2]

    def verify(self, file, code=0, policy=None):
        done = net.anta("backup", "verify", file, "--policy", policy or self.network.policy, "--output", "json", cwd=self.home)
        self.assertEqual(done[0], code, done)
        return json.loads(done[1])

    def path(self, name):
        return os.path.join(self.home, name)

    def read(self, name):
        with open(self.path(name), "rb") as file:
            return file.read()

    def damaged(self, name, change):
        """A copy of the backup with its bytes changed."""
        with open(self.path(name), "wb") as file:
            file.write(change(bytearray(self.read("ledger.backup"))))
        return name

    @staticmethod
    def entry(header, payload):
        encoded = cbor2.dumps(header)
        return 2, struct.pack(">H", len(encoded)) + encoded + payload, hashlib.sha256(encoded + payload).digest()

    def inserted(self, entries, configuration, term):
        """Before the last block, an entry that no statement stands behind; the chain goes on over it."""
        last, length = entries[-1][1], struct.unpack_from(">H", entries[-1][1])[0]
        header, payload = cbor2.loads(last[2:2 + length]), last[2 + length:]
        record = {"voters": configuration, "learners": [], "outgoing": [], "statement": bytes(32)}
        made = self.entry({**header, "kind": "configuration", "term": term or header["term"]}, cbor2.dumps(record))
        return entries[:-1] + [made, self.entry({**header, "prev_hash": made[2], "term": term or header["term"]}, payload)]

    def forged(self, name, note=None, configuration=None, term=None):
        """A file whose digests are right and whose history is another: the last block is left out; or only its note is changed, or members are made up."""
        whole, at, records = self.read("ledger.backup"), len(MAGIC), []
        while at < len(whole):
            length, kind = struct.unpack_from(">IB", whole, at)
            records.append((kind, whole[at + 5:at + 5 + length], whole[at + 5 + length:at + 37 + length]))
            at += 37 + length
        entries, end = [record for record in records if record[0] == 2], records[-1][1]
        if configuration:
            entries = self.inserted(entries, configuration, term)
        elif note is None:
            entries.pop()
        body = struct.pack(">Q", len(entries)) + (note or (lambda text: text))(end[8:])
        made = [records[0], *entries, (3, body, hashlib.sha256(entries[-1][2] + body).digest())]
        with open(self.path(name), "wb") as file:
            file.write(MAGIC + b"".join(struct.pack(">IB", len(body), kind) + body + digest for kind, body, digest in made))
        return name

    def antad(self, node, *arguments, code=0):
        done = subprocess.run([net.ANTAD, "--config", os.path.join(node.directory, "node.yaml"), *arguments], capture_output=True, text=True,
                              timeout=240, check=False)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def restore_dies(self, node, backup, number):
        """In its database's sync of that number; true: it had none of that number, and is done."""
        node.arm("die", number)
        environment = {**os.environ, "LD_PRELOAD": net.FAULTY_DISK, "ANTA_TEST_DIE_IN_SYNC": node.flag("die")}
        done = subprocess.run([net.ANTAD, "--config", os.path.join(node.directory, "node.yaml"), "--restore", backup], capture_output=True, text=True,
                              env=environment, timeout=240, check=False)
        node.disarm("die")
        self.assertIn(done.returncode, (0, -9), done.stderr)
        return done.returncode == 0

    @staticmethod
    def set_aside(node):
        os.rename(os.path.join(node.directory, "data"), os.path.join(node.directory, "data.kept"))

    @staticmethod
    def cosigning(node):
        status = node.json("/v1/status")
        return status and status["cosigning"]


class Backup(Backed):
    def test_it_is_whole_and_every_damage_is_named(self):
        """Goal: under load the file holds by its checkpoint; a flipped byte, a cut and another network's policy are refused precisely; nothing is
        overwritten, an interrupted call is gone on with, and who has no vote gets nothing."""
        self.fill(1000)
        self.name_what_is_no_statement()
        with join_test.Clients(self) as clients:
            net.until("some statements", lambda: len(clients.took) >= 20)
            made = self.backup("ledger.backup")
        self.assertEqual(clients.failed, [])
        size = os.path.getsize(self.path("ledger.backup"))
        self.assertEqual((made["bytes"], made["carried"]), (size, size))
        self.assertEqual(os.stat(self.path("ledger.backup")).st_mode & 0o777, 0o600)
        held = self.verify("ledger.backup")
        self.assertEqual((held["verdict"], held["bytes"]), ("holds", size))
        self.assertEqual(held["leaves"], held["size"])
        self.assertGreaterEqual(held["statements"], 1000)
        print(f"backup: {size / MB:.1f} MB carried at {made['megabytes_per_second']} MB/s, judged at {held['megabytes_per_second']} MB/s "
              f"({held['statements_per_second']} statements/s)")

        # a byte, an end, a policy
        at = size * 2 // 3
        flipped = self.verify(self.damaged("flipped", lambda b: b[:at] + bytes([b[at] ^ 4]) + b[at + 1:]), code=3)
        place = int(re.search(r"at byte (\d+) \(after log entry \d+\)", flipped["message"])[1])
        self.assertEqual(flipped["code"], "backup.damaged")
        self.assertTrue(0 <= at - place < 1 << 20, (at, place))
        cut = self.verify(self.damaged("cut", lambda b: b[:at]), code=3)
        self.assertEqual(cut["code"], "backup.truncated")
        self.assertIn("at byte", cut["message"])
        shorter = self.verify(self.forged("forged"), code=3)
        self.assertEqual((shorter["verdict"], shorter["code"]), ("does_not_hold", "audit.end"))
        unsigned = self.verify(self.forged("unsigned", lambda note: note[:note.rindex(b"\n", 0, -1) + 1]), code=6)
        self.assertEqual(unsigned["code"], "no_quorum")
        other = net.Network()  # never started
        self.addCleanup(other.__exit__)
        self.assertNotEqual(self.verify("ledger.backup", code=POLICY_SAYS, policy=other.policy)["verdict"], "holds")

        # what is there stays; what was begun is gone on with
        self.assertIn("backup.exists", self.backup("ledger.backup", code=5))
        with open(self.path("second.backup.part"), "wb") as file:
            file.write(self.read("ledger.backup")[:at])
        second = self.backup("second.backup")
        self.assertLess(second["carried"], second["bytes"])
        self.assertFalse(os.path.exists(self.path("second.backup.part")))
        self.verify("second.backup")
        self.backup("second.backup", "--replace")
        # a whole one that was never put in its place may be of last month: it is not passed off as today's, and not carried again
        shutil.copy(self.path("ledger.backup"), self.path("second.backup.part"))
        anew = self.backup("second.backup", "--replace")
        self.assertLess(anew["carried"], anew["bytes"])
        self.verify("second.backup")

        # who may read the log
        self.assertIn("no_vote", self.backup("theirs.backup", party="chala-norte", code=5))
        shutil.copy(self.path("chala-norte.key"), self.path("stranger.key"))
        self.assertIn("unknown_key", self.backup("theirs.backup", party="stranger", code=2))
        self.assertFalse(os.path.exists(self.path("theirs.backup")))


    def name_what_is_no_statement(self):
        """Anybody may correct a digest that is a seal's or the genesis'; the law refuses it, and no judgement of the backup stumbles over it."""
        seal = self.leader.get("/seals/001", accept="application/cbor")[1]
        with open(self.leader.directory + "/../genesis.cbor", "rb") as file:
            genesis = file.read()
        for entry in (seal, genesis):
            digest = hashlib.sha256(entry).digest()
            payload = {"event_time": cose.EVENT, "of": digest, "reason": "did_not_occur"}
            status, told = self.leader.post(cose.statement(self.keys[OWNER], "correction", OWNER, digest.hex(), payload))
            self.assertEqual((status, told["code"]), (422, "unknown_reference"), told)


class BackedUpYear(unittest.TestCase):
    def test_a_years_refusals_and_corrections_are_judged_alike(self):
        """Goal: of a year with refusals on record, corrections and certificates, the backup makes the tree that the nodes cosigned."""
        with net.Network() as network:
            code, out, err = network.play()
            self.assertEqual(code, 0, err)
            file = os.path.join(network.home, "year.backup")
            code, out, err = net.anta("backup", "--out", file, "--as", OWNER, "--key", os.path.join(network.keys(), OWNER + ".key"), "--node",
                                      network.urls())
            self.assertEqual(code, 0, err)
            code, out, err = net.anta("backup", "verify", file, "--policy", network.policy, "--output", "json")
            self.assertEqual(code, 0, err)
            held = json.loads(out)
            self.assertGreaterEqual(held["refused"], 3)
            self.assertEqual(held["statements"] + held["blocks"] + 1, held["leaves"])
            code, out, err = net.anta("audit", network.nodes[0].url, "--policy", network.policy, "--output", "json")
            audited = json.loads(out)
            self.assertEqual(code, 0, err)
            same = ("size", "root", "statements", "refused", "blocks")
            self.assertEqual([held[name] for name in same], [audited[name] for name in same])


class Restore(Backed):
    def test_a_node_comes_back_from_a_backup(self):
        """Goal: refused onto what is there, from a damaged file and from another network's; killed anywhere it starts nothing; done, the node
        signs nothing alone, hears what it signed, and then has the others' roots and cosigns again, never below what it had signed."""
        self.fill(1000)
        self.backup("ledger.backup")
        self.fill(200)
        self.network.until_cosigned_by_all()
        node, others = self.network.nodes[2], self.network.nodes[:2]
        last = int(node.get("/checkpoint", accept="text/plain")[1].decode().split("\n")[1])
        self.assertEqual(self.network.stop(), [0, 0, 0])
        backup = self.path("ledger.backup")
        self.assertIn("restore.not_empty", self.antad(node, "--restore", backup, code=2))
        self.set_aside(node)
        self.assertIn("store.missing", self.antad(node, code=8))
        middle = os.path.getsize(backup) // 2
        bad = self.path(self.damaged("flipped", lambda b: b[:middle] + bytes([b[middle] ^ 1]) + b[middle + 1:]))
        text = self.antad(node, "--restore", bad, code=8)
        self.assertRegex(text, r"at byte \d+ \(after log entry \d+\).*Next step")
        self.assertIn("restore.root", self.antad(node, "--restore", self.path(self.forged("forged")), code=8))
        shutil.rmtree(os.path.join(node.directory, "data"))
        unsigned = self.path(self.forged("unsigned", lambda note: note[:note.rindex(b"\n", 0, -1) + 1]))
        self.assertIn("restore.checkpoint", self.antad(node, "--restore", unsigned, code=8))
        self.assertIn("store.restoring", self.antad(node, code=8))
        shutil.rmtree(os.path.join(node.directory, "data"))
        self.refuses_made_up_members(node)
        foreign = net.Network()  # never started
        self.addCleanup(foreign.__exit__)
        self.assertIn("restore.network", self.antad(foreign.nodes[0], "--restore", backup, code=2))
        self.assertFalse(os.path.exists(os.path.join(node.directory, "data", "db")))

        # killed in each sync of its database: what is there afterwards starts no node, and the same call begins again
        data = os.path.join(node.directory, "data")
        for number in range(1, 100):
            if self.restore_dies(node, backup, number):
                break
            self.assertIn("store.restoring", self.antad(node, code=8))
            self.assertEqual(os.listdir(data), ["restoring"])
        self.assertGreaterEqual(number, 3, "it was killed nowhere")
        shutil.rmtree(data)
        # also when an earlier call ended between the note and the database's own name
        os.makedirs(data, 0o700)
        os.mkdir(os.path.join(data, "restoring"))
        for left in ("checkpoint.note", "checkpoint.note.0123456789abcdef.new"):
            with open(os.path.join(data, left), "wb") as file:
                file.write(b"of an earlier call")
        told = self.antad(node, "--restore", backup)
        os.remove(os.path.join(data, "checkpoint.note.0123456789abcdef.new"))
        size, ms = re.search(r"(\d+) bytes in (\d+) ms", told).groups()
        self.assertIn("this node has run before", told)
        print(f"restore: {int(size) / MB:.1f} MB judged and written in {int(ms) / 1e3:.1f} s, {int(size) / MB / (int(ms) / 1e3):.1f} MB/s")
        self.assertEqual(sorted(os.listdir(data)), ["checkpoint.note", "db"])

        # a note that is there for it to remember by, and cannot be read, is not passed over
        note = os.path.join(data, "checkpoint.note")
        os.chmod(note, 0o644)
        self.assertRegex(self.antad(node, code=8), r"checkpoint\.note.*Next step")
        os.chmod(note, 0o600)

        # alone it signs nothing and says why
        node.start()
        waits = net.until("it serves", lambda: self.cosigning(node))
        self.assertEqual((waits["mark"], waits["heard"]), ("unknown", 0))
        self.assertIn("\nanta_cosigning_mark_known 0\n", node.get("/metrics", accept="text/plain")[1].decode())
        for other in others:
            other.start()
        net.until(f"it has heard: {node.log()[-800:]}", lambda: self.cosigning(node) == {"mark": "known"})
        self.network.until_ready()
        self.leader = self.network.leader()
        self.fill(50)
        self.network.until_cosigned_by_all()
        self.assertEqual(len({json.dumps(ledger) for ledger in self.network.ledgers()}), 1)
        self.assertIn("event=cosigning_suspended", node.log())
        resumed = int(re.search(r"event=cosigning_resumed size=(\d+)", node.log())[1])
        self.assertGreaterEqual(resumed, last)

    def refuses_made_up_members(self, node):
        """Entries that are no blocks are under no signature: who votes has to follow from the ledger, and a term cannot be used up."""
        alone, three = [["nasca-sur", 1]], [["bahia-sur", 1], ["nasca-sur", 1], ["sello-cobre", 1]]
        for name, rule, configuration, term in (("alone", "backup.configuration", alone, None), ("stranger", "backup.configuration", three[:2] + [["x", 1]], None),
                                                ("term", "backup.term", three, 2**63)):
            file = self.path(self.forged(name, configuration=configuration, term=term))
            self.assertIn(rule, self.antad(node, "--restore", file, code=8))
            shutil.rmtree(os.path.join(node.directory, "data"))

    def test_a_new_node_begins_with_a_backup(self):
        """Goal: a node that was admitted after the backup was taken begins with it instead of fetching the history; it counts for nothing until the
        leader has confirmed what no signature covers. It is a learner until it is promoted, then votes and cosigns."""
        self.fill(200)
        self.backup("ledger.backup")
        joiner = self.admit()
        self.assertNotIn("has run before", self.antad(joiner, "--restore", self.path("ledger.backup")))
        self.assertFalse(os.path.exists(os.path.join(joiner.directory, "node.seed.new")))
        self.network.nodes.append(joiner)
        joiner.start()
        net.until(f"ready: {joiner.log()[-800:]}", joiner.is_ready)
        self.assertNotIn("event=join_begun", joiner.log())
        net.until("the leader has confirmed it", lambda: "event=amnesia_ended" in joiner.log())
        self.govern("promote", join_test.JOINER)
        net.until("the new node votes", lambda: join_test.JOINER in joiner.json("/v1/status")["configuration"]["voters"])
        self.fill(20)
        self.network.until_cosigned_by_all()
        self.assertEqual(len({json.dumps(ledger) for ledger in self.network.ledgers()}), 1)

    def test_a_network_that_lost_every_node_comes_back_from_one_backup(self):
        """Goal: all three data directories are gone. Each node restores the same file, the operators choose its end for a base, and the network
        goes on from there with every statement of it, and cosigns."""
        self.fill(100)
        self.network.until_cosigned_by_all()
        self.backup("ledger.backup")
        held = self.verify("ledger.backup")
        self.network.stop()
        for node in self.network.nodes:
            self.set_aside(node)
            self.antad(node, "--restore", self.path("ledger.backup"))
        document = self.antad(self.network.nodes[0], "--recovery")
        everybody = ", ".join(sorted(node.name for node in self.network.nodes))
        with open(self.path("recovery-1.yaml"), "w", encoding="utf-8") as file:
            file.write(re.sub(r"voters: \[.*\]", f"voters: [{everybody}]", document))
        for node in self.network.nodes:
            self.configure(node, f"recoveries: [{self.path('recovery-1.yaml')}]\n")
        self.network.start()
        for node in self.network.nodes:
            net.until(f"{node.name} signs: {node.log()[-800:]}", lambda n=node: self.cosigning(n) == {"mark": "known"})
        ledgers = self.network.ledgers()
        self.assertEqual([(ledger["leaves"], ledger["tree_root"]) for ledger in ledgers], [(held["size"], held["root"])] * 3)
        self.leader = self.network.leader()
        self.fill(20)
        self.network.until_cosigned_by_all()


class BackupFigures(Backed):
    def test_figures(self):
        """Goal: how fast a longer ledger is carried, judged and restored, beside a copy of the file that is synced. Not run by ctest: figures judge nothing."""
        self.fill(int(os.environ.get("ANTA_TEST_BACKUP_STATEMENTS", "10000")))
        self.network.until_cosigned_by_all()
        made = self.backup("ledger.backup")
        begun = time.monotonic()
        with open(self.path("copy"), "wb") as file:
            file.write(self.read("ledger.backup"))
            file.flush()
            os.fsync(file.fileno())
        copied = time.monotonic() - begun
        self.network.stop()
        held = self.verify("ledger.backup")
        node = self.network.nodes[0]
        self.set_aside(node)
        size, ms = (int(n) for n in re.search(r"(\d+) bytes in (\d+) ms", self.antad(node, "--restore", self.path("ledger.backup"))).groups())
        print(f"{size / MB:.1f} MB: carried at {made['megabytes_per_second']} MB/s (a synced copy: {size / MB / copied:.1f}, ratio "
              f"{made['milliseconds'] / 1e3 / copied:.1f}); judged at {held['megabytes_per_second']} MB/s, {held['statements_per_second']} statements/s; "
              f"restored at {size / MB / (ms / 1e3):.1f} MB/s")


if __name__ == "__main__":
    unittest.main(verbosity=2)
