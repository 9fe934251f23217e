#!/usr/bin/env python3
"""What an operator gets to see when a node can not start, or must stop."""
import os
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import network as net


class Operators(unittest.TestCase):
    """What goes wrong at start gets one clear message, the right exit code, and loses nothing."""

    def run_node(self, *arguments):
        done = subprocess.run([net.ANTAD, *arguments], capture_output=True, text=True, timeout=net.DEADLINE)
        return done.returncode, done.stdout + done.stderr

    def test_configuration_and_directories(self):
        with net.Network() as network:
            node, other = network.nodes[0], network.nodes[1]
            yaml = os.path.join(node.directory, "node.yaml")
            code, text = self.run_node("--config", yaml)  # the data directory is in use
            self.assertNotEqual(code, 0)
            self.assertRegex(text, "another antad|in use|listen")
            with open(yaml) as file:
                good = file.read()
            typo = os.path.join(node.directory, "typo.yaml")
            with open(typo, "w") as file:
                file.write(good.replace("seed:", "sede:"))
            code, text = self.run_node("--config", typo, "--check")
            self.assertEqual(code, 2, text)
            self.assertIn("seed", text)
            node.stop()
            taken = os.path.join(node.directory, "taken.yaml")
            with open(taken, "w") as file:
                file.write(good.rsplit("http:", 1)[0] + 'http: {listen: "' + other.url.removeprefix("http://") + '"}\n')
            code, text = self.run_node("--config", taken)
            self.assertEqual(code, 2, text)
            self.assertIn("another program listens on", text)
            with net.Network() as foreign:
                foreign.nodes[0].stop()
                strange = os.path.join(node.directory, "strange.yaml")
                with open(strange, "w") as file:
                    file.write(good.replace("data: data", "data: " + os.path.join(foreign.nodes[0].directory, "data")))
                code, text = self.run_node("--config", strange)
                self.assertNotEqual(code, 0)
                self.assertRegex(text, "network")


if __name__ == "__main__":
    unittest.main(verbosity=2)
