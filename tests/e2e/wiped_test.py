#!/usr/bin/env python3
"""A node whose data directory is gone must not begin anew as a voter: it would help to vote away what others recorded."""
import os
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import network as net


class Wiped(unittest.TestCase):
    def test_a_node_whose_data_directory_was_wiped_does_not_begin_anew(self):
        """One node is away, the other two commit; one of them is wiped. It must not vote the ledger away with the node that was away."""
        with net.Network() as network:
            network.nodes[2].kill()
            network.play()  # stops at its first certificate: two of three organisations are no quorum of cosigners
            before = network.nodes[0].json("/v1/ledger?fresh=1")
            self.assertGreater(before["leaves"], 100)
            for node in network.nodes[:2]:
                node.kill()
            wiped = network.nodes[1]
            data, kept = os.path.join(wiped.directory, "data"), os.path.join(wiped.directory, "data.kept")
            os.rename(data, kept)
            done = subprocess.run([net.ANTAD, "--config", os.path.join(wiped.directory, "node.yaml")],
                                  capture_output=True, text=True, timeout=net.DEADLINE, check=False)
            text = done.stdout + done.stderr
            self.assertEqual(done.returncode, 8, text)
            for wanted in ("store.missing", "this node has run before", "data:", "under a new incarnation"):
                self.assertIn(wanted, text)
            self.assertFalse(os.path.exists(data))
            os.rename(kept, data)  # the disk is mounted again
            network.start()
            self.assertEqual(network.ledgers(), [before] * 3)


if __name__ == "__main__":
    unittest.main(verbosity=2)
