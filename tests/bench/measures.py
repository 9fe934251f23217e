"""The measurements: each makes what it needs, checks that the ledger is right, and gives samples {key: {"value", "limit"}}."""
import dataclasses
import json
import os
import tempfile
import time

import against
import growth
import machine
import overload
import peers
import serving
from figures import sample
from machine import Broken, net
from stage import ALL, NODES, Stage


@dataclasses.dataclass
class Sizes:
    seconds: float = 10.0     # of each load's window
    warm: float = 2.0
    lots: int = 10_240
    probe_seconds: float = 1.0
    writes: int = 400
    seeds: int = 400
    scenario: str = net.SCENARIO
    turns: int = 3               # of what alternates with a peer
    turn_seconds: float = 4.0    # each, without its warm-up
    turn_warm: float = 1.0
    growth: int = 100_000        # statements
    plot: str = ""               # where the growth's curves go
    overload_seconds: float = 120.0
    overload_clients: int = 700  # of the 768 connections that one address may have
    apply: int = 50_000          # statements
    tree: int = 1_000_000        # records
    audit: int = 20_000          # statements
    alone: bool = False          # our side of the comparisons too, without the peers

    @staticmethod
    def smoke(**more):
        return Sizes(seconds=0.3, warm=0.05, lots=512, probe_seconds=0.05, writes=20, seeds=5, turns=1, turn_seconds=0.3, turn_warm=0.1, growth=2_000,
                     overload_seconds=1.0, overload_clients=16, apply=500, tree=2_000, audit=500, alone=True, **more)


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


class Loads:
    """A fresh network with live lots, and loads on it one after the other."""

    def __init__(self, names, sizes, seed, say):
        self.names, self.sizes, self.seed, self.say = names, sizes, seed, say
        self.samples = {}
        self.rate_of_64 = 0.0

    def run(self):
        with Stage(self.sizes, self.seed, self.say) as self.stage:
            for number, name in enumerate(self.names):
                scratch = os.path.join(self.stage.home.name, f"write-{number}")
                self.load(name, machine.synced_write(scratch, self.sizes.writes) if name == "1" else None)
            stage = self.stage
            self.samples["accepted_share"] = sample(100 * stage.accepted / max(1, stage.accepted + stage.refused))
            self.samples["statement_bytes"] = sample(stage.statement_bytes / stage.statements)
            self.after()
        return self.samples

    def load(self, name, write):
        clients, batch, wait, share, spread = LOADS[name]
        sizes, rate, lead = self.sizes, share * self.rate_of_64, self.stage.lead()
        before = machine.verify_rate(sizes.probe_seconds)
        duration = sizes.seconds + sizes.warm
        self.stage.sign(duration * (rate or before["per_second"] / NODES) * 1.2 + 1024)
        marks = {}
        answer = self.stage.load(name, at_mark=lambda mark: marks.update({mark: self.stage.look()}), clients=clients, batch=batch, wait=wait,
                                 warm=sizes.warm, seconds=sizes.seconds, rate=rate, nodes=ALL if spread else [lead])
        after = machine.verify_rate(sizes.probe_seconds)
        verify = {key: (before[key] + after[key]) / 2 for key in ("per_second", "cpu_us")}
        self.keep(name, answer, marks, verify, lead, write)

    def keep(self, name, answer, marks, verify, lead, write):
        statements, seconds = answer["accepted"], answer["seconds"]
        moved = [{"cpu": end["cpu"] - begin["cpu"], "syncs": end["metrics"]["anta_log_syncs_total"] - begin["metrics"]["anta_log_syncs_total"]}
                 for begin, end in zip(marks["begin"], marks["end"])]
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

    def after(self):
        nodes = self.stage.network.nodes
        memory = [machine.memory_mib(node.process.pid) for node in nodes]
        self.samples["rss_load"] = sample(max(resident for resident, _ in memory))
        self.samples["peak_load"] = sample(max(peak for _, peak in memory))
        self.stage.restart()
        disks = [machine.disk_bytes(os.path.join(node.directory, "data")) for node in nodes]
        self.samples["disk"] = sample(max(total for total, _ in disks) / self.stage.statement_bytes)
        self.samples["disk_tables"] = sample(max(tables for _, tables in disks) / self.stage.statement_bytes)
        self.samples["disk_settled"] = sample(sum(self.stage.families(0, "settled").values()) / self.stage.statement_bytes)


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


def programs(groups, sizes, say):
    """Parts of a node on their own: programs that print one JSON line."""
    samples = {}
    with tempfile.TemporaryDirectory(prefix="anta-bench.") as home:
        if "apply" in groups:
            made = json.loads(machine.answer_of(machine.program("bench_apply"), os.path.join(home, "apply"), str(sizes.apply)))
            samples["apply_us"] = sample(made["statement_us"], made["check_us"])
            made = json.loads(machine.answer_of(machine.program("bench_state_tree"), os.path.join(home, "tree"), str(sizes.tree)))
            samples["tree_us"] = sample(made["statement_us"], made["statement_us"] / made["ratio"])
            say(f"apply: {sizes.apply} statements; state tree of {made['keys']} records, ratio {made['ratio_min']:.3f} to {made['ratio_max']:.3f}")
        if "audit" in groups:
            made = json.loads(machine.answer_of(machine.program("bench_audit"), str(sizes.audit)))
            samples["audit_rate"] = sample(made["audit_per_second"], made["verify_per_second"])
            say(f"audit: {made['statements']} statements, {made['threads']} threads; in CPU time the ratio is {made['cpu_ratio']:.2f}")
    return samples


def measure(groups, sizes, seed, say):
    """One run of everything that the groups need: (samples, [why a group could not be measured here])."""
    samples, missing = {}, []
    names = [name for name in LOADS if any(name in LOADS_OF.get(group, ()) for group in groups)]
    if names:
        samples.update(Loads(names, sizes, seed, say).run())
    if set(groups) & {"scenario", "certificate", "memory"}:
        samples.update(scenario(sizes, say))
    if "simulator" in groups:
        samples.update(simulator(sizes, say))
    samples.update(programs(groups, sizes, say))
    if sizes.alone:
        samples.update(against.raft_alone(sizes, say))
        serving.constant_alone()
    for group, how in (("raft", against.raft), ("etcd", against.etcd), ("postgres", against.postgres), ("static", serving.static),
                       ("growth", growth.grow), ("overload", overload.overload)):
        if group not in groups:
            continue
        say(f"{group}: load of the machine {os.getloadavg()[0]:.1f} before")
        try:
            samples.update(how(sizes, seed, say))
        except peers.Missing as reason:
            missing.append(f"{group} not measured: {reason}")
    return samples, missing
