#!/usr/bin/env python3
"""The main job on real processes: the year, other chains, killed leaders and followers, restarts, and a buyer without a network."""
import json
import os
import random
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import network as net
import scenario_maker

CATHODE = "CERT-CATHODE"


def play_with(network, event_at, event, *more):
    """Plays while `event()` happens after `event_at` steps; returns (exit code, result or None, stderr)."""
    process = subprocess.Popen([net.ANTA, *network.play_arguments(None, *more)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    lines, steps = [], 0
    for line in process.stderr:
        lines.append(line)
        steps += line.startswith("step ")
        if steps == event_at:
            event_at = -1
            event()
    out = process.stdout.read()
    process.stdout.close()
    process.stderr.close()
    code = process.wait()
    return code, json.loads(out) if code == 0 else None, "".join(lines[-5:])


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


class OtherChains(unittest.TestCase):
    def write(self, home, document):
        path = os.path.join(home, "made.yaml")
        with open(path, "w") as file:
            json.dump(document, file)
        return path

    def test_made_scenarios_play_spread_over_the_nodes(self):
        for seed in (101, 102):
            with tempfile.TemporaryDirectory() as home, net.Network(self.write(home, scenario_maker.Maker(seed).document())) as network:
                code, out, err = network.play(None, "--spread", str(seed))
                self.assertEqual(code, 0, f"seed {seed}: {err[-2000:]}")

    def test_each_kind_of_falsified_expectation_is_named(self):
        for number, kind in enumerate(scenario_maker.KINDS):
            document = scenario_maker.Maker(200).document()
            step = scenario_maker.falsify(document, kind, random.Random(number))
            with tempfile.TemporaryDirectory() as home, net.Network(self.write(home, document)) as network:
                code, _, err = network.play()
                self.assertEqual(code, 7, f"{kind}: {err[-1000:]}")
                self.assertIn(f"step {step} ", err.splitlines()[-4] + err, kind)


class Disturbed(unittest.TestCase):
    def test_a_killed_leader_and_a_killed_follower_change_nothing(self):
        for seed, victim in ((1, "leader"), (2, "follower")):
            rng = random.Random(seed)
            with self.subTest(victim=victim), net.Network() as network:
                def strike():
                    leader = network.leader()
                    node = leader if victim == "leader" else rng.choice([n for n in network.nodes if n is not leader])
                    node.kill()
                    node.start()
                code, result, err = play_with(network, rng.randrange(20, 150), strike)
                self.assertEqual(code, 0, err)
                self.assertEqual((result["accepted"], result["rejected"]), (145, 27))
                ledgers = network.ledgers()
                self.assertTrue(all(ledger == ledgers[0] for ledger in ledgers), ledgers)

    def test_the_same_bytes_have_one_outcome_after_a_restart_of_all(self):
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
            for node in network.nodes:
                self.assertEqual(node.stop(), 0)
            network.start()
            again = network.nodes[2].post(bytes_)
            self.assertEqual((again[0], again[1]["leaf"]), (200, first[1]["leaf"]))
            self.assertEqual(network.ledgers()[1], before[1])


class Operators(unittest.TestCase):
    """What goes wrong at start gets one clear message, the right exit code, and loses nothing."""

    def run_node(self, *arguments):
        done = subprocess.run([net.ANTAD, *arguments], capture_output=True, text=True, timeout=net.DEADLINE)
        return done.returncode, done.stdout + done.stderr

    def test_configuration_and_directories(self):
        with net.Network() as network:
            node, other = network.nodes[0], network.nodes[1]
            yaml = os.path.join(node.directory, "node.yaml")
            code, text = self.run_node("--config", yaml)  # the data directory is in use
            self.assertNotEqual(code, 0)
            self.assertRegex(text, "another antad|in use|listen")
            with open(yaml) as file:
                good = file.read()
            typo = os.path.join(node.directory, "typo.yaml")
            with open(typo, "w") as file:
                file.write(good.replace("seed:", "sede:"))
            code, text = self.run_node("--config", typo, "--check")
            self.assertEqual(code, 2, text)
            self.assertIn("seed", text)
            node.stop()
            taken = os.path.join(node.directory, "taken.yaml")
            with open(taken, "w") as file:
                file.write(good.rsplit("http:", 1)[0] + 'http: {listen: "' + other.url.removeprefix("http://") + '"}\n')
            code, text = self.run_node("--config", taken)
            self.assertEqual(code, 2, text)
            self.assertIn("another program listens on", text)
            with net.Network() as foreign:
                foreign.nodes[0].stop()
                strange = os.path.join(node.directory, "strange.yaml")
                with open(strange, "w") as file:
                    file.write(good.replace("data: data", "data: " + os.path.join(foreign.nodes[0].directory, "data")))
                code, text = self.run_node("--config", strange)
                self.assertNotEqual(code, 0)
                self.assertRegex(text, "network")


if __name__ == "__main__":
    unittest.main(verbosity=2)
