#!/usr/bin/env python3
"""A witness beside three nodes: any one of the four may be away, and what a witness signed it does not forget."""
import base64
import hashlib
import os
import signal
import subprocess
import sys
import unittest

import nacl.signing

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import cose
import network as net

REGISTRAR = "registro-anta"


class Registrar:
    """Statements that are accepted, one after the other."""

    def __init__(self, network):
        self.key, self.count = cose.key_of(network.registrar_key), 0

    def next(self):
        self.count += 1
        name = f"party-{self.count}"
        payload = {"event_time": cose.EVENT, "id": name, "kind": "company", "country": "DE", "name": name, "roles": ["buyer"],
                   "keys": [bytes(nacl.signing.SigningKey.generate().verify_key)]}
        return cose.statement(self.key, "party", REGISTRAR, name, payload)


def names(node):
    """Who cosigned the checkpoint that the node serves."""
    answer = node.get("/checkpoint", accept="text/plain")
    lines = answer[1].decode().split("\n\n")[1].splitlines() if answer and answer[0] == 200 else []
    return {line.split()[1] for line in lines if line.split()[1].endswith("/anta")}


class AnyThreeOfFour(unittest.TestCase):
    def cosigned(self, network, registrar):
        """Posts to a node that runs until a checkpoint over a new statement is finished."""
        node = next(node for node in network.nodes if node.process is not None)
        net.until("a leader takes it", lambda: (node.post(registrar.next()) or (0, {}))[0] == 201)

        def finished():
            answer = node.post(registrar.next(), wait="cosigned")
            return answer and answer[0] == 201 and answer[1].get("cosigned")
        net.until("a checkpoint is finished", finished)
        return node

    def test_any_one_may_be_away(self):
        """Goal: without a node the whole year is certified and verifies; then each of the four is stopped in turn; with two away nothing is."""
        with net.Network(witness=True) as network:
            network.nodes[2].stop()
            arguments = network.play_arguments()
            arguments[arguments.index("--node") + 1] = ",".join(node.url for node in network.nodes[:2])
            code, out, err = net.anta(*arguments)
            self.assertEqual(code, 0, out.decode()[-2000:] + err)
            network.start()
            registrar = Registrar(network)
            for away in network.nodes + network.witnesses:
                self.assertEqual(away.stop(), 0)
                node = self.cosigned(network, registrar)
                self.assertEqual(len(names(node)), 3)
                self.assertNotIn(away.name + "/anta", names(node))
                network.start()
            witness, away = network.witnesses[0], network.nodes[2]
            witness.kill()
            away.kill()
            node = network.nodes[0]
            net.until("a leader takes it", lambda: (node.post(registrar.next()) or (0, {}))[0] == 201)

            def names_both():  # the leader knows whom it waits for; the other node knows of its peers alone
                answers = [one.post(registrar.next(), wait="cosigned") for one in network.nodes[:2]]
                told = [answer for status, answer in answers if status == 201]
                self.assertFalse(any(answer["cosigned"] for answer in told))
                return {witness.name, away.name} in [set(answer["missing"]) for answer in told]
            net.until("the leader names both", names_both)
            witness.start()
            self.assertIn(witness.name + "/anta", names(self.cosigned(network, registrar)))

    def test_the_witness_is_killed_again_and_again(self):
        """Goal: one node is away, so that each checkpoint needs the witness; it is killed in the middle, and whoever it was goes on."""
        with net.Network(witness=True) as network:
            registrar = Registrar(network)
            network.nodes[2].stop()
            witness = network.witnesses[0]
            for _ in range(5):
                self.cosigned(network, registrar)
                network.nodes[0].post(registrar.next())
                witness.kill()
                witness.start()
            self.assertIn(witness.name + "/anta", names(self.cosigned(network, registrar)))


class WitnessAlone(unittest.TestCase):
    """The process itself, asked by a program that is not ours."""

    @classmethod
    def setUpClass(cls):
        cls.network = net.Network(witness=True).__enter__()
        cls.addClassCleanup(cls.network.__exit__)
        cls.witness = cls.network.witnesses[0]
        for node in cls.network.nodes[1:]:  # a checkpoint, and then nobody that asks on its own
            net.until("a checkpoint", lambda node=node: names(node))
        cls.note = cls.network.nodes[0].get("/checkpoint", accept="text/plain")[1]
        for node in cls.network.nodes:
            node.stop()
        cls.size = int(cls.note.split(b"\n")[1])

    def known(self):
        """The size that the witness has, by its 409."""
        status, kind, body = self.witness.ask(b"old 0\n\n" + self.note)
        self.assertEqual((status, kind), (409, "text/x.tlog.size"))
        return int(body)

    def test_shows_what_it_cosigned(self):
        """Goal: whoever watches gets the newest checkpoint by the hash of its origin, under the log's key and the witness's; also after a restart."""
        origin = self.note.split(b"\n")[0]
        path = f"/{hashlib.sha256(origin).hexdigest()}/checkpoint"
        self.assertEqual(self.witness.ask(b"old %d\n\n" % self.known() + self.note)[0], 200)
        for _ in range(2):
            net.until("it runs", lambda: self.witness.get("/healthz"))
            status, shown = self.witness.get(path, accept="text/plain")
            self.assertEqual(status, 200)
            text, lines = shown.split(b"\n\n")
            self.assertEqual(text, self.note.split(b"\n\n")[0])
            self.assertEqual([line.split()[1] for line in lines.decode().splitlines()], [origin.decode(), self.witness.name + "/anta"])
            self.assertEqual(self.witness.stop(), 0)
            self.witness.start()
        net.until("it runs", lambda: self.witness.get("/healthz"))
        self.assertEqual(self.witness.get(path.replace("/checkpoint", "0/checkpoint"), accept="text/plain")[0], 404)

    def test_unit_files_start_what_is_there(self):
        """Goal: the commands of the systemd units are ones that antad takes, for a node and for a witness."""
        for unit, one, home in (("antad.service", self.network.nodes[0], "/var/lib/anta"),
                                ("antad-witness.service", self.witness, "/var/lib/anta-witness")):
            with open(os.path.join(net.ROOT, "node", unit), encoding="ascii") as file:
                commands = [line.split("=", 1)[1].split() for line in file if line.startswith("ExecStart")]
            self.assertEqual(len(commands), 1, unit)
            start = [word.replace("/usr/local/bin/antad", net.ANTAD).replace(home, one.directory) for word in commands[0]]
            checked = subprocess.run([*start, "--check"], capture_output=True, check=False)
            self.assertEqual(checked.returncode, 0, checked.stderr)

    def test_answers(self):
        """Goal: a log's own note is cosigned again at its size; the answers 400, 403, 404, 409 and 413 to what is not good."""
        status, _, body = self.witness.ask(b"old %d\n\n" % self.known() + self.note)
        self.assertEqual(status, 200)
        dash, name, blob = body.decode().split()
        self.assertEqual((dash, name), ("\u2014", self.witness.name + "/anta"))
        raw = base64.b64decode(blob)
        with open(self.network.policy, encoding="ascii") as file:
            line = next(line for line in file if line.startswith("witness " + name))
        key = nacl.signing.VerifyKey(base64.b64decode(line.split()[2].split("+", 2)[2])[1:])
        time = int.from_bytes(raw[4:12], "big")
        key.verify(b"cosignature/v1\ntime %d\n" % time + self.note.split(b"\n\n")[0] + b"\n", raw[12:])
        self.assertEqual(self.witness.ask(b"nonsense")[0], 400)
        self.assertEqual(self.witness.ask(b"old 1\n\n" + self.note.replace(b"anta.example", b"else.example"))[0], 404)
        self.assertEqual(self.witness.ask(b"old 1\n\n" + self.note.replace(b"\n%d\n" % self.size, b"\n%d\n" % (self.size + 1), 1))[0], 403)
        self.assertEqual(self.witness.ask(b"x" * 1_000_000)[0], 413)

    def test_it_does_not_forget(self):
        """Goal: after a SIGKILL it has the same size; without its file it does not start, and says what to do."""
        known = self.known()
        self.assertGreater(known, 0)
        self.witness.kill()
        self.witness.start()
        net.until("the witness is up", self.witness.is_ready)
        self.assertEqual(self.known(), known)
        self.assertEqual(self.witness.stop(), 0)
        file = os.path.join(self.witness.directory, "data", "witness.state")
        os.rename(file, file + ".kept")
        done = subprocess.run([net.ANTAD, "--witness", "--config", os.path.join(self.witness.directory, "witness.yaml")], capture_output=True,
                              text=True, timeout=net.DEADLINE, check=False)
        self.assertEqual(done.returncode, 8, done.stderr)
        for wanted in ("store.missing", "this witness has run before", "anta network node witness"):
            self.assertIn(wanted, done.stderr)
        os.rename(file + ".kept", file)
        self.witness.start()
        net.until("the witness is up", self.witness.is_ready)
        self.assertEqual(self.known(), known)

    def test_reload_and_check(self):
        """Goal: --check says ok, or what is wrong; SIGHUP takes a good file over and refuses a bad one, and the witness goes on."""
        path = os.path.join(self.witness.directory, "witness.yaml")
        with open(path, encoding="utf-8") as file:
            good = file.read()

        def check():
            done = subprocess.run([net.ANTAD, "--witness", "--check", "--config", path], capture_output=True, text=True, timeout=net.DEADLINE,
                                  check=False)
            return done.returncode, done.stdout + done.stderr
        self.assertEqual(check(), (0, f"ok: witness {self.witness.name}\n"))
        for content, code, event in ((good.replace("policy:", "polcy:"), 2, "reload_refused"), (good + "log: {level: debug}\n", 0, "reloaded")):
            with open(path, "w", encoding="utf-8") as file:
                file.write(content)
            self.assertEqual(check()[0], code)
            self.witness.process.send_signal(signal.SIGHUP)
            net.until(event, lambda event=event: event in self.witness.log())
        self.known()


if __name__ == "__main__":
    unittest.main(verbosity=2)
