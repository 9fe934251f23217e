#!/usr/bin/env python3
"""Three real nodes under faults, with clients that submit and read throughout; at the end everything is held against what was told.

    tests/chaos/run --minutes 10 --seed 7
    tests/chaos/run --minutes 1 --links proxy --seed random

Exit 0: all held. 1: something did not; the first violation is printed with the operations around it, and the nodes' logs and the
history are kept. 2: the programs are not built.
"""
import argparse
import json
import os
import random
import signal
import statistics
import sys
import tempfile
import time

sys.path[:0] = [os.path.dirname(os.path.abspath(__file__)), os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e")]
import namespaces
import network as net
import schedule
from clients import Crowd, History
from cluster import Cluster
from nemesis import Finding, Nemesis
from verify import Verifier

FAILOVER_GOALS = (0.6, 2.0)  # seconds: median, greatest
SEED = "20261126"


def seed_of(text):
    return random.SystemRandom().randrange(1 << 31) if text == "random" else int(text)


def parse():
    parser = argparse.ArgumentParser(description="Real nodes under faults. See README.md beside this file.")
    parser.add_argument("--minutes", type=float, default=1.0, help="how long faults come; 1 by default")
    parser.add_argument("--seed", type=seed_of, default=os.environ.get("ANTA_CHAOS_SEED", SEED),
                        help=f"of the schedule and the clients, or 'random'; {SEED} by default; also ANTA_CHAOS_SEED")
    parser.add_argument("--links", choices=("auto", "proxy", "namespaces"), default=os.environ.get("ANTA_CHAOS_LINKS", "auto"),
                        help="namespaces adds cables to the proxies; auto: where they can be made; also ANTA_CHAOS_LINKS")
    parser.add_argument("--only", action="append", metavar="FAULT", help="of the schedule, only these kinds")
    parser.add_argument("--stale-reads", action="store_true", help="read without ?fresh: the checker has to find that out (exit 1)")
    parser.add_argument("--keep", default=os.path.join(tempfile.gettempdir(), "anta-chaos"), help="where logs and history go after a failure")
    return parser.parse_args()


class Run:
    def __init__(self, arguments, cables):
        self.arguments, self.cables, self.began = arguments, cables, time.monotonic()
        self.history, self.violations = History(), []
        self.faults_seconds = 0.0
        if arguments.stale_reads:
            self.history.fresh = ""

    def say(self, text):
        print(f"{time.monotonic() - self.began:7.2f}  {text}", flush=True)

    def go(self):
        keep = os.path.join(self.arguments.keep, str(self.arguments.seed))
        with Cluster(self.cables, keep) as cluster:
            cluster.failed = True  # until it is known to be well
            cluster.start()
            code, _, err = cluster.play()
            if code != 0:
                raise AssertionError(err[-2000:])
            nemesis, crowd = Nemesis(cluster, self.history, self.say), Crowd(cluster, self.arguments.seed, self.history)
            crowd.start()
            try:
                self.strike(nemesis)
            except (Finding, AssertionError) as finding:
                self.violations.append(f"after round {self.last_round}: {finding}")
            crowd.join()
            if not self.violations:
                self.say("healed; verifying")
                verifier = Verifier(cluster, self.history, self.say)
                self.violations = verifier.verify()
                self.report(nemesis, verifier)
            cluster.failed = bool(self.violations)
            if cluster.failed:
                self.keep_history(keep)
        return 1 if self.violations else 0

    def strike(self, nemesis):
        began = time.monotonic()
        self.last_round = "none"
        for round_ in schedule.rounds(self.arguments.seed, self.cables):
            if self.arguments.only and round_.fault not in self.arguments.only:
                continue
            if time.monotonic() - began >= self.arguments.minutes * 60:
                break
            self.last_round = f"{round_.number} {round_.fault}"
            self.say(f"round {round_.number}: {round_.fault} on {round_.victim}" + (f", beside {round_.beside}" if round_.beside else ""))
            nemesis.perform(round_)
        self.faults_seconds = time.monotonic() - began

    def keep_history(self, keep):
        os.makedirs(keep, exist_ok=True)
        with open(os.path.join(keep, "history.jsonl"), "w", encoding="utf-8") as file:
            for operation in sorted(self.history.operations, key=lambda o: o.invoked):
                file.write(json.dumps(vars(operation)) + "\n")

    def report(self, nemesis, verifier):
        operations, counts = self.history.operations, nemesis.counts
        kinds = schedule.kinds(self.cables)
        print("\nfaults: " + ", ".join(f"{kind} {counts.get(kind, 0)}" for kind in kinds))
        print(f"seconds of faults {self.faults_seconds:.0f}, of all {time.monotonic() - self.began:.0f}; links: "
              f"{'proxies and cables in namespaces' if self.cables else 'proxies'}")
        reads = sum(operation.name in ("read", "size") for operation in operations)
        print(f"operations {len(operations)}: {len(operations) - reads} submissions, {reads} fresh reads; tries without an answer "
              f"{self.history.unanswered_tries}; uncertain {verifier.uncertain}, of them in the ledger {verifier.late}")
        print("histories: " + ", ".join(f"{name} {count}" for name, count in verifier.figures.items()))
        print("of lots: " + ", ".join(f"{answer} {count}" for answer, count in sorted(verifier.answers.items())))
        for times, when in ((sorted(nemesis.failovers), ""), (sorted(nemesis.failovers_amid), ", amid recovery")):
            if not times:
                continue
            median = statistics.median(times)
            met = median < FAILOVER_GOALS[0] and times[-1] <= FAILOVER_GOALS[1]
            goal = "" if when else f"; goal median under 600, max 2000: {'met' if met else 'MISSED'}"
            print(f"from a leader's death to the next commit{when}, ms: min {times[0] * 1000:.0f}, median {median * 1000:.0f}, max "
                  f"{times[-1] * 1000:.0f} of {len(times)}{goal}")


def main():
    arguments = parse()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # through the contexts, so that nothing is left behind
    if not all(os.path.exists(path) for path in (net.ANTAD, net.ANTA, net.FAULTY_DISK, net.REPLAY_LOG)):
        print("build first: cmake --build build/release --target antad anta replay_log anta_faulty_disk", file=sys.stderr)
        return 2
    cables = arguments.links != "proxy" and namespaces.possible()
    if arguments.links == "namespaces" and not cables:
        print("namespaces can not be made here", file=sys.stderr)
        return 2
    if cables:
        os.environ["ANTA_CHAOS_SEED"] = str(arguments.seed)
        namespaces.enter()
    print(f"chaos: seed {arguments.seed}, {arguments.minutes:g} minutes (replay the schedule with --seed {arguments.seed})", flush=True)
    run = Run(arguments, cables)
    code = run.go()
    for number, violation in enumerate(run.violations):
        print(f"\nVIOLATION: {violation}" if number == 0 else f"also: {str(violation).splitlines()[0]}")
    print("all held" if code == 0 else f"\nFAILED, seed {arguments.seed}; logs and history in {arguments.keep}/{arguments.seed}", flush=True)
    return code


if __name__ == "__main__":
    sys.exit(main())
