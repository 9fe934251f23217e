#!/usr/bin/env python3
"""What an operator gets to see when a node can not start: one clear message, the rule, the next step, the exit code, nothing lost."""
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import network as net
from played import PlayedNetwork

USAGE, STORAGE = 2, 8


def flip(path, at):
    """One byte of the file becomes another."""
    with open(path, "r+b") as file:
        file.seek(at)
        byte = file.read(1)
        file.seek(at)
        file.write(bytes([byte[0] ^ 0x40]))


class Operators(PlayedNetwork):
    """One network that has played the year. Its first node is broken in one way after another; the other two go on each time."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.node, cls.other, cls.third = cls.network.nodes
        cls.written = 0
        with open(os.path.join(cls.node.directory, "node.yaml"), encoding="utf-8") as file:
            cls.good = file.read()

    def setUp(self):
        if self.node.process is None:
            self.node.start()
        self.network.until_ready()

    # --- tools ---
    def config(self, *changes):
        """The node's configuration with these texts replaced; beside the good one."""
        text = self.good
        for old, new in changes:
            self.assertIn(old, text)
            text = text.replace(old, new)
        path = os.path.join(self.node.directory, "changed.yaml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def db(self, *names):
        return os.path.join(self.node.directory, "data", "db", *names)

    def files(self, *endings):
        return sorted(name for name in os.listdir(self.db()) if name.split(".")[0].isdigit() and name.endswith(endings))

    def digests(self):
        """Every table and write-ahead log, and the watermark: what holds or guards the ledger's bytes."""
        found = {}
        for name in [*self.files(".sst", ".log"), "watermark"]:
            with open(self.db(name), "rb") as file:
                found[name] = hashlib.sha256(file.read()).hexdigest()
        return found

    def refused(self, config, code, rule, *words, opened=False):
        """antad ends by itself with this exit code and names rule and words in one line. Unless it had `opened` its sound database
        by then (RocksDB may tidy that), it leaves the ledger's bytes alone."""
        before = self.digests()
        done = subprocess.run([net.ANTAD, "--config", config], capture_output=True, text=True, timeout=net.DEADLINE)
        last = (done.stderr.splitlines() or [""])[-1]
        self.assertEqual(done.returncode, code, done.stderr)
        self.assertRegex(last, rf"^antad: .*\[{rule}\]$")
        for word in words:
            self.assertIn(word, last)
        after = before if opened else self.digests()
        self.assertEqual({name: after.get(name) for name in before}, before, "a refused start changed the ledger's bytes")

    def the_others_go_on(self):
        """A new statement is recorded by the two that run."""
        type(self).written += 1
        home = self.network.home
        document = os.path.join(home, "site.yaml")
        with open(document, "w", encoding="utf-8") as file:
            file.write('as: nordkabel\ntype: site\npayload: {event_time: "2025-10-28T13:00:00-05:00", id: "lager-%d", operator: "nordkabel", '
                       'kind: "warehouse", country: "DE"}\n' % self.written)
        statement = os.path.join(home, f"site-{self.written}.cose")
        code, _, err = net.anta("sign", document, "--key", os.path.join(self.network.keys(), "nordkabel.key"), "--out", statement)
        self.assertEqual(code, 0, err)
        with open(statement, "rb") as file:
            content = file.read()

        def recorded():
            answer = self.other.post(content)
            return answer is not None and answer[0] in (200, 201)
        net.until("the two other nodes record a statement", recorded)
        self.assertEqual(net.until("the third has it", lambda: self.third.json(f"/v1/sites/lager-{self.written}?fresh=1"))["operator"], "nordkabel")

    def comes_back(self):
        """With what was broken put right, the node starts and has what the others have."""
        self.node.start()
        self.network.until_ready()
        ledgers = self.network.ledgers()
        self.assertEqual(ledgers[0], ledgers[1])
        self.assertEqual(ledgers[0], ledgers[2])

    # --- addresses ---
    def test_an_http_port_that_is_taken(self):
        """Goal: exit 2, http.port_taken, the address, and what to set."""
        self.assertEqual(self.node.stop(), 0)
        taken, own = (node.url.removeprefix("http://") for node in (self.other, self.node))
        self.refused(self.config((own, taken)), USAGE, "http.port_taken", f"another program listens on {taken}", "set another http.listen",
                     opened=True)
        self.the_others_go_on()
        self.comes_back()

    def test_a_peer_port_that_is_taken_exits_2_and_names_the_next_step(self):
        """Goal: exit 2, peer.port_taken, the address, and what to set (it was exit 8 without a next step)."""
        self.assertEqual(self.node.stop(), 0)
        own = next(line for line in self.good.splitlines() if line.startswith("peer:"))
        taken = self.other.url.removeprefix("http://")
        self.refused(self.config((own, 'peer: {listen: "%s"}' % taken)), USAGE, "peer.port_taken", f"another program listens on {taken}",
                     "set another peer.listen", opened=True)
        self.the_others_go_on()
        self.comes_back()

    # --- directories ---
    def test_a_data_directory_in_use(self):
        """Goal: exit 8, store.in_use; the node that uses it does not notice."""
        before = self.node.json("/v1/status")["term"]
        done = subprocess.run([net.ANTAD, "--config", self.config()], capture_output=True, text=True, timeout=net.DEADLINE)
        self.assertEqual(done.returncode, STORAGE, done.stderr)
        self.assertRegex(done.stderr.splitlines()[-1], r"^antad: another antad uses .*Next step: stop it, or name another directory.*\[store.in_use\]$")
        self.assertTrue(self.node.is_ready())
        self.assertEqual(self.node.json("/v1/status")["term"], before)
        self.the_others_go_on()

    def test_a_data_directory_of_another_network_or_node(self):
        """Goal: exit 8 with store.other_network or store.other_node; the foreign directory stays as it is and starts again."""
        self.assertEqual(self.node.stop(), 0)
        with net.Network() as foreign:
            stranger = foreign.nodes[0]
            self.assertEqual(stranger.stop(), 0)
            self.refused(self.config(("data: data", "data: " + os.path.join(stranger.directory, "data"))), STORAGE, r"store\.other_network",
                         "belongs to another network", "Next step: name the directory of this network")
            stranger.start()
            foreign.until_ready()
            ledgers = foreign.ledgers()
            self.assertEqual(ledgers[0], ledgers[1])
        self.assertEqual(self.third.stop(), 0)
        self.refused(self.config(("data: data", "data: " + os.path.join(self.third.directory, "data"))), STORAGE, r"store\.other_node",
                     "belongs to another node than nasca-sur", "Next step: name this node's own directory")
        self.third.start()
        net.until("the third is ready", self.third.is_ready)
        self.the_others_go_on()
        self.comes_back()

    def test_a_configuration_with_a_typo(self):
        """Goal: exit 2, the line, and the key that was probably meant; --check says the same without starting."""
        path = self.config(("seed:", "sede:"))
        for arguments in (("--config", path, "--check"), ("--config", path)):
            done = subprocess.run([net.ANTAD, *arguments], capture_output=True, text=True, timeout=net.DEADLINE)
            self.assertEqual(done.returncode, USAGE, done.stderr)
            self.assertRegex(done.stderr, r'line 5.*"sede".*did you mean "seed"')
        self.assertTrue(self.node.is_ready())

    def test_a_good_configuration_is_checked_without_touching_anything(self):
        """Goal: --check says which node of which network it is and ends with 0, beside a node that runs and where none runs; it
        changes nothing, also where the node never ran."""
        config = os.path.join(self.node.directory, "node.yaml")
        name = self.node.json("/v1/network")["network"]

        def check(path):
            done = subprocess.run([net.ANTAD, "--config", path, "--check"], capture_output=True, text=True, timeout=net.DEADLINE)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertEqual(done.stdout, f"ok: node {self.node.name} of network {name}\n")
        check(config)
        self.assertTrue(self.node.is_ready())
        self.assertEqual(self.node.stop(), 0)
        before = (self.digests(), sorted(os.listdir(self.db())))
        check(config)
        check(self.config(("data: data", "data: never")))
        self.assertEqual((self.digests(), sorted(os.listdir(self.db()))), before)
        self.assertFalse(os.path.exists(os.path.join(self.node.directory, "never")))
        self.comes_back()

    # --- signals ---
    def reload(self, text, word):
        """The node's own file becomes this text; SIGHUP; its log then has one more line with this event."""
        with open(os.path.join(self.node.directory, "node.yaml"), "w", encoding="utf-8") as file:
            file.write(text)
        before = self.node.log().count(f"event={word}")
        self.node.process.send_signal(signal.SIGHUP)
        net.until(f"the log says {word}", lambda: self.node.log().count(f"event={word}") > before)

    def peer_lines(self):
        """How many lines of level info the node writes while another leaves and comes back."""
        before = self.node.log().count("event=peer_")
        self.assertEqual(self.other.stop(), 0)
        net.until("the node sees it go", lambda: not any(p["up"] for p in self.node.json("/v1/status")["peers"] if p["id"] == self.other.name))
        self.other.start()
        self.network.until_ready()
        net.until("the node sees it come", lambda: all(p["up"] for p in self.node.json("/v1/status")["peers"] if p["id"] != self.node.name))
        return self.node.log().count("event=peer_") - before

    def test_sighup_takes_the_log_level_over_and_refuses_a_bad_file(self):
        """Goal: the level of the file counts from SIGHUP on, in both directions; a file with a mistake is refused in the log and
        changes nothing; the node serves all the while, in the same process."""
        self.addCleanup(self.reload, self.good, "reloaded")
        own = next((line for line in self.good.splitlines() if line.startswith("log:")), None)
        rest = self.good.replace(own + "\n", "") if own else self.good
        process = self.node.process.pid
        self.assertGreater(self.peer_lines(), 0)
        self.reload(rest + "log: {level: debug}\n", "reloaded")
        self.reload(rest + "log: {level: loud}\n", "reload_refused")
        refused = [line for line in self.node.log().splitlines() if "event=reload_refused" in line][-1]
        self.assertIn("level=error", refused)
        self.assertIn("not one of debug, info, warning, error", refused)
        self.assertGreater(self.peer_lines(), 0)
        # The line of a reload to `error` is itself below that level: a refused file after it shows that it was read.
        with open(os.path.join(self.node.directory, "node.yaml"), "w", encoding="utf-8") as file:
            file.write(rest + "log: {level: error}\n")
        self.node.process.send_signal(signal.SIGHUP)
        net.until("the signal is taken", lambda: not self.pending(signal.SIGHUP))
        self.reload(rest + "log: {level: loud}\n", "reload_refused")
        self.assertEqual(self.peer_lines(), 0)
        self.reload(self.good, "reloaded")
        self.assertGreater(self.peer_lines(), 0)
        self.assertEqual(self.node.process.pid, process)
        self.assertIsNone(self.node.process.poll())

    def test_sighup_takes_the_limits_over_and_names_what_needs_a_restart(self):
        """Goal: a new limit is met by the next requests, an address that changed is named and stays, a file with one mistake changes
        nothing of what else it says, and the good file again brings everything back; in the same process."""
        self.addCleanup(self.reload, self.good, "reloaded")
        process = self.node.process.pid
        own = next(line for line in self.good.splitlines() if line.startswith("http:"))
        limited = "limits: {http_requests_per_second: 1}\n"
        self.reload(self.good.replace(own, 'http: {listen: "127.0.0.1:1"}') + limited, "reloaded")
        lines = [line for line in self.node.log().splitlines() if "event=reload" in line][-2:]
        self.assertIn("level=warning event=reload_needs_restart keys=http.listen ", lines[0])
        self.assertIn("event=reloaded changed=limits.http_requests_per_second", lines[1])
        net.until("the second request of a second is refused", lambda: self.node.get("/healthz")[0] == 429)
        mistaken = self.good + "limits:\n  http_requests_per_second: 50000\n  http_connection: 9\n"
        self.reload(mistaken, "reload_refused")
        refused = [line for line in self.node.log().splitlines() if "event=reload_refused" in line][-1]
        self.assertIn(f"line {mistaken.count(chr(10))}, ", refused)
        self.assertIn("did you mean", refused)
        net.until("the old limit holds", lambda: self.node.get("/healthz")[0] == 429)
        self.reload(self.good, "reloaded")
        net.until("the limit is gone", lambda: self.node.get("/healthz")[0] == 200)
        for _ in range(20):
            self.assertEqual(self.node.get("/healthz")[0], 200)
        self.assertEqual((self.node.process.pid, self.node.process.poll()), (process, None))

    def pending(self, number):
        """Whether the signal waits to be taken by the node's process."""
        with open(f"/proc/{self.node.process.pid}/status", encoding="ascii") as file:
            masks = [int(line.split()[1], 16) for line in file if line.startswith(("SigPnd:", "ShdPnd:"))]
        return any(mask >> (number - 1) & 1 for mask in masks)

    # --- damaged bytes ---
    def test_a_damaged_table(self):
        """Goal: flipped bytes in a table that a start reads: exit 8, the file is named, nothing is repaired by guessing.

        A start does not read the whole ledger, so that a table of old history may let it pass (the scrub, off here, finds it: rot_test);
        at least the state and the tree are read. The damaged directory runs cut off from its peers: what it does is not heard by anybody."""
        for _ in range(2):  # what a start finds in the write-ahead log becomes tables
            self.assertEqual(self.node.stop(), 0)
            self.node.start()
            self.network.until_ready()
        self.assertEqual(self.node.stop(), 0)
        with open(os.path.join(self.node.directory, "node.yaml"), encoding="utf-8") as file:
            own = next(line for line in file if line.startswith("peer:"))
        config = self.config((own, 'peer: {listen: "127.0.0.1:0"}\npeers: {bahia-sur: "127.0.0.1:1", sello-cobre: "127.0.0.1:1"}\n'
                                    'limits: {scrub_bytes_per_second: 0}\n'))
        whole = self.node.directory + "-whole"
        shutil.copytree(self.node.directory, whole, copy_function=shutil.copy2)
        refused = 0
        for name in self.files(".sst"):
            with self.subTest(table=name):
                for part in (1, 2, 3):
                    flip(self.db(name), os.path.getsize(self.db(name)) * part // 5)
                if not self.starts(config):
                    refused += 1
                    self.refused(config, STORAGE, r"store\.damaged", name, "Next step: ", "from a backup, or let ")
            shutil.rmtree(self.node.directory)
            shutil.copytree(whole, self.node.directory, copy_function=shutil.copy2)
        self.assertGreaterEqual(refused, 2)
        self.the_others_go_on()
        self.comes_back()

    def starts(self, config):
        """Whether antad gets so far that it answers; then it is stopped."""
        process = subprocess.Popen([net.ANTAD, "--config", config], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        alive = net.until("it answers or ends", lambda: "ended" if process.poll() is not None else "up" if self.node.get("/healthz") else None)
        process.kill()
        process.wait()
        return alive == "up"

    def test_damage_in_the_middle_of_the_write_ahead_log(self):
        """Goal: a flipped byte with intact records behind it is no torn tail: exit 8, file and offset, nothing is cut off."""
        self.the_others_go_on()  # all three write: the newest log has something to lose
        net.until("the node has it", lambda: self.node.json(f"/v1/sites/lager-{self.written}?fresh=1"))
        self.assertEqual(self.node.kill(), -signal.SIGKILL)
        newest = self.files(".log")[-1]
        at = os.path.getsize(self.db(newest)) // 2
        flip(self.db(newest), at)
        self.refused(os.path.join(self.node.directory, "node.yaml"), STORAGE, r"store\.damaged", newest, "intact records follow",
                     "Next step: do not delete anything")
        self.the_others_go_on()
        flip(self.db(newest), at)
        self.comes_back()

    def test_a_damaged_seed(self):
        """Goal: a changed, a cut and a readable seed are each refused with exit 2 before anything is opened."""
        self.assertEqual(self.node.stop(), 0)
        config, seed = os.path.join(self.node.directory, "node.yaml"), os.path.join(self.node.directory, "node.seed")
        with open(seed, "rb") as file:
            good = file.read()
        with open(seed, "wb") as file:
            file.write((b"1" if good[:1] == b"0" else b"0") + good[1:])
        self.refused(config, USAGE, r"config\.seed", "is not the seed of node nasca-sur", "give it the file that antad --init made")
        with open(seed, "wb") as file:
            file.write(good[:40])
        self.refused(config, USAGE, r"config\.seed", "is not a seed file: 64 hex digits and LF")
        with open(seed, "wb") as file:
            file.write(good)
        os.chmod(seed, 0o644)
        self.refused(config, USAGE, r"config\.seed", "node.seed", "chmod 600")
        os.chmod(seed, 0o600)
        self.the_others_go_on()
        self.comes_back()


if __name__ == "__main__":
    unittest.main(verbosity=2)
