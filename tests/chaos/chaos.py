#!/usr/bin/env python3
"""Three or five real nodes under faults, with clients that submit and read throughout; at the end everything is held against what was told.

    tests/chaos/run --minutes 10 --seed 7
    tests/chaos/run --minutes 1 --links proxy --seed random
    tests/chaos/run --nodes 5 --json summary.json

Exit 0: all held. 1: something did not; the first violation is printed with the operations around it, and the nodes' logs and the
history are kept. 2: the programs are not built.
"""
import argparse
import json
import os
import random
import signal
import sys
import tempfile
import time

sys.path[:0] = [os.path.dirname(os.path.abspath(__file__)), os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e")]
import namespaces
import network as net
import schedule
import summary
from clients import Crowd, History
from cluster import Cluster
from nemesis import Finding, Nemesis
from verify import Verifier

NODES = (3, 5)
SEED = "20261126"


def seed_of(text):
    return random.SystemRandom().randrange(1 << 31) if text == "random" else int(text)


def parse(words=None):
    parser = argparse.ArgumentParser(description="Real nodes under faults. See README.md beside this file.")
    parser.add_argument("--minutes", type=float, default=1.0, help="how long faults come; 1 by default")
    parser.add_argument("--seed", type=seed_of, default=os.environ.get("ANTA_CHAOS_SEED", SEED),
                        help=f"of the schedule and the clients, or 'random'; {SEED} by default; also ANTA_CHAOS_SEED")
    parser.add_argument("--nodes", type=int, default=os.environ.get("ANTA_CHAOS_NODES", "3"), help="3 or 5; also ANTA_CHAOS_NODES")
    parser.add_argument("--links", choices=("auto", "proxy", "namespaces"), default=os.environ.get("ANTA_CHAOS_LINKS", "auto"),
                        help="namespaces adds cables to the proxies; auto: where they can be made; also ANTA_CHAOS_LINKS")
    parser.add_argument("--only", action="append", metavar="FAULT", help="of the schedule, only these kinds")
    parser.add_argument("--stale-reads", action="store_true", help="read without ?fresh: the checker has to find that out (exit 1)")
    parser.add_argument("--keep", default=os.path.join(tempfile.gettempdir(), "anta-chaos"), help="where logs and history go after a failure")
    parser.add_argument("--json", metavar="FILE", type=os.path.abspath, help="where the run's figures and verdict are written")
    arguments = parser.parse_args(words)
    if arguments.nodes not in NODES:
        parser.error(f"--nodes (ANTA_CHAOS_NODES) is 3 or 5, not {arguments.nodes}")
    unknown = set(arguments.only or ()) - set(schedule.kinds(True, arguments.nodes))
    if unknown:
        parser.error(f"of {arguments.nodes} nodes there is no {', '.join(sorted(unknown))}")
    return arguments


class Run:
    def __init__(self, arguments, cables):
        self.arguments, self.cables, self.began = arguments, cables, time.monotonic()
        self.history, self.violations = History(), []
        self.rounds, self.faults_seconds, self.last_round = 0, 0.0, "none"
        self.nemesis, self.verifier = None, None
        if arguments.stale_reads:
            self.history.fresh = ""

    def say(self, text):
        print(f"{time.monotonic() - self.began:7.2f}  {text}", flush=True)

    def go(self):
        keep = os.path.join(self.arguments.keep, str(self.arguments.seed))
        with Cluster(self.arguments.nodes, self.cables, keep) as cluster:
            cluster.failed = True  # until it is known to be well
            cluster.start()
            code, _, err = cluster.play()
            if code != 0:
                raise AssertionError(err[-2000:])
            self.nemesis, crowd = Nemesis(cluster, self.history, self.say), Crowd(cluster, self.arguments.seed, self.history)
            crowd.start()
            try:
                self.strike(self.nemesis)
            except (Finding, AssertionError) as finding:
                self.violations.append(f"after round {self.last_round}: {finding}")
            crowd.join()
            if not self.violations:
                self.say("healed; verifying")
                self.verifier = Verifier(cluster, self.history, self.say)
                self.violations = self.verifier.verify()
            cluster.failed = bool(self.violations)
            if cluster.failed:
                self.keep_history(keep)
        self.write_summary("failed" if self.violations else "held")
        if self.verifier:
            print("\n" + "\n".join(summary.lines(self.summary)))
        return 1 if self.violations else 0

    def write_summary(self, verdict):
        """Also at the start, so that a run that is cut short leaves no older run's verdict."""
        self.summary = summary.of(self, verdict)
        if self.arguments.json:
            with open(self.arguments.json, "w", encoding="utf-8") as file:
                json.dump(self.summary, file, indent=2)
                file.write("\n")

    def strike(self, nemesis):
        began = time.monotonic()
        for round_ in schedule.rounds(self.arguments.seed, self.cables, self.arguments.nodes):
            if self.arguments.only and round_.fault not in self.arguments.only:
                continue
            self.faults_seconds = time.monotonic() - began
            if self.faults_seconds >= self.arguments.minutes * 60:
                break
            self.last_round = f"{round_.number} {round_.fault}"
            self.say(f"round {round_.number}: {round_.fault} on {round_.victim}" + (f", beside {round_.beside}" if round_.beside else ""))
            nemesis.perform(round_)
            self.rounds += 1

    def keep_history(self, keep):
        os.makedirs(keep, exist_ok=True)
        with open(os.path.join(keep, "history.jsonl"), "w", encoding="utf-8") as file:
            for operation in sorted(self.history.operations, key=lambda o: o.invoked):
                file.write(json.dumps(vars(operation)) + "\n")


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
    if arguments.only and not set(arguments.only) & set(schedule.kinds(cables, arguments.nodes)):
        print(f"{', '.join(arguments.only)}: cables' faults, which need --links namespaces, where these can be made", file=sys.stderr)
        return 2
    if cables:
        os.environ["ANTA_CHAOS_SEED"] = str(arguments.seed)
        namespaces.enter()
    print(f"chaos: {arguments.nodes} nodes, seed {arguments.seed}, {arguments.minutes:g} minutes (replay the schedule with --seed {arguments.seed})", flush=True)
    run = Run(arguments, cables)
    run.write_summary("unfinished")
    code = run.go()
    for number, violation in enumerate(run.violations):
        print(f"\nVIOLATION: {violation}" if number == 0 else f"also: {str(violation).splitlines()[0]}")
    print("all held" if code == 0 else f"\nFAILED, seed {arguments.seed}; logs and history in {arguments.keep}/{arguments.seed}", flush=True)
    return code


if __name__ == "__main__":
    sys.exit(main())
