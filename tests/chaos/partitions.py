"""Partitions of five nodes and more: who no longer hears whom, and who has to go on. Values only; the nemesis cuts the links.

Beyond one node cut off (schedule.LINKS) there are splits into groups, and bridges, in which some node hears two that do not hear each
other: what Jepsen calls bridge and majorities ring, and the quorum loss, chained and constrained election of Omni-Paxos (Ng, Haridi,
Carbone: EuroSys 2023, section 2). Raft with pre-vote and check-quorum goes on through all of them but the constrained election, where
the only node that is connected to a majority may lack an entry that the others have, so that nobody can be elected until it heals.
"""
import dataclasses
import itertools

SPLITS = ("split_leader_minority", "split_leader_majority", "split_nowhere")
BRIDGES = ("bridge_star", "bridge_star_behind", "bridge_chain", "bridge_ring", "bridge_halves")
ASYMMETRIC = ("leader_dumb_to_most", "leader_deaf_to_most")
KINDS = SPLITS + BRIDGES + ASYMMETRIC


@dataclasses.dataclass(frozen=True)
class Partition:
    cut: frozenset  # of (from, to): nothing that the first sends reaches the second
    serving: tuple  # the nodes that have to commit what they are sent while it lasts; empty: nobody has to
    first: frozenset = frozenset()  # cut for a while before all of `cut` is


def majority(nodes):
    return len(nodes) // 2 + 1


def both_ways(pairs):
    return frozenset(way for a, b in pairs for way in ((a, b), (b, a)))


def all_but(nodes, links):
    """Every pair is cut but these."""
    return both_ways(itertools.combinations(nodes, 2)) - both_ways(links)


def between(*groups):
    return both_ways(pair for one, other in itertools.combinations(groups, 2) for pair in itertools.product(one, other))


def quorate(nodes, cut):
    """The nodes that are connected to a majority, themselves included, both ways."""
    def hears(node):
        return sum(other == node or not {(node, other), (other, node)} & cut for other in nodes)
    return tuple(node for node in nodes if hears(node) >= majority(nodes))


def partition(kind, nodes, leader, rng):
    """What that kind comes to with that leader; the others' parts are drawn."""
    others = [node for node in nodes if node != leader]
    rng.shuffle(others)
    ranks, most = [leader, *others], majority(nodes)
    if kind in SPLITS:
        return split(kind, ranks, most)
    if kind in ASYMMETRIC:
        silent = frozenset((leader, other) for other in others[:most])
        return Partition(silent if kind == "leader_dumb_to_most" else frozenset((b, a) for a, b in silent), tuple(others[:most]))
    if kind == "bridge_star_behind":  # the hub hears nobody for a while, so that it may lack what the others have; then the leader is gone
        hub, rest = others[0], others[1:]
        return Partition(between([leader], others) | between(*([node] for node in rest)), (), between([hub], [leader, *rest]))
    if kind == "bridge_star":  # the leader is left with the hub alone
        links = [(others[0], node) for node in nodes if node != others[0]]
    elif kind == "bridge_chain":  # the leader is at an end
        links = itertools.pairwise(ranks)
    elif kind == "bridge_ring":  # each has a majority, no two the same
        links = itertools.pairwise([*ranks, leader])
    else:  # bridge_halves: two majorities with one node in common
        rest = ranks[:-1]  # the last is the bridge
        cut = between(rest[:len(rest) // 2], rest[len(rest) // 2:])
        return Partition(cut, quorate(nodes, cut))
    cut = all_but(nodes, links)
    return Partition(cut, quorate(nodes, cut))


def split(kind, ranks, most):
    """`ranks`: the leader first."""
    if kind == "split_leader_minority":
        small, large = ranks[:len(ranks) - most], ranks[len(ranks) - most:]
    elif kind == "split_leader_majority":
        small, large = ranks[most:], ranks[:most]
    else:  # split_nowhere: two minorities and one node alone
        half = len(ranks) // 2
        return Partition(between(ranks[:half], ranks[half:2 * half], ranks[2 * half:]), ())
    return Partition(between(small, large), tuple(large))
