"""A ledger that grows: what each tenth of it costs, and what it takes to start, to keep and to prove. A table, and curves."""
import json
import math
import os
import random
import statistics
import time

import figures
import machine
import plot
from figures import sample
from machine import net
from reading import CERTIFICATE, Reader
from stage import NODES, Broken, Stage

POINTS = 10
CLIENTS = 32       # a tenth of 10^5 gives each lane about twenty statements, and a request takes what a lane has
STATEMENTS_OF_A_PRODUCER = 8_000  # some eight lots a day: with fewer producers 10^7 statements are more than their class may mine
PROOFS = 40        # of each point
CERTIFICATES = 12  # likewise, at most
COLUMNS = ("statements", "commits/s", "V(2)/3", "share", "CPU us", "checks", "start s", "RSS MiB", "disk", "log", "meta", "tree", "state", "index", "undo", "proof", "proof ms",
           "cert. ms", "cert. KiB", "checkpoint")


def restarted(stage, number):
    """A node stopped and started again: (seconds until it is ready, bytes of each family of its tables)."""
    node = stage.network.nodes[number]

    def ready_again():
        begin = time.monotonic()
        node.start()
        net.until("the node is ready again", node.is_ready)
        return time.monotonic() - begin

    if node.stop() != 0:
        raise Broken(f"{node.name} did not stop well")
    seconds = ready_again()  # first: who looks at its tables opens them, and leaves the next start less to do
    families = stage.families(number)
    ready_again()
    return seconds, families


def proofs(reader, size, chance):
    """(longest path, median milliseconds) of inclusion proofs of leaves drawn by chance."""
    taken, longest = [], 0
    for _ in range(PROOFS):
        body, milliseconds = reader.good(f"/v1/proofs/inclusion?leaf={chance.randrange(size)}&size={size}")
        longest = max(longest, len(json.loads(body)["path"]))
        taken.append(milliseconds)
    return longest, statistics.median(taken)


def certificates(reader):
    """(median milliseconds, median bytes) of certificate files that nobody asked for since the newest checkpoint; None without any."""
    taken, lengths = [], []
    for identity in reader.certificate_ids(CERTIFICATES):
        status, body, milliseconds = reader.get("/v1/certificates/" + identity, CERTIFICATE)
        if status == 200:
            taken.append(milliseconds)
            lengths.append(len(body))
    return (statistics.median(taken), statistics.median(lengths)) if taken else (None, None)


def point(stage, sizes, each, chance):
    """One tenth more, and what the ledger is like then."""
    stage.sign(each)
    before, marks = machine.verify_rate(sizes.probe_seconds), {}
    answer = stage.load("growth", at_mark=lambda mark: marks.update({mark: stage.look()}), clients=CLIENTS, batch=64, wait="committed", warm=0, seconds=0, rate=0)
    after = machine.verify_rate(sizes.probe_seconds)
    ceiling = (before["per_second"] + after["per_second"]) / 2 / NODES
    cpu = sum(end["cpu"] - begin["cpu"] for begin, end in zip(marks["begin"], marks["end"]))
    stage.network.until_cosigned_by_all()
    lead = stage.lead()
    with Reader(stage.network.nodes[lead]) as reader:
        size = reader.size()
        longest, proof_ms = proofs(reader, size, chance)
        certificate_ms, certificate_bytes = certificates(reader)
    memory = max(machine.memory_mib(node.process.pid)[0] for node in stage.network.nodes)
    start, families = restarted(stage, (lead + 1) % NODES)
    rate = answer["accepted"] / answer["seconds"]
    return {"statements": stage.statements, "rate": rate, "ceiling": ceiling, "share": rate / ceiling, "cpu_us": 1e6 * cpu / answer["accepted"],
            "checks": 1e6 * cpu / answer["accepted"] / NODES / ((before["cpu_us"] + after["cpu_us"]) / 2), "start_s": start, "rss_mib": memory,
            "families": {name: total / stage.statement_bytes for name, total in families.items()}, "disk": sum(families.values()) / stage.statement_bytes,
            "size": size, "proof": longest, "proof_ms": proof_ms, "certificate_ms": certificate_ms, "certificate_bytes": certificate_bytes,
            "load": os.getloadavg()[0]}


def cells(one):
    """A point as a row of the table; disk is per byte of statements."""
    kept = [f"{one['families'].get(name, 0):.2f}" for name in ("log", "meta", "tree", "state", "index", "undo")]
    certificate = ("", "") if one["certificate_ms"] is None else (f"{one['certificate_ms']:.2f}", f"{one['certificate_bytes'] / 1024:.1f}")
    return (str(one["statements"]), f"{one['rate']:.0f}", f"{one['ceiling']:.0f}", f"{one['share']:.2f}", f"{one['cpu_us']:.0f}", f"{one['checks']:.2f}", f"{one['start_s']:.2f}", f"{one['rss_mib']:.0f}",
            f"{one['disk']:.2f}", *kept, str(one["proof"]), f"{one['proof_ms']:.2f}", *certificate, str(one["size"]))


def table(points):
    return figures.aligned([COLUMNS] + [cells(one) for one in points])


def each_million(families, statements):
    """What a disk holds of each million statements, largest family first: MB by column family, after flush and compaction."""
    kept = sorted(families.items(), key=lambda family: -family[1])
    return "MB of each million statements, after flush and compaction: " + ", ".join(
        f"{name} {total / statements:.1f}" for name, total in [*kept, ("all", sum(families.values()))] if total / statements >= 0.05)


def curves(points):
    def of(key):
        return [one[key] or 0 for one in points]
    names = [name for name in points[-1]["families"] if any(one["families"][name] > 0.005 for one in points)]
    return plot.svg("statements", of("statements"), [
        ("commit rate over V(2)/3", [("", of("share"))]),
        ("CPU of a node per statement, in signature checks", [("", of("checks"))]),
        ("start of a node until it is ready, s", [("", of("start_s"))]),
        ("memory of a node, MiB", [("", of("rss_mib"))]),
        ("disk per byte of statements, by column family", [(name, [one["families"][name] for one in points]) for name in names]),
        ("inclusion proof, hashes", [("", of("proof"))]),
        ("milliseconds over HTTP", [("proof", of("proof_ms")), ("certificate", of("certificate_ms"))])])


def grow(sizes, seed, say):
    points, chance = [], random.Random(seed)
    with Stage(sizes, seed, say, producers=max(machine.PRODUCERS, sizes.growth // STATEMENTS_OF_A_PRODUCER)) as stage:
        for number in range(POINTS):
            points.append(point(stage, sizes, sizes.growth // POINTS, chance))
            say(f"growth {number + 1} of {POINTS}: load of the machine {points[-1]['load']:.1f}\n" + table(points[-1:]))  # a long run may be ended early
        stage.restart()
        settled = stage.families(0, "settled")
        disk = sum(settled.values()) / stage.statement_bytes
    say(table(points))
    say(each_million(settled, points[-1]["statements"]))
    if sizes.plot:
        with open(sizes.plot, "w", encoding="utf-8") as file:
            file.write(curves(points))
    last = points[-1]
    made = {"growth_statements": sample(last["statements"]), "growth_rate": sample(last["share"], points[0]["share"]), "growth_cpu": sample(last["checks"], points[0]["checks"]),
            "growth_start": sample(last["start_s"]),
            "growth_rss": sample(last["rss_mib"]), "growth_disk": sample(disk), "growth_proof": sample(last["proof"], math.ceil(math.log2(last["size"]))),
            "growth_points": points, "growth_settled": settled}
    if last["certificate_ms"] is not None:
        made["growth_certificate_ms"] = sample(last["certificate_ms"])
    return made
