"""The machine under the bench: its limits, what processes use of it, and the programs that the bench drives."""
import json
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "e2e"))
import network as net

PROGRAMS = os.path.join(net.BUILD, "tests", "bench")
SIMULATE = os.path.join(net.BUILD, "tests", "sim", "simulate")
MESSAGE_BYTES = 500
PRODUCERS = 120  # of the trade that the generator plays
TICKS = os.sysconf("SC_CLK_TCK")


class Broken(Exception):
    """A correctness check failed: there is no figure."""


def program(name):
    return os.path.join(PROGRAMS, name)


def missing_programs():
    wanted = [net.ANTA, net.ANTAD, SIMULATE] + [program(n) for n in (
        "bench_generate", "bench_limit", "bench_certificate", "bench_apply", "bench_state_tree", "bench_audit", "bench_raft", "bench_constant")]
    return [path for path in wanted if not os.path.exists(path)]


def answer_of(*command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise Broken(f"{' '.join(command)}: {done.stderr.strip()}")
    return done.stdout


def verify_rate(seconds):
    """{"per_second": on two threads, "cpu_us": of one check}."""
    return json.loads(answer_of(program("bench_limit"), "verify", "2", str(seconds), str(MESSAGE_BYTES)))


def synced_write(directory, count):
    return json.loads(answer_of(program("bench_limit"), "write", directory, str(count), str(MESSAGE_BYTES)))


def simulator_steps(seeds):
    """Steps per second; a seed that fails is a failed check."""
    out = answer_of(SIMULATE, "--seeds", f"1..{seeds}", "--jobs", "1")
    return float(re.search(r"steps per second (\d+)", out).group(1))


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def memory_mib(pid):
    """(resident now, resident at its peak)."""
    with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as file:
        found = dict(re.findall(r"^(VmRSS|VmHWM):\s+(\d+) kB", file.read(), re.M))
    return int(found["VmRSS"]) / 1024, int(found["VmHWM"]) / 1024


def disk_bytes(directory):
    """(all files, those that are not write-ahead log)."""
    total = tables = 0
    for folder, _, names in os.walk(directory):
        for name in names:
            size = os.stat(os.path.join(folder, name)).st_blocks * 512
            total += size
            tables += 0 if re.fullmatch(r"\d+\.log", name) else size
    return total, tables


def metrics_of(node):
    """Prometheus text as a dictionary; lines with labels keep them in the name."""
    text = node.get("/metrics", "text/plain")[1].decode()
    return {name: float(value) for name, value in re.findall(r"^([a-z_]+(?:\{[^}]*\})?) ([-+.eE0-9]+)$", text, re.M)}


class Generator:
    """bench_generate as a process that obeys one order at a time."""

    def __init__(self, network, seed, lots, lanes=512, producers=PRODUCERS):
        hosts = [node.url.removeprefix("http://") for node in network.nodes]
        command = [program("bench_generate"), "--registrar-key", network.registrar_key, "--seed", str(seed), "--lots", str(lots), "--lanes", str(lanes), "--producers", str(producers)]
        for host in hosts:
            command += ["--node", host]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def order(self, what, at_mark=None, **more):
        """Sends the order; `at_mark` is called with "begin" and "end" of a load's window. Returns the answer."""
        self.process.stdin.write(json.dumps({"do": what, **more}) + "\n")
        self.process.stdin.flush()
        for line in self.process.stdout:
            answer = json.loads(line)
            if "mark" not in answer:
                if answer.get("failure"):
                    raise Broken(f"{what}: {answer['failure']}")
                return answer
            if at_mark:
                at_mark(answer["mark"])
        raise Broken(f"the generator ended during {what}")

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()
