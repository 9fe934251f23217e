#!/usr/bin/env python3
"""The two programs are of one release, and it is the one that CMakeLists.txt names."""
import os
import re
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import network as net


class Release(unittest.TestCase):
    def version(self, program, name):
        done = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=60)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertRegex(done.stdout, rf"\A{name} \S+\n\Z")
        return done.stdout.split()[1]

    def test_a_release_that_only_one_program_is_of(self):
        """Goal: a node that was set aside heals again under another release only, so antad may not go on calling itself the last one."""
        with open(os.path.join(net.ROOT, "CMakeLists.txt"), encoding="utf-8") as file:
            project = re.search(r"^project\(anta VERSION (\S+)", file.read(), re.M).group(1)
        self.assertEqual(self.version(net.ANTA, "anta"), project)
        self.assertEqual(self.version(net.ANTAD, "antad"), project)


if __name__ == "__main__":
    unittest.main(verbosity=2)
