#!/usr/bin/env python3
"""What the simulator's clients saw is linearizable: judged by the checker of tests/chaos, which knows nothing of Raft.

    histories_test.py SIMULATE [FIRST..LAST]      100 seeds by default
"""
import json
import os
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "chaos"))
from linearizable import UNKNOWN, Operation, Register, check

SIMULATE, SEEDS = "", range(1, 101)


def history_of(seed, *more):
    """The run's operations; a write without an answer that nobody ever read is left out, as one that took no effect explains as much."""
    with tempfile.TemporaryDirectory() as home:
        path = os.path.join(home, "history.jsonl")
        done = subprocess.run([SIMULATE, str(seed), "--history", path, *more], capture_output=True, text=True, timeout=120, check=False)
        if done.returncode != 0:
            raise AssertionError(f"simulate {seed}: {done.stdout[-500:]}{done.stderr}")
        with open(path, encoding="utf-8") as file:
            operations = [Operation(**json.loads(line)) for line in file]
    seen = {operation.result for operation in operations if operation.name == "read"}
    for operation in operations:
        if operation.name == "write":
            operation.result = UNKNOWN
    return [o for o in operations if o.returned is not None or o.argument in seen]


class Histories(unittest.TestCase):
    def test_linearizable(self):
        """Goal: every register of every seed; and the seeds together have writes, reads, lost answers and concurrency."""
        writes = reads = late = 0
        for seed in SEEDS:
            operations = history_of(seed)
            found = check(operations, lambda key: Register)
            self.assertEqual(found, [], f"seed {seed}: {found and found[0]}")
            writes += sum(o.name == "write" and o.returned is not None for o in operations)
            reads += sum(o.name == "read" for o in operations)
            late += sum(o.name == "write" and o.returned is None for o in operations)
        print(f"{len(SEEDS)} seeds: {writes} answered writes, {reads} reads, {late} writes seen without an answer", flush=True)
        self.assertGreater(writes, 100 * len(SEEDS))
        self.assertGreater(reads, 20 * len(SEEDS))
        self.assertGreater(late, len(SEEDS) // 4)

    def test_a_wrong_history_is_refused(self):
        """Goal: in each of five histories, a read that is given the value before the last answered one is noticed."""
        for seed in list(SEEDS)[:5]:
            operations = history_of(seed)
            answered = sorted((o for o in operations if o.name == "write" and o.returned is not None and o.key == "1"), key=lambda o: o.invoked)
            first, last = answered[0], answered[-1]
            stale = Operation("x", "1", "read", last.returned + 1, last.returned + 2, None, first.argument)
            self.assertEqual([violation.key for violation in check([*operations, stale], lambda key: Register)], ["1"], f"seed {seed}")


if __name__ == "__main__":
    SIMULATE = sys.argv.pop(1)
    if len(sys.argv) > 1 and ".." in sys.argv[1]:
        begin, end = sys.argv.pop(1).split("..")
        SEEDS = range(int(begin), int(end) + 1)
    unittest.main(verbosity=2)
