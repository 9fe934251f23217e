#!/usr/bin/env python3
"""Chains that nobody wrote by hand, and expectations that are wrong on purpose."""
import json
import os
import random
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import network as net
import scenario_maker


class OtherChains(unittest.TestCase):
    def write(self, home, document):
        path = os.path.join(home, "made.yaml")
        with open(path, "w") as file:
            json.dump(document, file)
        return path

    def test_made_scenarios_play_spread_over_the_nodes(self):
        """Goal: nothing of node, ledger or verifier knows the committed scenario."""
        for seed in (101, 102):
            with tempfile.TemporaryDirectory() as home, net.Network(self.write(home, scenario_maker.Maker(seed).document())) as network:
                code, out, err = network.play(None, "--spread", str(seed))
                self.assertEqual(code, 0, f"seed {seed}: {err[-2000:]}")

    def test_each_kind_of_falsified_expectation_is_named(self):
        """Goal: the player names the step and the field of each kind of expectation that is wrong."""
        for number, kind in enumerate(scenario_maker.KINDS):
            document = scenario_maker.Maker(200).document()
            step = scenario_maker.falsify(document, kind, random.Random(number))
            with tempfile.TemporaryDirectory() as home, net.Network(self.write(home, document)) as network:
                code, _, err = network.play()
                self.assertEqual(code, 7, f"{kind}: {err[-1000:]}")
                self.assertIn(f"step {step} ", err.splitlines()[-4] + err, kind)


if __name__ == "__main__":
    unittest.main(verbosity=2)
