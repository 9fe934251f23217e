#!/usr/bin/env python3
"""./cli/demo as a person runs it: --once, staying up, another file, and what goes wrong."""
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import threading
import unittest
import urllib.request

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import network as net
import scenario_maker

DEMO = os.path.join(net.ROOT, "cli", "demo")
ENVIRONMENT = {k: v for k, v in os.environ.items() if not k.startswith("ANTA_")} | {"LC_ALL": "C"}


def answers(url):
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return answer.status == 200
    except OSError:
        return False


class Demo:
    """One running demo. `lines` are its words and data in the order in which they came (one pipe for both)."""

    def __init__(self, *arguments):
        self.home = tempfile.TemporaryDirectory()
        self.directory = os.path.join(self.home.name, "demo")
        self.lines, self.events = [], {}
        self.process = subprocess.Popen([DEMO, "--dir", self.directory, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                        env=ENVIRONMENT)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(timeout=net.DEADLINE)
        self.process.stdout.close()
        self.home.cleanup()

    def read_until(self, pattern):
        """The next line that matches; all lines are kept. None at the end of the output."""
        guard = threading.Timer(300, self.process.kill)  # a demo that hangs ends here, and the test with it
        guard.start()
        try:
            for line in self.process.stdout:
                self.lines.append(line.rstrip("\n"))
                if re.search(pattern, line):
                    return line
            return None
        finally:
            guard.cancel()

    def finish(self):
        self.read_until("(?!)")
        return self.process.wait(timeout=net.DEADLINE)

    def text(self):
        return "\n".join(self.lines[-40:])

    def urls(self):
        with open(os.path.join(self.directory, "network.json"), encoding="utf-8") as file:
            return json.load(file)["http"]


def write(home, document):
    path = os.path.join(home, "made file.yaml")  # with a space: a path like any other
    with open(path, "w", encoding="utf-8") as file:
        json.dump(document, file)
    return path


class DemoOnce(unittest.TestCase):
    def test_once_verifies_offline_with_the_file_and_the_policy_only(self):
        """Goal: --once ends with the buyer's verdict, given after all nodes stopped, from a directory with two files."""
        with Demo("--once") as demo:
            self.assertTrue(demo.read_until(r"^3 nodes are up"), demo.text())
            self.assertTrue(demo.read_until(r"^the nodes are stopped; the buyer holds: CERT-CATHODE.anta policy.txt $"), demo.text())
            self.assertFalse(any(line.startswith("valid") for line in demo.lines), "a verdict before the nodes were stopped")
            self.assertEqual([answers(url + "/healthz") for url in demo.urls()], [False] * 3)
            self.assertEqual(demo.finish(), 0, demo.text())
            report = "\n".join(demo.lines[next(i for i, line in enumerate(demo.lines) if "the nodes are stopped" in line) + 1:])
            self.assertRegex(report, r"^valid_with_flags")
            for wanted in ("3 of 4 cosignatures", "It does not claim", "upstream_under_review", "mina-huaquirca"):
                self.assertIn(wanted, report)
            self.assertEqual(sorted(os.listdir(os.path.join(demo.directory, "buyer"))), ["CERT-CATHODE.anta", "policy.txt"])
            network = os.path.join(demo.directory, "network")
            for node in ("nasca-sur", "bahia-sur", "sello-cobre", "puerto-ilo"):
                with open(os.path.join(network, node, "antad.log"), encoding="utf-8") as log:
                    self.assertIn("event=stopped", log.read().splitlines()[-1], node)

    def test_another_file_is_played_and_verified(self):
        """Goal: --scenario plays a file that nobody wrote the demo for, from a path with a space."""
        document = scenario_maker.Maker(301).document()
        with tempfile.TemporaryDirectory() as home, Demo("--once", "--scenario", write(home, document)) as demo:
            self.assertEqual(demo.finish(), 0, demo.text())
            self.assertIn("3 of 3 cosignatures", demo.text())
            held = [name for name in os.listdir(os.path.join(demo.directory, "buyer")) if name.endswith(".anta")]
            self.assertIn(held[0].removesuffix(".anta"), document["expectations"]["end"]["certificates"])


class DemoStays(unittest.TestCase):
    def test_it_stays_up_gives_three_commands_and_ends_with_its_nodes(self):
        """Goal: without --once the URLs answer, the last three lines run as they stand, and a signal ends demo and nodes."""
        document = scenario_maker.Maker(302).document()
        plants = [party["id"] for party in document["parties"] if "processing_plant" in party["roles"]]
        self.assertNotIn(document["parties"][0]["id"], plants)  # the plant is not simply the first of the file
        for number, code, arguments in ((signal.SIGTERM, 143, []), (signal.SIGINT, 130, ["--scenario"])):
            with self.subTest(signal=number.name), tempfile.TemporaryDirectory() as home:
                with Demo(*(arguments and [*arguments, write(home, document)])) as demo:
                    self.assertTrue(demo.read_until(r"certificate verify .*--policy"), demo.text())
                    commands = demo.lines[-3:]
                    self.assertEqual([answers(url + "/v1/status") for url in demo.urls()], [True] * 3)
                    plant = shlex.split(commands[0])[-1]
                    self.assertIn(plant, plants if arguments else ["nasca-sur", "chala-norte"])
                    for command in commands:
                        done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, env=ENVIRONMENT, timeout=net.DEADLINE)
                        self.assertEqual(done.returncode, 0, command + "\n" + done.stdout + done.stderr)
                        self.assertTrue(done.stdout.strip(), command)
                    demo.process.send_signal(number)
                    self.assertEqual(demo.finish(), code, demo.text())
                    self.assertEqual([answers(url + "/healthz") for url in demo.urls()], [False] * 3)


class DemoRefuses(unittest.TestCase):
    def refused(self, *arguments):
        done = subprocess.run([DEMO, *arguments], capture_output=True, text=True, env=ENVIRONMENT, timeout=300)
        return done.returncode, done.stdout, done.stderr

    def test_a_file_without_an_accepted_certificate(self):
        """Goal: nothing to verify is said in words with exit code 4, after the play and with the nodes stopped."""
        document = scenario_maker.Maker(303).document()
        document["steps"] = [step for step in document["steps"] if step.get("type") == "site"]
        document["expectations"] = {}
        with tempfile.TemporaryDirectory() as home, Demo("--once", "--scenario", write(home, document)) as demo:
            self.assertEqual(demo.finish(), 4, demo.text())
            self.assertIn("has no certificate that the ledger accepted", demo.lines[-1])
            self.assertEqual([answers(url + "/healthz") for url in demo.urls()], [False] * 3)

    def test_a_file_that_is_not_met_names_its_step(self):
        """Goal: the player's exit code 7 and its step reach whoever runs the demo."""
        document = scenario_maker.Maker(304).document()
        document["steps"][0]["expect"] = "rejected:lot_on_hold"
        with tempfile.TemporaryDirectory() as home, Demo("--scenario", write(home, document)) as demo:
            self.assertEqual(demo.finish(), 7, demo.text())
            self.assertRegex(demo.text(), r"step 1 .*expected lot_on_hold, got accepted")

    def test_usage(self):
        """Goal: a wrong option, a missing file and a directory that exists are refused before anything is built or made."""
        with tempfile.TemporaryDirectory() as home:
            for arguments, words in ((["--onec"], "there is no option --onec"), (["--scenario", home + "/none.yaml"], "there is no scenario file"),
                                     (["--dir", home], "exists already")):
                code, out, err = self.refused(*arguments)
                self.assertEqual((code, out), (2, ""), err)
                self.assertIn(words, err)
            self.assertEqual(os.listdir(home), [])


if __name__ == "__main__":
    unittest.main(verbosity=2)
