"""What many readers ask for, over HTTP: in turns with a constant body of the same size from the same server, and with nginx."""
import json
import os
import re
import signal
import subprocess
import urllib.request

import machine
import peers
from against import in_turns
from figures import sample
from machine import Broken
from reading import CERTIFICATE, Reader
from stage import Stage

CONNECTIONS = 64
LANES = 64          # few, so that each gets as far as a certificate soon
NO_LIMIT = {"http_requests_per_second": 10_000_000}  # standard: 50 000 of one address
FILE_BYTES = 2_048  # what nginx serves


class Constant:
    """A context: bench_constant."""

    def __enter__(self):
        self.process = subprocess.Popen([machine.program("bench_constant")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.port = json.loads(self.process.stdout.readline())["port"]
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


def constant_alone():
    with Constant() as constant, urllib.request.urlopen(f"http://127.0.0.1:{constant.port}/{FILE_BYTES}", timeout=15) as answer:
        if len(answer.read()) != FILE_BYTES:
            raise Broken("bench_constant gives another size than it was asked for")


def wrk(sizes, url, accept="*/*"):
    """Answers per second; anything but 200 is no figure."""
    out = machine.answer_of("wrk", "-t1", f"-c{CONNECTIONS}", f"-d{max(1, round(sizes.turn_seconds))}s", "-H", f"Accept: {accept}", url)
    if "Non-2xx" in out or "Socket errors" in out:
        raise Broken(f"wrk {url}: {out.strip()[-300:]}")
    return float(re.search(r"Requests/sec:\s*([0-9.]+)", out).group(1))


def ours(sizes, node, path, accept):
    """Asked for once before, so that a certificate is put together and a checkpoint that was cosigned since is known."""
    with Reader(node) as reader:
        reader.good(path, accept)
    return wrk(sizes, node.url + path, accept)


def keep_no_answers(node):
    """From now on each answer is made anew, out of what the node's storage keeps in memory."""
    file = os.path.join(node.directory, node.configuration)
    with open(file, encoding="utf-8") as current:
        text = current.read()
    with open(file, "w", encoding="utf-8") as changed:
        changed.write(text.replace("limits: {", "limits: {answer_cache_bytes: 0, "))
    node.process.send_signal(signal.SIGHUP)
    with Reader(node) as reader:
        machine.net.until("answers are not kept", lambda: "anta_answer_cache_bytes 0\n" in reader.good("/metrics", "*/*")[0].decode())


def static(sizes, seed, say):
    peers.install("wrk")
    with peers.Nginx(FILE_BYTES) as nginx, Constant() as constant, Stage(sizes, seed, say, lanes=LANES, lots=min(sizes.lots, 2_048), limits=NO_LIMIT) as stage:
        stage.sign(4_096)
        stage.load("certificates", clients=8, batch=64, wait="committed", warm=0, seconds=0, rate=0)
        stage.network.until_cosigned_by_all()
        node = stage.network.nodes[stage.lead()]
        with Reader(node) as reader:
            certificate = "/v1/certificates/" + reader.certificate_ids(1)[0]
            statement = "/v1/statements/" + reader.statement_digest()
            wanted = {"static_tile": ("/tile/0/000", "*/*"), "static_checkpoint": ("/checkpoint", "*/*"), "static_certificate": (certificate, CERTIFICATE)}
            lengths = {key: len(reader.good(*path)[0]) for key, path in wanted.items()}
            proof_length = len(reader.good(statement)[0])
        same = {key: f"http://127.0.0.1:{constant.port}/{length}" for key, length in lengths.items()}
        file = f"http://127.0.0.1:{nginx.port}/file"
        compared = [(key, lambda path=path: ours(sizes, node, *path), lambda key=key: wrk(sizes, same[key])) for key, path in wanted.items()]
        compared += [("static_constant", lambda: wrk(sizes, f"http://127.0.0.1:{constant.port}/{FILE_BYTES}"), lambda: wrk(sizes, file)),
                     ("get_statement", lambda: ours(sizes, node, statement, "application/cose"), lambda: wrk(sizes, file)),
                     ("get_statement_proof", lambda: ours(sizes, node, statement, "application/json"), lambda: wrk(sizes, file))]
        made = {}

        def measure(rows):
            for key, our_side, limit in rows:
                pairs = in_turns(sizes.turns, limit, our_side)
                made[key] = [sample(our, their) for our, their in pairs]
                say(f"{key}{f', {lengths[key]} bytes' if key in lengths else ''}: " + ", ".join(f"{our:.0f}/s against {their:.0f}/s" for our, their in pairs) +
                    f"; load of the machine {os.getloadavg()[0]:.1f}")

        measure(compared)
        keep_no_answers(node)
        measure((key + "_made", our_side, limit) for key, our_side, limit in compared if key in ("static_tile", "get_statement", "get_statement_proof"))
        say(f"a statement with its outcome and proof has {proof_length} bytes")
        stage.check("reading")
    return made
