"""Ours against programs of others that keep a replicated log: in turns (theirs, ours, theirs, ours), with values of the same size, all synced."""
import json
import os
import tempfile

import machine
import peers
from figures import sample
from machine import Broken
from stage import Stage

CROWD = {"http_connections": 2_048, "http_connections_per_address": 1_536}  # standard: 768 connections of one address
STATEMENT_BYTES = 477  # the mean of the mix; the row "mean statement" says what it is in a run


def in_turns(turns, theirs, ours):
    """[(ours, theirs)] of alternating measurements. Who begins changes, so that a machine that slows down favours nobody."""
    pairs = []
    for turn in range(turns):
        if turn % 2 == 0:
            their = theirs()
            our = ours()
        else:
            our = ours()
            their = theirs()
        pairs.append((our, their))
    return pairs


def samples(pairs, key):
    return [sample(our[key], their[key]) for our, their in pairs]


def replicated(program, flight, sizes):
    """A process of its own with three fresh logs."""
    with tempfile.TemporaryDirectory(prefix="anta-bench.") as home:
        return json.loads(machine.answer_of(program, home, str(flight), str(sizes.turn_seconds), str(STATEMENT_BYTES), str(sizes.turn_warm)))


def raft_alone(sizes, say):
    """Ours without a peer: no figure, but it shows that ours runs."""
    ours = replicated(machine.program("bench_raft"), 4, sizes)
    say(f"replication alone, 4 in flight: {ours['per_second']:.0f}/s")
    return {"raft_alone": sample(ours["per_second"])}


def raft(sizes, _seed, say):
    peer, made = peers.libraft(), {}
    for flight in (1, 64, 1024):
        pairs = in_turns(sizes.turns, lambda: replicated(peer, flight, sizes), lambda: replicated(machine.program("bench_raft"), flight, sizes))
        made[f"raft_{flight}"] = samples(pairs, "per_second")
        made[f"raft_{flight}_p50"] = samples(pairs, "p50_ms")
        made[f"raft_{flight}_cpu"] = samples(pairs, "cpu_us")
        say(f"raft, {flight} in flight: ours " + ", ".join(f"{our['per_second']:.0f}/s p50 {our['p50_ms']:.2f} ms" for our, _ in pairs) +
            "; libraft " + ", ".join(f"{their['per_second']:.0f}/s p50 {their['p50_ms']:.2f} ms" for _, their in pairs))
    return made


def own_load(stage, sizes, clients):
    """Statements committed on our nodes, as LOADS does, but in short windows."""
    ceiling = machine.verify_rate(sizes.probe_seconds)["per_second"]
    stage.sign((sizes.turn_seconds + sizes.turn_warm) * ceiling / 2 + 1024)
    answer = stage.load(f"{clients} clients", clients=clients, batch=1, wait="committed", warm=sizes.turn_warm, seconds=sizes.turn_seconds, rate=0)
    if answer["ran_dry"]:
        raise Broken("everything signed was sent before the window's end")
    return {"per_second": answer["accepted"] / answer["seconds"], "p50_ms": answer["p50_ms"]}


def etcd(sizes, seed, say):
    """Both networks stand all the time; whoever is not asked is idle but for its heartbeats."""
    made = {}
    with peers.Etcd() as peer, Stage(sizes, seed, say, lanes=1024, lots=2 * sizes.lots, limits=CROWD) as stage:
        for name, clients, gateway in (("1", 1, False), ("64", 64, False), ("1000", 1000, False), ("gateway_64", 64, True)):
            pairs = in_turns(sizes.turns, lambda: peer.load(clients, sizes, STATEMENT_BYTES, gateway), lambda: own_load(stage, sizes, clients))
            made["etcd_" + name] = samples(pairs, "per_second")
            made[f"etcd_{name}_p50"] = samples(pairs, "p50_ms")
            say(f"etcd{' through its gateway' if gateway else ''}, {clients} clients: ours " +
                ", ".join(f"{our['per_second']:.0f}/s p50 {our['p50_ms']:.2f} ms" for our, _ in pairs) +
                "; etcd " + ", ".join(f"{their['per_second']:.0f}/s p50 {their['p50_ms']:.2f} ms, its client {their['cpu_seconds'] / sizes.turn_seconds:.2f} cores" for _, their in pairs) +
                f"; load of the machine {os.getloadavg()[0]:.1f}")
    return made


def postgres(sizes, seed, say):
    with peers.postgres()(STATEMENT_BYTES) as peer, Stage(sizes, seed, say) as stage:
        pairs = in_turns(sizes.turns, lambda: {"per_second": peer.load(16, sizes)}, lambda: own_load(stage, sizes, 16))
        rows = peer.sql("SELECT count(*) FROM statement")
    say("postgres, 16 clients: ours " + ", ".join(f"{our['per_second']:.0f}/s" for our, _ in pairs) + "; PostgreSQL " +
        ", ".join(f"{their['per_second']:.0f}/s" for _, their in pairs) + f", {rows} rows; load of the machine {os.getloadavg()[0]:.1f}")
    return {"postgres_16": samples(pairs, "per_second")}
