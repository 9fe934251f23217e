#!/usr/bin/env python3
"""Chains that nobody wrote by hand, parameters that decide, and expectations that are wrong on purpose."""
import json
import os
import random
import re
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import network as net
import scenario_maker
from scenario_edges import Edges


def play(document, *more):
    """On a network of its own: (exit code, stderr)."""
    with tempfile.TemporaryDirectory() as home:
        path = os.path.join(home, "made.yaml")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(document, file)
        with net.Network(path) as network:
            code, _, err = network.play(None, *more)
            return code, err


class OtherChains(unittest.TestCase):
    def test_made_scenarios_play_spread_over_the_nodes(self):
        """Goal: nothing of node, ledger or verifier knows the committed scenario."""
        for seed in (101, 102):
            code, err = play(scenario_maker.Maker(seed).document(), "--spread", str(seed))
            self.assertEqual(code, 0, f"seed {seed}: {err[-2000:]}")

    def test_drawn_parameters_decide_just_inside_and_just_outside(self):
        """Goal: payload, closure, receipt, capacity and age are judged by the genesis's own figures, to the gram; a check in the middle
        and a certificate under a flag are met too."""
        drawn = {}
        for seed in (4, 5, 7):
            document = Edges(seed).document()
            code, err = play(document, "--spread", str(seed))
            self.assertEqual(code, 0, f"seed {seed}: {err[-2000:]}")
            self.assertIn(" check middle: as expected on 3 nodes", err)
            self.assertTrue(document["expectations"]["middle"]["lots"])
            self.assertIn("valid_with_flags", [c["verdict"] for c in document["expectations"]["end"]["certificates"].values()])
            for outcome in ("payload_exceeded", "capacity_exceeded", "batch_closure"):
                self.assertRegex(err, rf"(?m)^step .*: {outcome}$")
            for name, value in document["parameters"].items():
                drawn.setdefault(name, set()).add(value)
        for name in ("payload_max_g", "closure_max_ppm", "receipt_wet_g", "pma_g_per_day", "event_age_max_days"):
            self.assertGreater(len(drawn[name]), 1, f"{name} never changed")


class Falsified(unittest.TestCase):
    def named(self, kinds):
        for kind in kinds:
            with self.subTest(kind=kind):
                document = Edges(200).document()
                step, said = scenario_maker.falsify(document, kind, random.Random(scenario_maker.KINDS.index(kind)))
                code, err = play(document)
                self.assertEqual(code, 7, err[-1000:])
                line = next((line for line in err.splitlines() if line.startswith("anta: ")), "")
                self.assertRegex(line, re.compile(rf"^anta: step {step} \(line \d+\) {said}"))


class FalsifiedSteps(Falsified):
    def test_a_wrong_outcome_code_or_lot_is_named(self):
        """Goal: the player exits 7 and its one line names the step, what was expected of which field, and what came."""
        self.named(scenario_maker.KINDS[:6])


class FalsifiedChecks(Falsified):
    def test_a_wrong_state_account_or_certificate_is_named(self):
        """Goal: the same for lots' states, accounts, verdicts, models and flags."""
        self.named(scenario_maker.KINDS[6:])


if __name__ == "__main__":
    unittest.main(verbosity=2)
