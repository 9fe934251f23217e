"""Three times as much as goes: what still gets through, how long it takes, and that nothing else breaks."""
import os
import time

import machine
from figures import sample
from machine import Broken
from stage import NODES, Stage

TIMES = 3
BATCH = 64        # statements of a request: with one each, no number of connections that a node takes fills its queue
SPARE_LANES = 24
AGE_MAX = 60      # seconds: what an idle ledger's newest checkpoint has at most, a busy one's has, too


def standing(stage):
    """What an election would change."""
    metrics = [machine.metrics_of(node) for node in stage.network.nodes]
    return [(m["anta_term"], m["anta_elections_total"], m["anta_is_leader"]) for m in metrics]


def told(stage):
    """What the nodes' logs say of offices, and of what makes one change."""
    words = ("event=role", "event=disk_stalled", "event=quorum_lost", "event=append_dropped", "level=error")
    return [f"{node.name}: {line}" for node in stage.network.nodes for line in node.log().splitlines() if any(word in line for word in words)][-40:]


def loaded(stage, name, lead, **order):
    """A load's answer, with what the leader used within its window."""
    marks = {}
    answer = stage.load(name, at_mark=lambda mark: marks.update({mark: (time.time(), stage.look()[lead])}), nodes=[lead], batch=BATCH, wait="committed", **order)
    (_, begin), (moment, end) = marks["begin"], marks["end"]
    answer["leader_cpu"] = end["cpu"] - begin["cpu"]
    answer["checkpoint_age"] = moment - end["metrics"]["anta_checkpoint_quorum_seconds"]
    answer["rate"] = answer["accepted"] / answer["seconds"]
    return answer


def beside(answer):
    """Cores that the generator took."""
    return answer["cpu_seconds"] / answer["seconds"]


def judged(maximum, over, cores):
    """Pure: the samples that two loads come to, without memory and limits. `maximum`, `over`: answers of loaded()."""
    each = maximum["leader_cpu"] / maximum["accepted"]
    shedding = max(0.0, over["leader_cpu"] - each * over["accepted"])
    left = cores - beside(over) - shedding / over["seconds"]
    could = maximum["rate"] * left / (cores - beside(maximum))
    requests = over["shed"] / BATCH
    made = {"overload_offered": sample(over["offered"] / over["seconds"], maximum["rate"]), "overload_accepted": sample(over["rate"], maximum["rate"]),
            "overload_accepted_net": sample(over["rate"], could), "overload_p99": sample(over["p99_ms"]), "overload_shed": sample(requests / over["seconds"])}
    if requests:
        made["overload_shed_us"] = sample(1e6 * shedding / requests)
    return made


def overload(sizes, seed, say):
    lanes = max(512, sizes.overload_clients + SPARE_LANES)
    with Stage(sizes, seed, say, lanes=lanes, lots=max(sizes.lots, 20 * lanes) if sizes.overload_seconds > 10 else sizes.lots) as stage:
        lead = stage.lead()
        before = standing(stage)
        check = machine.verify_rate(sizes.probe_seconds)
        stage.sign((sizes.seconds + sizes.warm) * check["per_second"] / NODES * 1.2 + 16_384)
        maximum = loaded(stage, "maximum", lead, clients=8, warm=sizes.warm, seconds=sizes.seconds, rate=0)
        say(f"maximum: {maximum['rate']:.0f}/s; load of the machine {os.getloadavg()[0]:.1f}")
        stage.sign((sizes.overload_seconds + sizes.warm) * maximum["rate"] * 1.5 + 4 * BATCH * sizes.overload_clients)
        over = loaded(stage, "overload", lead, clients=sizes.overload_clients, warm=sizes.warm, seconds=sizes.overload_seconds, rate=TIMES * maximum["rate"], shed=True)
        if standing(stage) != before:
            raise Broken(f"there was an election: (term, elections, leads) {before}, now {standing(stage)}\n" + "\n".join(told(stage)))
        if over["shed_silently"]:
            raise Broken(f"{over['shed_silently']} requests were answered 503 without Retry-After")
        if over["checkpoint_age"] > AGE_MAX:
            raise Broken(f"the newest checkpoint was {over['checkpoint_age']:.0f} s old when the overload ended")
        memory = max(machine.memory_mib(node.process.pid)[1] for node in stage.network.nodes)
    made = judged(maximum, over, os.cpu_count())
    made["overload_maximum"] = sample(maximum["rate"], check["per_second"] / NODES)
    made["overload_rss"] = sample(memory)
    made["overload_checkpoint"] = sample(over["checkpoint_age"])
    if "overload_shed_us" in made:
        made["overload_shed_us"]["limit"] = check["cpu_us"]
    say(f"overload: {over['offered'] / over['seconds']:.0f}/s offered, {over['rate']:.0f}/s accepted, p50 {over['p50_ms']:.0f} ms, p99 {over['p99_ms']:.0f} ms, "
        f"{over['shed'] / BATCH / over['seconds']:.0f} requests/s shed, generator {beside(over):.2f} cores"
        f"{'; everything signed was sent before the end' if over['ran_dry'] else ''}; load of the machine {os.getloadavg()[0]:.1f}")
    return made
