"""The measurements: each makes what it needs, checks that the ledger is right, and gives samples {key: {"value", "limit"}}."""
import dataclasses
import json
import os
import tempfile
import time

import machine
from machine import Broken, net

NODES = 3
ALL = list(range(NODES))


@dataclasses.dataclass
class Sizes:
    seconds: float = 10.0     # of each load's window
    warm: float = 2.0
    lots: int = 10_240
    probe_seconds: float = 1.0
    writes: int = 400
    seeds: int = 400
    scenario: str = net.SCENARIO

    @staticmethod
    def smoke():
        return Sizes(seconds=0.3, warm=0.05, lots=512, probe_seconds=0.05, writes=20, seeds=5)


# name: clients, statements per request, wait, share of the rate of "64" that is offered (0: all that goes), on all nodes
LOADS = {
    "1": (1, 1, "committed", 0, False),
    "64": (64, 1, "committed", 0, False),
    "512": (512, 1, "committed", 0, False),
    "spread": (64, 1, "committed", 0, True),
    "batch": (8, 64, "committed", 0, False),
    "cosigned_1": (1, 1, "cosigned", 0, False),
    "half": (64, 1, "committed", 0.5, False),
    "half_cosigned": (64, 1, "cosigned", 0.5, False),
}
LOADS_OF = {
    "commit": ("1", "64", "512", "spread"),
    "batch": ("batch",),
    "latency": ("1", "64", "cosigned_1", "half", "half_cosigned"),
    "memory": ("64",),
    "disk": ("64",),
}


def sample(value, limit=None):
    return {"value": value} if limit is None else {"value": value, "limit": limit}


class Loads:
    """A fresh network with live lots, and loads on it one after the other."""

    def __init__(self, names, sizes, seed, say):
        self.names, self.sizes, self.seed, self.say = names, sizes, seed, say
        self.samples, self.statements, self.statement_bytes = {}, 0, 0
        self.rate_of_64 = 0.0

    def run(self):
        with tempfile.TemporaryDirectory(prefix="anta-bench.") as home:
            document = os.path.join(home, "network.json")
            with open(document, "w", encoding="utf-8") as file:
                file.write(machine.answer_of(machine.program("bench_generate"), "--network", str(NODES)))
            with net.Network(document) as self.network:
                self.base = self.ledger_size()
                self.generator = machine.Generator(self.network, self.seed, self.sizes.lots)
                try:
                    self.measure(home)
                finally:
                    self.generator.close()
        return self.samples

    def measure(self, home):
        for what in ("found", "stock"):
            answer = self.generator.order(what)
            self.count(what, answer)
            if answer["all_refused"]:
                raise Broken(f"{what}: {answer['all_refused']} refused, first: {answer['first_refusal']}")
        self.check("the stock")
        self.accepted = self.refused = 0
        for number, name in enumerate(self.names):
            write = machine.synced_write(os.path.join(home, f"write-{number}"), self.sizes.writes) if name == "1" else None
            self.load(name, write)
        share = 100 * self.accepted / max(1, self.accepted + self.refused)
        self.samples["accepted_share"] = sample(share)
        self.samples["statement_bytes"] = sample(self.statement_bytes / self.statements)
        self.after()

    def load(self, name, write):
        clients, batch, wait, share, spread = LOADS[name]
        sizes, rate = self.sizes, share * self.rate_of_64
        leader = self.network.leader()
        nodes = ALL if spread else [self.network.nodes.index(leader)]
        before = machine.verify_rate(sizes.probe_seconds)
        duration = sizes.seconds + sizes.warm
        self.generator.order("sign", statements=int(duration * (rate or before["per_second"] / NODES) * 1.2) + 1024)
        marks = {}
        answer = self.generator.order("load", at_mark=lambda mark: marks.update({mark: self.look()}), clients=clients, batch=batch, wait=wait,
                                      warm=sizes.warm, seconds=sizes.seconds, rate=rate, nodes=nodes)
        self.count(name, answer)
        self.accepted, self.refused = self.accepted + answer["all_accepted"], self.refused + answer["all_refused"]
        if answer["all_accepted"] < 99 * answer["all_refused"]:
            raise Broken(f"load {name}: under 99 in 100 accepted; first refusal: {answer['first_refusal']}")
        self.check(f"load {name}")
        after = machine.verify_rate(sizes.probe_seconds)
        verify = {key: (before[key] + after[key]) / 2 for key in ("per_second", "cpu_us")}
        self.keep(name, answer, marks, verify, leader, write)

    def look(self):
        """What the nodes have used so far. Cheap: it runs at the edges of a window."""
        return [{"cpu": machine.cpu_seconds(node.process.pid), "metrics": machine.metrics_of(node)} for node in self.network.nodes]

    def keep(self, name, answer, marks, verify, leader, write):
        statements, seconds = answer["accepted"], answer["seconds"]
        if not statements or "end" not in marks:
            raise Broken(f"load {name}: everything signed was sent before the window began")
        moved = [{"cpu": end["cpu"] - begin["cpu"], "syncs": end["metrics"]["anta_log_syncs_total"] - begin["metrics"]["anta_log_syncs_total"]}
                 for begin, end in zip(marks["begin"], marks["end"])]
        lead = self.network.nodes.index(leader)
        followers = [m for i, m in enumerate(moved) if i != lead]
        if name == "64":
            self.rate_of_64 = statements / seconds
        paced = LOADS[name][3] > 0
        prefix = name if paced or name.startswith("cosigned") else "commit_" + name
        one_check = verify["cpu_us"]
        everybody = sum(m["cpu"] for m in moved) + answer["cpu_seconds"]
        made = {prefix: sample(statements / seconds, verify["per_second"] / NODES),
                "all_us_" + name: sample(1e6 * everybody / statements, NODES * one_check),
                prefix + "_p50": sample(answer["p50_ms"], write and write["p50_ms"]),
                prefix + "_p99": sample(answer["p99_ms"], write and write["p50_ms"]),
                "leader_us_" + name: sample(1e6 * moved[lead]["cpu"] / statements, one_check),
                "follower_us_" + name: sample(1e6 * sum(m["cpu"] for m in followers) / len(followers) / statements, one_check),
                "generator_us_" + name: sample(1e6 * answer["cpu_seconds"] / statements, one_check),
                "per_sync_" + name: sample(statements / max(1, moved[lead]["syncs"]))}
        self.samples.update(made)
        self.samples.setdefault("verify_rate", sample(verify["per_second"]))
        if write:
            self.samples["write_p50"] = sample(write["p50_ms"])
        self.say(f"load {name}: {statements / seconds:.0f}/s of V(2) {verify['per_second']:.0f}/s, p50 {answer['p50_ms']:.2f} ms, p99 {answer['p99_ms']:.2f} ms; "
                 f"{everybody / seconds:.2f} cores busy; WAL syncs in the window " + "/".join(f"{m['syncs']:.0f}" for m in moved) +
                 f"; {answer['again']} asked again" + ("; everything signed was sent before the window's end" if answer["ran_dry"] else ""))

    # --- what must be so ---
    def count(self, what, answer):
        self.statements += answer["all_accepted"]
        self.statement_bytes += answer["all_bytes"]

    def ledger_size(self):
        """Statements and the genesis's two leaves, as every node has them; the roots must agree."""
        ledgers = self.network.ledgers()
        if any(ledger != ledgers[0] for ledger in ledgers):
            raise Broken(f"the nodes differ: {ledgers}")
        return ledgers[0]["leaves"] - ledgers[0]["height"]

    def check(self, when):
        held = self.ledger_size() - self.base
        if held != self.statements:
            raise Broken(f"after {when}: the nodes hold {held} statements, {self.statements} were answered accepted")
        refused = [machine.metrics_of(node)["anta_requests_refused_key_limit_total"] for node in self.network.nodes]
        if any(refused):
            raise Broken(f"after {when}: keys met their limit, so this is no figure of the nodes: {refused} requests refused")

    def after(self):
        memory = [machine.memory_mib(node.process.pid) for node in self.network.nodes]
        self.samples["rss_load"] = sample(max(resident for resident, _ in memory))
        self.samples["peak_load"] = sample(max(peak for _, peak in memory))
        for _ in range(2):  # the second start writes what the first had in memory only
            codes = [node.stop() for node in self.network.nodes]
            if any(codes):
                raise Broken(f"a node did not stop well: {codes}")
            self.network.start()
        self.check("the restart")
        disks = [machine.disk_bytes(os.path.join(node.directory, "data")) for node in self.network.nodes]
        self.samples["disk"] = sample(max(total for total, _ in disks) / self.statement_bytes)
        self.samples["disk_tables"] = sample(max(tables for _, tables in disks) / self.statement_bytes)


def scenario(sizes, say):
    """The committed scenario played, and its certificates fetched and verified."""
    with net.Network(sizes.scenario) as network:
        begin = time.monotonic()
        code, out, err = network.play()
        seconds = time.monotonic() - begin
        if code != 0:
            raise Broken(f"the scenario: {err[-1000:]}")
        ledgers = network.ledgers()
        if any(ledger != ledgers[0] for ledger in ledgers):
            raise Broken(f"the nodes differ after the scenario: {ledgers}")
        memory = [machine.memory_mib(node.process.pid)[0] for node in network.nodes]
        files = []
        for certificate in json.loads(out)["certificates"]:
            path = os.path.join(network.home, certificate + ".anta")
            code, _, err = net.anta("certificate", "get", certificate, "--node", network.nodes[0].url, "--out", path)
            if code != 0:
                raise Broken(f"certificate {certificate}: {err}")
            if net.anta("certificate", "verify", path, "--policy", network.policy)[0] == 0:  # others are superseded by now
                files.append(path)
        files.sort(key=os.path.getsize)
        lines = machine.answer_of(machine.program("bench_certificate"), network.policy, files[0], files[-1]).splitlines()
        made = [json.loads(line) for line in lines]
    samples = {"scenario_seconds": sample(seconds), "rss_scenario": sample(max(memory))}
    for name, certificate in (("small", made[0]), ("large", made[-1])):
        samples[f"certificate_{name}_bytes"] = sample(certificate["bytes"])
        samples[f"certificate_{name}_ms"] = sample(certificate["verify_ms"], certificate["checks"] * certificate["check_ms"])
    say(f"scenario: {seconds:.2f} s; {len(files)} valid certificates, {made[0]['checks']} to {made[-1]['checks']} signature checks each")
    return samples


def simulator(sizes, say):
    steps = machine.simulator_steps(sizes.seeds)
    say(f"simulator: {steps:.0f} steps per second over {sizes.seeds} seeds")
    return {"simulator_steps": sample(steps)}


def measure(groups, sizes, seed, say):
    """One run of everything that the groups need."""
    samples = {}
    names = [name for name in LOADS if any(name in LOADS_OF.get(group, ()) for group in groups)]
    if names:
        samples.update(Loads(names, sizes, seed, say).run())
    if set(groups) & {"scenario", "certificate", "memory"}:
        samples.update(scenario(sizes, say))
    if "simulator" in groups:
        samples.update(simulator(sizes, say))
    return samples
