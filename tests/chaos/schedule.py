"""Which faults come, in which order, to whom and for how long: a function of the seed alone, so that a seed's schedule replays."""
import dataclasses
import random

from partitions import KINDS as PARTITIONS

# Of links. Those of cables need namespaces.
LINKS = ("cut_node", "cut_pair", "one_way_to", "one_way_from", "one_way_pair", "delay", "slow", "stalls", "reset")
CABLES = ("cable_out", "cable_deaf", "cable_dumb", "cable_loss")
# Of processes, clocks and disks.
PROCESSES = ("kill_leader", "kill_leader", "kill_leader", "kill_follower", "kill_all", "pause_leader", "pause_follower")
CLOCKS = ("clock_ahead", "clock_behind", "clock_ahead_leader")
DISKS = ("disk_full", "sync_fails", "die_in_sync", "flip_log", "flip_table", "rot_table", "wiped", "replaced", "restored_copy")
# These need more than three nodes: of three, two are most, and a split cuts one off.
SEVERAL = ("kill_two", "kill_most", "pause_two", "pause_most")
# Of links and processes, these may be under way when another fault strikes.
BESIDE = ("delay", "slow", "stalls", "one_way_pair", "cut_pair")
BESIDE_TOO = ("kill_follower", "pause_leader", "pause_follower", "reset")


@dataclasses.dataclass(frozen=True)
class Round:
    number: int
    fault: str
    victim: str       # leader, or the follower with the next number, of the moment
    follower: int
    operations: int   # the fault lasts until clients have had so many answers since,
    seconds: float    # or so long
    beside: str       # a fault of links that is under way meanwhile, or ""
    draw: int         # seed of what else is drawn for it


def deck_of(cables, nodes):
    """Each kind once, leaders' deaths more often. What only more nodes have comes last, so that three keep the schedules of their seeds."""
    several = PARTITIONS + SEVERAL if nodes > 3 else ()
    return [*LINKS, *PROCESSES, *CLOCKS, *DISKS, *(CABLES if cables else ()), *several]


def rounds(seed, cables, nodes=3):
    """Without end: each kind once in random order, then again."""
    rng, number = random.Random(seed), 0
    while True:
        deck = deck_of(cables, nodes)
        rng.shuffle(deck)
        for fault in deck:
            number += 1
            beside = rng.choice(BESIDE) if fault in BESIDE_TOO and rng.random() < 0.4 else ""
            yield Round(number, fault, rng.choice(("leader", "leader", "follower")), rng.randrange(nodes - 1), rng.choice((20, 60, 120)),
                        rng.choice((0.4, 0.8, 1.5, 2.5)), beside, rng.getrandbits(32))


def kinds(cables, nodes=3):
    return sorted(set(deck_of(cables, nodes)))
