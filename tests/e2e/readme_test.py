#!/usr/bin/env python3
"""The README's walk-throughs are run as they stand, against a network that has played the year."""
import json
import os
import re
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import network as net


class Readme(unittest.TestCase):
    def report(self, network, path):
        """A certificate file's verdict and the codes of its flags."""
        code, out, err = net.anta("certificate", "verify", path, "--policy", network.policy, "--output", "json")
        self.assertEqual(code, 0, err)
        report = json.loads(out)
        return report["verdict"], [(flag["code"], flag["on"]) for flag in report["flags"]]

    def test_every_walk_through_runs(self):
        with open(os.path.join(net.ROOT, "README.md"), encoding="utf-8") as file:
            walks = re.findall(r"```sh walk\n(.*?)```", file.read(), re.S)
        self.assertEqual(len(walks), 4)
        with net.Network() as network, tempfile.TemporaryDirectory() as work:
            code, _, err = network.play()
            self.assertEqual(code, 0, err[-1000:])
            environment = {**os.environ, "HOME_OF_DEMO": network.home, "ANTA_NODE": network.urls(), "LC_ALL": "C",
                           "PATH": os.path.dirname(net.ANTA) + ":" + os.environ["PATH"]}
            early = os.path.join(work, "early.anta")
            self.assertEqual(net.anta("certificate", "get", "CERT-CATHODE", "--node", network.urls(), "--out", early)[0], 0)
            before = self.report(network, early)
            for walk in walks:
                done = subprocess.run(["bash", "-euo", "pipefail", "-c", walk], cwd=work, env=environment, capture_output=True, text=True)
                self.assertEqual(done.returncode, 0, walk + done.stdout + done.stderr)
            attestation = network.nodes[0].json("/v1/attestations/att-pullo-cobre?fresh=1")
            self.assertEqual([change["status"] for change in attestation["changes"]], ["suspended", "reinstated"])
            # A suspension that was lifted takes nothing from copper that was certified before it.
            self.assertEqual(self.report(network, os.path.join(work, "cathode.anta")), before)


if __name__ == "__main__":
    unittest.main(verbosity=2)
