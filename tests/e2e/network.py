"""Three real nodes, and where a test wants it a witness, on loopback for the end-to-end tests: made with `anta network new`, started, killed, asked, stopped by process id.

Nothing here sleeps: whatever has to happen is polled with a deadline, and a poll asks the node itself (its answer takes the time).
"""
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
BUILD = os.environ.get("ANTA_BUILD_DIR", os.path.join(ROOT, "build", "release"))
ANTA = os.path.join(BUILD, "cli", "anta")
ANTAD = os.path.join(BUILD, "node", "antad")
SCENARIO = os.path.join(ROOT, "tests", "scenario", "southern-peru.yaml")
REPLAY_LOG = os.environ.get("ANTA_TEST_REPLAY_LOG", os.path.join(BUILD, "tests", "e2e", "replay_log"))
ROT_STATE = os.environ.get("ANTA_TEST_ROT_STATE", os.path.join(BUILD, "tests", "e2e", "rot_state"))
FAULTY_DISK = os.environ.get("ANTA_TEST_FAULTY_DISK", os.path.join(BUILD, "tests", "e2e", "libanta_faulty_disk.so"))
DEADLINE = 60.0
FINAL = (200, 201, 400, 413, 415, 422)  # answers to a statement that will not change when it is sent again


def anta(*arguments, **options):
    """Runs the command line; returns (exit code, stdout, stderr)."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("ANTA_") or k == "ANTA_BUILD_DIR"}
    environment.update(options.pop("environment", {}), HOME="/nonexistent", LC_ALL="C")
    done = subprocess.run([ANTA, *arguments], capture_output=True, env=environment, timeout=options.pop("timeout", 240), **options)
    return done.returncode, done.stdout, done.stderr.decode(errors="replace")


def until(what, condition, deadline=DEADLINE):
    """Polls until the condition gives something true."""
    end = time.monotonic() + deadline
    while time.monotonic() < end:
        result = condition()
        if result:
            return result
        subprocess.run(["true"])  # yields the core to the processes that are waited for
    raise AssertionError(f"not within {deadline} s: {what}")


class Node:
    options, configuration, ready_path = [], "node.yaml", "/readyz"

    def __init__(self, directory, url):
        self.directory, self.url, self.process = directory, url, None
        self.incarnation = 1
        self.trust = None  # an ssl.SSLContext, for a node whose url is https
        self.name = os.path.basename(directory)

    def start(self, faulty=False, program=ANTAD, **options):
        """`faulty`: with a disk and a clock that fail when arm() says so (faulty_disk.c, faulty_clock.c). `program`: antad, or words that end in it. `options` are
        Popen's (user, group)."""
        words = [program] if isinstance(program, str) else program
        environment = dict(os.environ)
        if faulty:
            environment.update(LD_PRELOAD=FAULTY_DISK, ANTA_TEST_DIE_IN_SYNC=self.flag("die"), ANTA_TEST_DISK_FULL=self.flag("full"),
                               ANTA_TEST_SYNC_FAILS=self.flag("sync"), ANTA_TEST_CLOCK=self.flag("clock"))
        with open(os.path.join(self.directory, "antad.log"), "ab") as log:
            self.process = subprocess.Popen([*words, *self.options, "--config", os.path.join(self.directory, self.configuration)], stdout=log, stderr=log,
                                            env=environment, **options)

    def flag(self, what):
        return os.path.join(self.directory, "fault-" + what)

    def arm(self, what, number=1):
        with open(self.flag(what) + ".new", "w") as file:
            file.write(str(number))
        os.rename(self.flag(what) + ".new", self.flag(what))

    def disarm(self, what):
        if os.path.exists(self.flag(what)):
            os.remove(self.flag(what))

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        return self.died()

    def died(self):
        """Waits until the process has ended by itself; its exit code, negative for a signal."""
        code = self.process.wait(timeout=DEADLINE)
        self.process = None
        return code

    def stop(self):
        if self.process is None:
            return None
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(timeout=DEADLINE)
        self.process = None
        return code

    def get(self, path, accept="application/json"):
        """(status, body), or None when the node does not answer."""
        request = urllib.request.Request(self.url + path, headers={"Accept": accept})
        try:
            with urllib.request.urlopen(request, timeout=15, context=self.trust) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()
        except (urllib.error.URLError, OSError):
            return None

    def json(self, path):
        answer = self.get(path)
        return json.loads(answer[1]) if answer and answer[0] == 200 else None

    def post(self, statement, wait="committed"):
        request = urllib.request.Request(self.url + "/v1/statements?wait=" + wait, data=statement, headers={"Content-Type": "application/cose"})
        try:
            with urllib.request.urlopen(request, timeout=30, context=self.trust) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read() or b"{}")
        except (urllib.error.URLError, OSError):
            return None

    def is_ready(self):
        answer = self.get(self.ready_path)
        return bool(answer) and answer[0] == 200

    def log(self):
        with open(os.path.join(self.directory, "antad.log"), errors="replace") as file:
            return file.read()


class Witness(Node):
    """`antad --witness`: a process like a node's, with its own configuration and no ledger."""
    options, configuration, ready_path = ["--witness"], "witness.yaml", "/healthz"

    def ask(self, body):
        """POST /add-checkpoint: (status, content type, body)."""
        request = urllib.request.Request(self.url + "/add-checkpoint", data=body)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, answer.headers["Content-Type"], answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.headers["Content-Type"], error.read()


class Network:
    """A context: `with Network(scenario_file) as network`."""

    def __init__(self, scenario=SCENARIO, twin_of=None, faulty=False, witness=False):
        """`twin_of`: another network that was never started; this one has its genesis, keys and ports (so one at a time runs).
        `faulty`: its nodes run on disks that fail on demand. `witness`: the scenario's witnesses run too; otherwise all nodes are needed."""
        self.home = tempfile.mkdtemp(prefix="anta-e2e.")
        self.scenario, self.faulty = scenario, faulty
        self.directory = os.path.join(self.home, "network")
        if twin_of is None:
            code, out, err = anta("network", "new", scenario, "--scenario", "--out", self.directory, "--output", "json")
            assert code == 0, err
            self.urls_made, self.witness_urls = json.loads(out)["http"], json.loads(out)["witnesses"]
        else:
            shutil.copytree(twin_of.directory, self.directory)
            self.urls_made, self.witness_urls = twin_of.urls_made, twin_of.witness_urls
        names = [node["id"] for node in self.node_list(scenario)]
        self.nodes = [Node(os.path.join(self.directory, name), url) for name, url in zip(names, self.urls_made)]
        self.witnesses = []
        if witness:
            names = [node["id"] for node in self.node_list(scenario, "witnesses:")]
            self.witnesses = [Witness(os.path.join(self.directory, name), url) for name, url in zip(names, self.witness_urls)]
        self.policy = os.path.join(self.directory, "policy.txt")
        self.registrar_key = os.path.join(self.directory, "registrar.key")

    @staticmethod
    def node_list(scenario, member="nodes:"):
        with open(scenario, encoding="utf-8") as file:
            text = file.read()
        if text.lstrip().startswith("{"):
            return json.loads(text)[member[:-1]]
        line = next(line for line in text.splitlines() if line.startswith(member))
        return [{"id": part.split("}")[0].strip()} for part in line.split("id:")[1:]]

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for node in self.nodes + self.witnesses:
            if node.process is not None:
                node.kill()
        shutil.rmtree(self.home, ignore_errors=True)

    def start(self):
        for node in self.nodes + self.witnesses:
            if node.process is None:
                node.start(self.faulty)
        self.until_ready()

    def until_ready(self):
        for node in self.nodes + self.witnesses:
            until(f"{node.name} is ready: {node.log()[-500:]}", node.is_ready)

    def until_cosigned_by_all(self):
        """Every node shows the newest size with the cosignatures of all: nobody has a mark left to write."""
        def cosigned(node):
            answer = node.get("/checkpoint", accept="text/plain")
            note = answer[1].decode() if answer and answer[0] == 200 else ""
            size = node.json("/v1/ledger?fresh=1")
            return bool(note and size) and note.split("\n")[1] == str(size["leaves"]) and note.count("/anta ") == len(self.nodes)
        for node in self.nodes:
            until(f"{node.name} shows the cosignatures of all", lambda: cosigned(node))

    def stop(self):
        """All nodes and witnesses; their exit codes."""
        return [node.stop() for node in self.nodes + self.witnesses]

    def urls(self):
        return ",".join(node.url for node in self.nodes)

    def leader(self):
        def found():
            for node in self.nodes:
                status = node.process is not None and node.json("/v1/status")
                if status and status.get("role") == "leader" and status.get("in_office", True):
                    return node
            return None
        return until("a leader", found)

    def play_arguments(self, scenario=None, *more):
        return ["play", scenario or self.scenario, "--node", self.urls(), "--registrar-key", self.registrar_key, "--policy", self.policy,
                "--keys", self.keys(), "--output", "json", *more]

    def keys(self):
        path = os.path.join(self.home, "keys")
        os.makedirs(path, mode=0o700, exist_ok=True)
        return path

    def play(self, scenario=None, *more):
        return anta(*self.play_arguments(scenario, *more))

    def replay(self, node, time_ms=None):
        """What the log of a stopped node comes to when it is judged again, as logged or in canonical form (replay_log.cc)."""
        with tempfile.TemporaryDirectory(dir=self.home) as scratch:
            copy = os.path.join(scratch, "data")
            shutil.copytree(os.path.join(node.directory, "data"), copy)
            for part in ("logged", "canonical"):
                os.mkdir(os.path.join(scratch, part), mode=0o700)
            more = [] if time_ms is None else ["--time", str(time_ms)]
            done = subprocess.run([REPLAY_LOG, os.path.join(self.directory, "genesis.cbor"), f"{node.name}#{node.incarnation}", os.path.join(copy, "db"), scratch, *more],
                                  capture_output=True, text=True, timeout=240)
            assert done.returncode == 0, done.stderr
            return json.loads(done.stdout)

    def ledgers(self):
        return [node.json("/v1/ledger?fresh=1") for node in self.nodes]
