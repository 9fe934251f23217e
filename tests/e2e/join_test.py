#!/usr/bin/env python3
"""A fourth node joins a network that goes on: its history comes from all three nodes at once, it is killed in the middle and goes on, and becomes
a voter once it has judged all of it.

    tests/e2e/join_test.py JoinFigures      with a longer ledger and no limit of rate, beside a copy over TLS into a synced file: prints figures
    tests/e2e/join_test.py BehindFigures    a follower that was away comes back far behind: what the leader's memory and throughput say of it
"""
import hashlib
import json
import os
import re
import socket
import ssl
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.request

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import cose
import network as net

OWNERS = ("nasca-sur", "bahia-sur", "sello-cobre")
JOINER = "nodo-chala"
BATCH = 10
NOTE = "n" * 500


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Clients:
    """One client that records a statement after the other, in a thread of its own; keeps how long each took."""

    def __init__(self, test):
        self.test, self.stopped, self.took, self.failed = test, threading.Event(), [], []
        self.thread = threading.Thread(target=self.run)

    def run(self):
        while not self.stopped.is_set():
            begun = time.monotonic()
            answer = self.test.leader.post(self.test.site())
            if answer is None or answer[0] != 201:
                self.failed.append(answer)
            self.took.append(time.monotonic() - begun)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopped.set()
        self.thread.join()

    def p50_ms(self):
        return round(statistics.median(self.took) * 1000, 1)


class Crowd:
    """Many clients at once, each with one statement under way: what the leader can take at all. Statements are signed beforehand."""

    def __init__(self, test, ahead, clients=16):
        self.test, self.stopped, self.took, self.failed = test, threading.Event(), [], []
        self.ready = [test.site() for _ in range(ahead)]
        self.threads = [threading.Thread(target=self.run) for _ in range(clients)]

    def run(self):
        while not self.stopped.is_set():
            answer = self.test.leader.post(self.ready.pop())
            if answer and answer[0] == 201:
                self.took.append(time.monotonic())
            else:
                self.failed.append(answer)

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stopped.set()
        for thread in self.threads:
            thread.join()

    def rate(self, begun, ended):
        """Statements a second between the two moments."""
        return sum(begun <= at < ended for at in self.took) / (ended - begun)


def tls_copy(size):
    """Seconds that it takes to send so many bytes over TLS 1.3 on loopback into a file that is synced at the end."""
    with tempfile.TemporaryDirectory() as home:
        key, certificate = os.path.join(home, "key.pem"), os.path.join(home, "certificate.pem")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ed25519", "-noenc", "-keyout", key, "-out", certificate, "-subj", "/CN=localhost"],
                       check=True, capture_output=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        with socket.create_server(("127.0.0.1", 0)) as server:
            def send():
                with context.wrap_socket(server.accept()[0], server_side=True) as to:
                    block = os.urandom(1 << 20)
                    for at in range(0, size, len(block)):
                        to.sendall(block[:size - at])
            sender = threading.Thread(target=send)
            sender.start()
            trust = ssl.create_default_context(cafile=certificate)
            begun = time.monotonic()
            with trust.wrap_socket(socket.create_connection(server.getsockname()), server_hostname="localhost") as source:
                with open(os.path.join(home, "copy"), "wb") as file:
                    while got := source.recv(1 << 16):
                        file.write(got)
                    file.flush()
                    os.fsync(file.fileno())
            took = time.monotonic() - begun
            sender.join()
            return took


def memory_mb(process, name):
    """VmRSS (now) or VmHWM (the most since `memory_peak_from_now`)."""
    with open(f"/proc/{process.pid}/status", encoding="ascii") as file:
        return int(re.search(rf"{name}:\s+(\d+) kB", file.read())[1]) / 1e3


def memory_peak_from_now(process):
    with open(f"/proc/{process.pid}/clear_refs", "w", encoding="ascii") as file:
        file.write("5")


def cpu_seconds(process):
    """What it has used so far, all its threads together."""
    with open(f"/proc/{process.pid}/stat", encoding="ascii") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Growing(unittest.TestCase):
    """Three nodes that go on, and what a fourth one needs to join them."""
    rate = 400_000  # bytes per second that each of the three may give

    def setUp(self):
        self.network = net.Network()
        self.addCleanup(self.network.__exit__)
        for node in self.network.nodes:
            self.configure(node, f"limits: {{join_bytes_per_second: {self.rate}, key_statements_per_second: 1000000, key_statements_burst: 1000000}}\n")
        self.network.start()
        self.leader = self.network.leader()
        self.home, self.sites, self.keys = self.network.home, 0, {}
        for party in OWNERS + ("chala-norte",):
            made = json.loads(self.ok("key", "new", party + ".key", "--no-passphrase", "--output", "json"))
            self.write("party.yaml", f"as: registro-anta\ntype: party\npayload: {{event_time: 2025-10-28T13:00:00-05:00, id: {party}, kind: company, "
                                     f"country: DE, name: {party}, roles: [node_operator, processing_plant], keys: [\"{made['key']}\"]}}\n")
            self.ok("sign", "party.yaml", "--key", self.network.registrar_key, "--outbox", "parties")
            self.keys[party] = cose.key_of(os.path.join(self.home, party + ".key"))
        self.ok("submit", "parties", "--wait", "committed", "--node", self.network.urls())

    # --- tools ---
    @staticmethod
    def configure(node, more):
        with open(os.path.join(node.directory, "node.yaml"), "a", encoding="utf-8") as file:
            file.write(more)

    def write(self, name, content):
        with open(os.path.join(self.home, name), "w", encoding="utf-8") as file:
            file.write(content)

    def ok(self, *arguments):
        code, out, err = net.anta(*arguments, cwd=self.home)
        self.assertEqual(code, 0, (arguments, out, err))
        return out

    def site(self):
        """A new one, with as much beside it as it may carry."""
        self.sites += 1
        party = OWNERS[self.sites % 3]
        name = f"lager-{self.sites}"
        documents = [hashlib.sha256(f"{self.sites} {i}".encode()).digest() for i in range(240)]
        return cose.statement(self.keys[party], "site", party, name,
                              {"event_time": cose.EVENT, "id": name, "operator": party, "kind": "warehouse", "country": "DE", "note": NOTE,
                               "documents": documents})

    def fill(self, count):
        """So many statements, a few to a request and so to a block."""
        for _ in range(count // BATCH):
            body = b"".join(self.site() for _ in range(BATCH))
            request = urllib.request.Request(self.leader.url + "/v1/statements?wait=committed", data=body,
                                             headers={"Content-Type": "application/cbor-seq"})
            with urllib.request.urlopen(request, timeout=net.DEADLINE) as answer:
                got = json.loads(answer.read())
                self.assertEqual(answer.status, 200, got)

    def govern(self, *arguments):
        """Proposed by one organisation, approved by a second."""
        common = ("--node", self.network.urls(), "--output", "json")
        told = json.loads(self.ok("network", "node", *arguments, "--as", OWNERS[0], "--key", OWNERS[0] + ".key", *common))
        told = json.loads(self.ok("network", "vote", told["proposal"], "--approve", "--as", OWNERS[1], "--key", OWNERS[1] + ".key", *common))
        self.assertEqual(told["status"], "approved")

    def admit(self):
        """Voted in as a learner, and set up on this machine, but not started."""
        directory, peer, http = os.path.join(self.network.directory, JOINER), free_port(), free_port()
        made = subprocess.run([net.ANTAD, "--init", directory], capture_output=True, text=True, check=True).stdout
        self.write("joiner.yaml", made)
        self.govern("add", JOINER, "--organisation", "chala-norte", "--address", f"127.0.0.1:{peer}", "--keys", "joiner.yaml")
        with open(os.path.join(directory, "members.json"), "wb") as file:
            file.write(self.ok("network", "node", "list", "--node", self.network.urls(), "--output", "json"))
        with open(os.path.join(directory, "node.yaml"), "w", encoding="utf-8") as file:
            file.write(f'network: ../genesis.cbor\nnode: {JOINER}\nmembers: members.json\ndata: data\nseed: node.seed\n'
                       f'http: {{listen: "127.0.0.1:{http}"}}\nlimits: {{join_entries_min: 50}}\n')
        return net.Node(directory, f"http://127.0.0.1:{http}")

    @staticmethod
    def steady_rate(crowd):
        """Of two thousand statements, after some hundreds that warm up."""
        net.until("a rate", lambda: len(crowd.took) >= 500, 120)
        begun = time.monotonic()
        net.until("a steady rate", lambda: len(crowd.took) >= 2500, 120)
        return crowd.rate(begun, time.monotonic())

    @staticmethod
    def behind(node):
        """How many log entries a node lacks that its leader has, None when it does not know."""
        status = node.json("/v1/status")
        return status["leader_commit"] - status["applied"] if status else None

    @staticmethod
    def percent(node):
        """Of the history, while it is fetched; 100 when that is over, None when it is not asked yet."""
        status = node.json("/v1/status")
        joining = status and status["joining"]
        if not status or (joining and joining["phase"] == "asking"):
            return None
        return joining["percent"] if joining and joining["phase"] == "fetching" else 100

    def fetched(self, node):
        """(bytes, seconds) of what the log says that it has fetched, no answer of a peer refused."""
        told = re.search(r"event=join_fetched anchor=(\d+) bytes=(\d+) milliseconds=(\d+) bytes_per_second=(\d+) refused=0", node.log())
        self.assertIsNotNone(told, node.log())
        return int(told[2]), int(told[3]) / 1e3


class Join(Growing):
    def test_a_node_joins_is_killed_in_the_middle_and_becomes_a_voter(self):
        """Goal: while clients write, the history comes from all three, says how far it is, survives SIGKILL, is judged whole, and only then the
        node votes; no statement is lost or refused."""
        self.fill(1500)
        with Clients(self) as before:
            net.until("some statements", lambda: len(before.took) >= 50)
        joiner = self.admit()
        self.network.nodes.append(joiner)
        with Clients(self) as clients:
            joiner.start()
            net.until(f"a third is here: {joiner.log()[-500:]}", lambda: (self.percent(joiner) or 0) >= 33)
            unready = joiner.get("/readyz")
            self.assertEqual(unready[0], 503)
            self.assertIn("fetches the ledger's history", unready[1].decode())
            self.assertIn("\nanta_join_missing_entries ", joiner.get("/metrics", accept="text/plain")[1].decode())
            reached = self.percent(joiner)
            self.assertLess(reached, 100, "it was there before it could be killed")
            self.assertEqual(joiner.kill(), -9)
            joiner.start()
            net.until(f"the history is here: {joiner.log()[-500:]}", lambda: self.percent(joiner) == 100)
            net.until(f"ready: {joiner.log()[-500:]}", joiner.is_ready)
        self.assertEqual(clients.failed, [])
        goes_on = re.search(r"event=join_goes_on anchor=(\d+) missing=(\d+)", joiner.log())
        self.assertIsNotNone(goes_on, joiner.log())
        anchor, missing = (int(n) for n in goes_on.groups())
        self.assertLess(missing, anchor, "nothing of what was fetched before the kill was kept")
        size, seconds = self.fetched(joiner)
        for node in self.network.nodes[:3]:
            metrics = node.get("/metrics", accept="text/plain")[1].decode()
            self.assertGreater(float(re.search(r"\nanta_log_served_bytes_total (\S+)", metrics)[1]), 0, f"{node.name} gave nothing")
        self.govern("promote", JOINER)
        voters = net.until("the joiner votes", lambda: (lambda c: c["committed"] and not c["outgoing"] and JOINER in c["voters"] and c["voters"])(
            joiner.json("/v1/status")["configuration"]))
        self.assertEqual(len(voters), 4)
        self.network.until_cosigned_by_all()
        ledgers = self.network.ledgers()
        self.assertEqual(ledgers, [ledgers[0]] * 4)
        print(f"join: {size / 1e6:.1f} MB after the kill in {seconds:.1f} s; commits of one client: p50 {before.p50_ms()} ms before, "
              f"{clients.p50_ms()} ms while it joined ({len(clients.took)} statements)")


class JoinFigures(Growing):
    rate = 1 << 40

    def test_figures(self):
        """Goal: how fast a long history comes and is judged, and what commits cost meanwhile. Not run by ctest: figures judge nothing."""
        statements = int(os.environ.get("ANTA_TEST_JOIN_STATEMENTS", "10000"))
        self.fill(statements)
        joiner = self.admit()
        with Crowd(self, 40_000) as clients:
            alone = self.steady_rate(clients)
            begun = time.monotonic()
            joiner.start()
            self.network.nodes.append(joiner)
            net.until("the history is here", lambda: self.percent(joiner) == 100, 600)
            here, used = time.monotonic(), cpu_seconds(joiner.process)
            during = clients.rate(begun, here)
            net.until("ready", joiner.is_ready, 600)
            ready = time.monotonic()
        size, seconds = self.fetched(joiner)
        copy = tls_copy(size)
        self.assertEqual(clients.failed, [])
        print(f"history: {size / 1e6:.1f} MB in {seconds:.2f} s, {size / 1e6 / seconds:.1f} MB/s, {used * 1e9 / size:.1f} ms of CPU a MB; a TLS copy "
              f"into a synced file {size / 1e6 / copy:.1f} MB/s: ratio {copy / seconds:.2f}\njudged: {statements / (ready - here):.0f} statements/s; ready {ready - begun:.1f} s after its start\n"
              f"leader's throughput, 16 clients: {alone:.0f} statements/s before, {during:.0f} while the history was fetched: ratio {during / alone:.2f}")


class BehindFigures(Growing):
    rate = 1 << 40

    def fall_behind(self, node):
        node.stop()
        self.fill(int(os.environ.get("ANTA_TEST_BEHIND_STATEMENTS", "10000")))

    def come_back(self, node):
        """Seconds until it has everything, and by how many entries it was behind."""
        node.start()
        begun = time.monotonic()
        missing = net.until("it knows how far behind it is", lambda: self.behind(node), 60)
        net.until("it is back", lambda: (self.behind(node) or 0) < 20, 600)
        return time.monotonic() - begun, missing

    def test_figures(self):
        """Goal: a follower that comes back far behind is served from the disk: the log is not in the leader's memory. Judges nothing but that."""
        away = next(node for node in self.network.nodes if node.name != self.leader.name)
        leader = self.leader.process
        self.fall_behind(away)
        memory_peak_from_now(leader)
        before = memory_mb(leader, "VmRSS")
        seconds, missing = self.come_back(away)
        peak = memory_mb(leader, "VmHWM")
        size = sum(os.path.getsize(os.path.join(at, name)) for at, _, names in os.walk(os.path.join(self.leader.directory, "data")) for name in names)
        print(f"behind by {missing} entries, of a database of {size / 1e6:.0f} MB: back after {seconds:.1f} s\n"
              f"leader's memory: {before:.0f} MB before, at most {peak:.0f} MB while it served (+{peak - before:.0f} MB)")
        self.fall_behind(away)
        with Crowd(self, 40_000) as crowd:
            alone = self.steady_rate(crowd)
            begun = time.monotonic()
            seconds, missing = self.come_back(away)
            during = crowd.rate(begun, begun + seconds)
        self.assertEqual(crowd.failed, [])
        print(f"leader's throughput, 16 clients: {alone:.0f} statements/s before, {during:.0f} while the follower came back ({missing} entries, {seconds:.1f} s): "
              f"ratio {during / alone:.2f}")
        self.assertLess(peak - before, size / 1e6 / 2, "as much memory as there is log")


if __name__ == "__main__":
    unittest.main(verbosity=2)
