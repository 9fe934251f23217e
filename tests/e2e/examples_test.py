#!/usr/bin/env python3
"""Every example of every command's help is run by a shell as it is printed, against nodes that have played the year.

Each runs in a directory of its own, which holds what the example reads and nothing that it writes. Only the node's address is
replaced: every example says the same one, and the network's ports are its own.
"""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import network as net

ADDRESS = "http://127.0.0.1:8080"
GRANT = 'as: registro-anta\ntype: role-grant\npayload: {{event_time: "2025-10-30T09:00:00-05:00", party: nordkabel, role: {0}, from: "2025-10-30T09:00:00-05:00"}}\n'
FILES = {
    "passphrase.txt": "cobre y agua\n",
    "seed.hex": "11" * 32 + "\n",
    "network.yaml": "network: sur\nregistrar: reg\nschemes: [{id: crp, owner: reg}]\nnodes: [{id: n1, organisation: o1}, {id: n2, organisation: o2}, "
                    "{id: n3, organisation: o3}]\n",
    "node-keys.yaml": f'keys: {{log: "{"a1" * 32}", cosigner: "{"a2" * 32}", tls: "{"a3" * 32}"}}\n',
    "other-keys.yaml": f'keys: {{log: "{"b1" * 32}", cosigner: "{"b2" * 32}", tls: "{"b3" * 32}"}}\n',
    "ilo-keys.yaml": f'keys: {{log: "{"c1" * 32}", cosigner: "{"c2" * 32}", tls: "{"c3" * 32}"}}\n',
    "witness-key.yaml": f'key: "{"d1" * 32}"\n',
    "weighed.yaml": "L-001: {wet_g: 28520000, moisture_ppm: 29000, cu_ppm: 78100, status: final, method: scale}\n",
    "dispatch.yaml": 'as: apu-ccollpa\ntype: dispatch\npayload: {event_time: "2025-11-03T10:00:00-05:00", id: D-1, from_site: mina-apu-ccollpa, to: '
                     'nasca-sur, to_site: planta-nasca-sur, ownership_moves: true, waybill: T001-1, lots: [{lot: L-1, measurement: {wet_g: 8000000, '
                     'moisture_ppm: 30000, cu_ppm: 60000, status: estimated}}]}\n',
}
OPERATOR = GRANT.replace("nordkabel", "{1}")
ROTATION = 'as: registro-anta\ntype: key-rotate\npayload: {{event_time: "2025-12-30T09:00:00-05:00", party: {0}, old: "{1}", new: "{2}"}}\n'
MAKES_A_KEY = ("anta key new", "anta key import")  # and overwrites none


def examples():
    """(command, its examples) in the order of the help."""
    table = subprocess.run([net.ANTA, "--help"], capture_output=True, text=True, check=True).stdout
    for command in re.findall(r"^  anta (.+?)  ", table, re.M):
        shown = subprocess.run([net.ANTA, *command.split(), "--help"], capture_output=True, text=True, check=True).stdout
        yield command, [line.strip() for line in shown.splitlines() if line.startswith("  anta " + command + " ")]


class Examples(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.network = net.Network().__enter__()
        cls.addClassCleanup(cls.network.__exit__)

    def setUp(self):
        self.ready = tempfile.TemporaryDirectory()  # what examples read
        self.addCleanup(self.ready.cleanup)
        for name, content in FILES.items():
            with open(self.path(name), "w", encoding="ascii") as file:
                file.write(content)
            os.chmod(self.path(name), 0o600)
        shutil.copy(net.SCENARIO, self.path("southern-peru.yaml"))
        shutil.copy(self.network.registrar_key, self.path("registrar.key"))
        for name in ("policy.txt", "policy.assertions.yaml"):
            shutil.copy(os.path.join(self.network.directory, name), self.path(name))
        self.anta("key", "new", "planta.key", "--passphrase-file", "passphrase.txt")
        for role, where in (("trader", ("--out", "statement.cose")), ("laboratory", ("--outbox", "outbox"))):
            with open(self.path("grant.yaml"), "w", encoding="ascii") as file:
                file.write(GRANT.format(role))
            self.anta("sign", "grant.yaml", "--key", "registrar.key", *where)

    def path(self, name):
        return os.path.join(self.ready.name, name)

    def anta(self, *arguments):
        code, _, err = net.anta(*arguments, cwd=self.ready.name)
        self.assertEqual(code, 0, err)

    def record(self, text):
        with open(self.path("office.yaml"), "w", encoding="ascii") as file:
            file.write(text)
        self.anta("sign", "office.yaml", "--key", "registrar.key", "--outbox", "office")
        self.anta("submit", "office", "--node", self.network.urls())

    def prepare_votes(self):
        """planta.key becomes nasca-sur's and bahia.key bahia-sur's; chala-norte may run a node, carga-nasca runs a learner, P-1 waits for votes."""
        self.anta("key", "new", "bahia.key", "--passphrase-file", "passphrase.txt")
        signing = {}
        for party, key in (("nasca-sur", "planta.key"), ("bahia-sur", "bahia.key")):
            shown = net.anta("key", "show", key, "--passphrase-file", "passphrase.txt", "--output", "json", cwd=self.ready.name)[1]
            old = self.network.nodes[0].json(f"/v1/parties/{party}/history")["items"][0]["payload"]["keys"][0]
            self.record(ROTATION.format(party, old, json.loads(shown)["key"]))
            signing[party] = ("--as", party, "--key", key, "--passphrase-file", "passphrase.txt", "--node", self.network.urls())
        for party in ("chala-norte", "carga-nasca", "verificadora-andina"):
            self.record(OPERATOR.format("node_operator", party))
        self.anta("network", "node", "add", "nodo-ilo", "--organisation", "carga-nasca", "--address", "ilo.example:7101", "--keys", "ilo-keys.yaml",
                  "--proposal", "P-0", *signing["nasca-sur"])
        self.anta("network", "vote", "P-0", "--approve", *signing["bahia-sur"])
        self.anta("network", "parameter", "speed_flag_kmh", "90", "--proposal", "P-1", *signing["bahia-sur"])
        shutil.rmtree(self.path("office"))

    def prepare_backup(self):
        """before.backup, which nasca-sur took with planta.key; the example that makes one makes another."""
        self.anta("backup", "--out", "before.backup", "--as", "nasca-sur", "--key", "planta.key", "--passphrase-file", "passphrase.txt", "--node", self.network.urls())

    def prepare_mirror(self):
        """checkpoint.note and yours.note are one checkpoint, mirror an exported directory."""
        node = self.network.nodes[0]
        note = node.get("/checkpoint", accept="text/plain")[1]
        for name in ("checkpoint.note", "yours.note"):
            with open(self.path(name), "wb") as file:
                file.write(note)
        self.anta("export", "--tiles", "mirror", "--node", node.url)

    def prepare_receipts(self):
        """lot.cose is a statement with the receipts of all three organisations."""
        digest = self.network.nodes[0].json("/v1/parties/nasca-sur/history")["items"][0]["digest"]
        self.anta("export", "--format", "cose-receipts", "--statement", digest, "--node", self.network.urls(), "--out", "lot.cose")

    def run_example(self, example):
        with tempfile.TemporaryDirectory() as home:
            work = os.path.join(home, "work")
            shutil.copytree(self.ready.name, work)
            if example.startswith(MAKES_A_KEY):
                os.remove(os.path.join(work, "planta.key"))
            environment = {k: v for k, v in os.environ.items() if not k.startswith("ANTA_")}
            environment.update(HOME=home, LC_ALL="C", PATH=os.path.dirname(net.ANTA) + ":" + environment["PATH"])
            done = subprocess.run(["bash", "-euo", "pipefail", "-c", example.replace(ADDRESS, self.network.nodes[0].url)], cwd=work,
                                  env=environment, capture_output=True, text=True, timeout=240)
            self.assertEqual(done.returncode, 0, example + "\n" + done.stdout[-1000:] + done.stderr[-2000:])
            written = re.findall(r"(?:>|--out) (\S+)", example)
            for name in written:
                self.assertTrue(os.path.exists(os.path.join(work, name)), f"{example}: no {name}")
            self.assertTrue(done.stdout or done.stderr or written, example + ": it says nothing and makes nothing")

    def test_every_example_of_the_help_runs(self):
        """Goal: whoever copies an example out of the help has a command that works; exit code 0 for each."""
        commands = dict(examples())
        self.assertGreaterEqual(len(commands), 30)
        play = commands.pop("play")  # first: the others ask about its year
        self.assertEqual(len(play), 1)
        self.run_example(play[0])
        self.anta("certificate", "get", "CERT-CATHODE", "--node", self.network.urls(), "--out", "cathode.anta")
        self.anta("certificate", "get", "CERT-CATHODE", "--node", self.network.urls(), "--bytes-max", "65536", "--out", "small.anta")
        self.prepare_mirror()
        self.prepare_receipts()
        self.prepare_votes()
        self.prepare_backup()
        for command, lines in commands.items():
            self.assertTrue(lines, command + " has no example")
            for example in lines:
                with self.subTest(example=example):
                    self.assertEqual(set(re.findall(r"https?://\S+", example)) - {ADDRESS}, set())
                    self.run_example(example)


if __name__ == "__main__":
    unittest.main(verbosity=2)
