"""What goes wrong: performs the rounds of a schedule on a cluster, one after the other, each followed by healing.

What must come of a fault is checked here: exit codes, what a refusal names, that nobody else ended. Times are waited for as
conditions: a fault lasts until the clients have had so many answers since, or until its deadline.
"""
import os
import queue
import random
import re
import signal
import threading
import time

import damage
import partitions
from clients import Http, decision_of
from cluster import ChaosNode
from cose import EVENT, key_of, statement
from membership import Replacement

RECOVERY = 30.0  # within which all nodes are ready after healing


class Finding(Exception):
    """Something that must not come of a fault."""


class Nemesis:
    def __init__(self, cluster, history, say):
        self.cluster, self.history, self.say = cluster, history, say
        self.counts, self.probes = {}, 0
        self.failovers, self.failovers_amid = [], []  # seconds; the second where links were still being made
        self.failovers_of_all = []  # of the first, until the last of the survivors has committed what it was sent
        self.served = {}  # kind -> seconds from the fault to the next commit among those who have to go on
        self.key = key_of(f"{cluster.keys()}/almacen.key")
        self.copies = os.path.join(cluster.home, "copies")
        self.never = threading.Event()
        os.makedirs(self.copies)

    # ---- a round ----

    def perform(self, round_):
        rng, leader = random.Random(round_.draw), self.cluster.leader()
        followers = [node for node in self.cluster.nodes if node is not leader]
        follower = followers[round_.follower]
        victim = leader if round_.victim == "leader" else follower
        if round_.beside:
            self.link_fault(round_.beside, rng.choice(self.cluster.nodes), rng)
            self.counts[round_.beside] = self.counts.get(round_.beside, 0) + 1
        done = getattr(self, round_.fault, None)
        if round_.fault in partitions.KINDS:
            self.partition(round_, leader, rng)
        elif done is None:
            self.link_fault(round_.fault, victim, rng)
            self.last(round_)
        else:
            done(round_, {"leader": leader, "follower": follower}.get(round_.fault.rsplit("_", 1)[-1], victim), rng)
        self.counts[round_.fault] = self.counts.get(round_.fault, 0) + 1
        self.heal()

    def last(self, round_):
        before, end = len(self.history.operations), time.monotonic() + round_.seconds
        while time.monotonic() < end and len(self.history.operations) < before + round_.operations:
            self.never.wait(0.01)

    def heal(self):
        """Links and disks are well, who is down is started; all are ready within RECOVERY."""
        self.cluster.heal_links()
        for node in self.cluster.nodes:
            for fault in ("die", "full", "sync", "clock"):
                node.disarm(fault)
            if node.process is None:
                node.start()
        end = time.monotonic() + RECOVERY
        while not all(node.is_ready() for node in self.cluster.nodes):
            for node in self.cluster.nodes:
                self.still_runs(node)
            if time.monotonic() > end:
                raise Finding("not ready %s s after healing: %s" % (RECOVERY, [n.name for n in self.cluster.nodes if not n.is_ready()]))
            self.never.wait(0.02)
        for node in self.cluster.nodes:
            self.still_runs(node)

    @staticmethod
    def still_runs(node):
        code = node.process.poll() if node.process else None
        if code is not None:
            node.process = None
            raise Finding(f"{node.name} ended by itself with {code}: {node.log()[-800:]}")

    # ---- links ----

    def link_fault(self, fault, victim, rng):
        names = [name for name, _, _ in self.cluster.pairs()]
        others = [node for node in self.cluster.nodes if node is not victim]
        order = self.cluster.order
        if fault == "delay":
            order(names, "set", delay=rng.choice((0.01, 0.03, 0.06)))
        elif fault == "slow":
            order(names, "set", rate=rng.choice((20_000, 100_000)))
        elif fault == "stalls":
            order(names, "set", stalls=(rng.choice((0.02, 0.2, 0.5)), rng.choice((0.05, 0.3))))
        elif fault == "reset":
            order(names, "reset")
        elif fault.startswith("cable"):
            self.cable_fault(fault, victim.cable, rng)
        else:
            for other in others[:1] if fault.endswith("pair") else others:
                name, way = self.cluster.link(victim, other)
                ways = {"one_way_from": (way,), "one_way_pair": (way,), "one_way_to": (1 - way,)}.get(fault, (0, 1))
                order([name], "set", ways=ways, cut=True)
                if rng.random() < 0.5:
                    order([name], "reset")  # as TCP gives up; else what was sent arrives after healing

    def partition(self, round_, leader, rng):
        """Who is connected to a majority goes on, or can be made to: it answers while the partition lasts."""
        made = partitions.partition(round_.fault, self.cluster.nodes, leader, rng)
        if made.first:
            self.cut(made.first, rng)
            self.last(round_)
        self.strike(round_, lambda: self.cut(made.cut, rng), made.serving)
        self.last(round_)

    def cut(self, ways, rng):
        """Lifts no cut. Some connections are given up, as TCP does after a while; else what was sent arrives after healing."""
        for one, other in sorted(ways, key=lambda way: (way[0].name, way[1].name)):
            name, way = self.cluster.link(one, other)
            self.cluster.order([name], "set", ways=(way,), cut=True)
            if rng.random() < 0.25:
                self.cluster.order([name], "reset")

    def cable_fault(self, fault, cable, rng):
        if fault == "cable_out":
            cable.pull()
        elif fault == "cable_deaf":
            cable.nobody_hears(of_node=False)
        elif fault == "cable_dumb":
            cable.nobody_hears(of_node=True)
        elif cable.netem:
            cable.lose(rng.choice((0, 10, 40)), rng.choice((5, 20, 40)))
        else:  # bursts in which all frames of one direction are lost
            end = time.monotonic() + 1.5
            while time.monotonic() < end:
                of_node = rng.random() < 0.5
                cable.nobody_hears(of_node)
                self.never.wait(rng.uniform(0.01, 0.12))
                cable.somebody_hears(of_node)
                self.never.wait(rng.uniform(0.01, 0.12))

    # ---- processes ----

    def kill(self, node):
        if node.kill() != -signal.SIGKILL:
            raise Finding(f"{node.name} had ended before it was killed: {node.log()[-800:]}")

    def kill_leader(self, round_, victim, rng):
        """The time from its death to the answer to the first statement that was submitted after it. In one of four the peers may
        still be looking for each other after the round before; the others tell the time of a network that was well."""
        amid = rng.random() < 0.25
        if not amid:
            self.until(self.all_linked, "every node has a connection to every other")
        survivors = [node for node in self.cluster.nodes if node is not victim]
        took, *more = self.committed(lambda: self.kill(victim), survivors, f"the death of the leader {victim.name}", of_all=True)
        (self.failovers_amid if amid else self.failovers).append(took)
        if not amid and len(more) == len(survivors) - 1:
            self.failovers_of_all.append(more[-1])
        self.say(f"  leader {victim.name} killed{' amid recovery' if amid else ''}, next commit after {took * 1000:.0f} ms, then " +
                 ", ".join(f"{later * 1000:.0f}" for later in more))

    def committed(self, fault, nodes, since, of_all=False):
        """Seconds from the fault until a node has committed a statement that it was sent after it: the first, or of all who have in time,
        ascending. In a partition a node that does not reach the leader waits for nothing."""
        answers, took = queue.Queue(), []
        probes = [Probe(node, self.probe(), answers) for node in nodes]
        fault()
        began = time.monotonic()
        for probe in probes:
            probe.start()
        for _ in probes:
            answered = answers.get()
            if answered:
                took.append(answered - began)
                if not of_all:
                    break
        if not took:
            raise Finding(f"no commit within {Probe.timeout} s of {since}")
        return took

    def all_linked(self):
        statuses = [node.json("/v1/status") for node in self.cluster.nodes]
        return all(statuses) and all(peer["up"] for status in statuses for peer in status["peers"])

    def probe(self):
        self.probes += 1
        identity = f"probe-{self.probes}"
        return statement(self.key, "site", "almacen", identity, {"event_time": EVENT, "id": identity, "operator": "almacen",
                                                                 "kind": "warehouse", "country": "DE"})

    def kill_follower(self, round_, victim, rng):
        self.kill(victim)
        self.last(round_)

    def kill_all(self, round_, victim, rng):
        """The power fails."""
        for node in self.cluster.nodes:
            node.process.send_signal(signal.SIGKILL)
        for node in self.cluster.nodes:
            node.died()

    def pause_leader(self, round_, victim, rng):
        victim.pause()
        self.last(round_)
        victim.go_on()

    pause_follower = pause_leader

    # ---- several at once, of more than three ----

    def several(self, round_, victim, rng, act):
        """`act` on the victim and on others. Who is left goes on where that is a majority; else nobody commits until they are back."""
        others = [node for node in self.cluster.nodes if node is not victim]
        rng.shuffle(others)
        most = partitions.majority(self.cluster.nodes)
        more = {"two": 1, "most": most - 1}[round_.fault.rsplit("_", 1)[-1]]
        victims, left = [victim, *others[:more]], others[more:]

        def fault():
            for node in victims:
                act(node)
        self.strike(round_, fault, left if len(left) >= most else ())
        return victims

    def kill_two(self, round_, victim, rng):
        self.several(round_, victim, rng, self.kill)
        self.last(round_)

    kill_most = kill_two

    def pause_two(self, round_, victim, rng):
        victims = self.several(round_, victim, rng, ChaosNode.pause)
        self.last(round_)
        for node in victims:
            node.go_on()

    pause_most = pause_two

    def strike(self, round_, fault, serving):
        """The fault, and a commit among those who have to go on, if any."""
        if not serving:
            return fault()
        [took] = self.committed(fault, serving, f"{round_.fault}, among {', '.join(node.name for node in serving)}")
        self.served.setdefault(round_.fault, []).append(took)
        self.say(f"  {', '.join(node.name for node in serving)}: next commit after {took * 1000:.0f} ms")

    # ---- clocks ----

    def clock_ahead(self, round_, victim, rng):
        """By less than what the others let pass, so that the ledger's time goes ahead and must not fall back with the clock."""
        victim.arm("clock", rng.choice((2, 5, 8)))
        self.last(round_)

    def clock_behind(self, round_, victim, rng):
        """A leader's blocks bear the time of the block before; a follower takes what lies far ahead of its own clock no more."""
        victim.arm("clock", -rng.choice((5, 60, 86_400)))
        self.last(round_)

    def clock_ahead_leader(self, round_, victim, rng):
        """By more than they let pass: it commits nothing, gives way by itself and says so; with its clock right again it is like the others,
        once its penalty is over."""
        size = victim.log_size()
        victim.arm("clock", rng.choice((60, 86_400, 40_000_000)))
        self.until(lambda: "event=clock_refused" in victim.log_since(size), f"{victim.name} says that its clock is refused")
        self.until(lambda: self.cluster.leader() is not victim, f"another leads than {victim.name}")
        self.last(round_)
        victim.disarm("clock")
        end = time.monotonic() + 2 * RECOVERY  # the penalty is as long as RECOVERY
        while not victim.is_ready() and time.monotonic() < end:
            self.still_runs(victim)
            self.never.wait(0.1)

    # ---- disks ----

    def ends(self, victim, code, size, pattern, ended=None):
        """The victim ends by itself (or has, just before it was killed), with that code and these words in its log."""
        try:
            got = victim.died() if ended is None else ended
        except Exception as error:
            raise Finding(f"{victim.name} goes on: {error}") from error
        text = victim.log_since(size)
        if got != code or not re.search(pattern, text):
            raise Finding(f"{victim.name} ended with {got} instead of {code}, or without {pattern}: {text[-1500:]}")

    def disk_full(self, round_, victim, rng):
        size = victim.log_size()
        victim.arm("full")
        self.ends(victim, 8, size, r"No space left on device.*Next step")
        self.last(round_)

    def sync_fails(self, round_, victim, rng):
        size = victim.log_size()
        victim.arm("sync")
        self.ends(victim, 8, size, r"Input/output error.*Next step")
        self.last(round_)

    def die_in_sync(self, round_, victim, rng):
        size = victim.log_size()
        victim.arm("die", rng.randint(1, 5))
        self.ends(victim, -signal.SIGKILL, size, "")
        victim.disarm("die")
        self.last(round_)

    def refuses(self, victim, code, pattern):
        """The victim does not start, and says why."""
        size = victim.log_size()
        victim.start()
        self.ends(victim, code, size, pattern)

    def flip_log(self, round_, victim, rng):
        """A flipped byte amid the write-ahead log: refused by the file's name; with the byte restored it starts."""
        self.until(lambda: damage.place_in_log(victim), "a write-ahead log of some length")
        self.kill(victim)
        self.flipped(victim, damage.place_in_log(victim))

    def flip_table(self, round_, victim, rng):
        """The same in a table. A start writes one, so there is one after the first restart."""
        self.kill(victim)
        if not damage.place_in_table(victim, rng):
            victim.start()
            self.until(victim.is_ready, "the victim is ready")
            self.kill(victim)
        self.flipped(victim, damage.place_in_table(victim, rng))

    def flipped(self, victim, place):
        if place is None:
            raise Finding(f"{victim.name}: no byte to flip in {os.listdir(victim.database())}")
        path, offset = place
        damage.flip(path, offset)
        try:
            self.refuses(victim, 8, re.escape(os.path.basename(path)))
        finally:
            damage.flip(path, offset)

    def rot_table(self, round_, victim, rng):
        """A flipped byte in a table's data: the node refuses to start, or runs and ends when it meets it, both with the file's name; or
        never meets it. What it says until then is judged with the rest."""
        self.kill(victim)
        place = damage.place_in_data(victim, rng)
        if place is None:
            return
        path, offset = place
        damage.flip(path, offset)
        size = victim.log_size()
        victim.start()
        self.until(lambda: victim.process.poll() is not None or victim.is_ready(), "the victim has started or refused to")
        self.last(round_)
        code = victim.kill()
        if code != -signal.SIGKILL:
            self.ends(victim, 8, size, re.escape(os.path.basename(path)), code)
            self.say(f"  {victim.name} met the damage in {os.path.basename(path)}")
        if os.path.exists(path):
            damage.flip(path, offset)

    def wiped(self, round_, victim, rng):
        """The directory is gone: refused, nothing new is made; back in its place it serves."""
        self.kill(victim)
        data, kept = os.path.join(victim.directory, "data"), os.path.join(victim.directory, "data.kept")
        os.rename(data, kept)
        self.refuses(victim, 8, r"store\.missing")
        if os.path.exists(data):
            raise Finding(f"{victim.name} made a new data directory")
        os.rename(kept, data)

    def replaced(self, round_, victim, rng):
        """The directory and its secret are gone for good: the others vote the node in anew, and it catches up, votes and cosigns."""
        self.kill(victim)
        Replacement(self.cluster, victim, self.until).perform()

    def restored_copy(self, round_, victim, rng):
        """The database of some moments ago comes back: the node notices by its watermark, promises nothing until it has caught up,
        and cosigns nothing until it has heard what it signed."""
        copy = os.path.join(self.copies, victim.name)
        self.kill(victim)
        damage.copy_database(victim, copy)
        victim.start()
        self.until(victim.is_ready, "the victim is ready")
        before = victim.json("/v1/status")["last"]
        self.until(lambda: (victim.json("/v1/status") or {}).get("last", 0) >= before + 20, "twenty blocks more")
        self.never.wait(0.3)  # the watermark is written every 100 ms
        self.kill(victim)
        damage.restore_older(victim, copy)
        size = victim.log_size()
        victim.start()
        self.until(lambda: "event=amnesia_ended" in victim.log_since(size), "the end of amnesia")
        if "event=amnesia " not in victim.log_since(size):
            raise Finding(f"{victim.name} did not notice that its database is older: {victim.log_since(size)[-800:]}")
        self.until(lambda: ((victim.json("/v1/status") or {}).get("cosigning") or {}).get("mark") == "known", "the copy to hear what it signed")
        if "event=cosigning_suspended" not in victim.log_since(size):
            raise Finding(f"{victim.name} signed by the memory of an older copy: {victim.log_since(size)[-800:]}")

    def until(self, condition, what):
        end = time.monotonic() + RECOVERY
        while not condition():
            if time.monotonic() > end:
                raise Finding(f"not within {RECOVERY} s: {what}")
            self.never.wait(0.01)


class Probe(threading.Thread):
    """One statement to one node, asked again until it is decided. Puts into `answers` when it was, or None."""
    timeout = 20.0

    def __init__(self, node, body, answers):
        super().__init__(daemon=True)
        self.node, self.body, self.answers = node, body, answers

    def run(self):
        http, end, decision = Http([self.node], self.timeout), time.monotonic() + self.timeout, None
        while decision is None and time.monotonic() < end:
            decision = decision_of(http.request(self.node, "POST", "/v1/statements?wait=committed", self.body))
        self.answers.put(time.monotonic() if decision else None)
        http.close()
