#!/usr/bin/env python3
"""Three organisations on one machine: what is one node's is unreadable to the others."""
import os
import shutil
import stat
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import network as net

FIRST_UID = 64101  # users that no Debian package makes; they need no entry in /etc/passwd


def outcome_as(uid, path):
    """What opening a file or listing a directory gives to that user: "read", "PermissionError", or another error's name."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.setgroups([])
            os.setgid(uid)
            os.setuid(uid)
            if os.path.isdir(path):
                os.listdir(path)
            else:
                with open(path, "rb") as file:
                    file.read(1)
            os.write(writer, b"read")
        except OSError as error:
            os.write(writer, type(error).__name__.encode())
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as file:
        said = file.read().decode()
    os.waitpid(pid, 0)
    return said


class Isolation(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.network = net.Network()
        cls.addClassCleanup(cls.network.__exit__)
        cls.root = os.geteuid() == 0
        cls.uids = {}
        if not cls.root:
            print("\n*** NOT ROOT: all three nodes run as this user. That one node's user can not read another's files is NOT shown; "
                  "only the modes that forbid it are checked. Run as root to see it.\n", file=sys.stderr, flush=True)
            cls.network.start()
            return
        program = os.path.join(cls.network.home, "antad")  # where every user may run it
        shutil.copy(net.ANTAD, program)
        os.chmod(program, 0o755)
        for path in (cls.network.home, cls.network.directory):
            os.chmod(path, 0o711)  # may be passed through, not listed
        for number, node in enumerate(cls.network.nodes):
            cls.uids[node] = FIRST_UID + number
            for folder, _, names in os.walk(node.directory):
                for name in [folder, *(os.path.join(folder, n) for n in names)]:
                    os.chown(name, FIRST_UID + number, FIRST_UID + number)
            node.start(program=program, user=FIRST_UID + number, group=FIRST_UID + number, extra_groups=[])
        cls.network.until_ready()

    def secrets(self, node):
        """The seed, the data directory, and every file that the running node has made in it."""
        data = os.path.join(node.directory, "data")
        paths = [node.directory, os.path.join(node.directory, "node.seed"), data]
        for folder, _, names in os.walk(data):
            paths += [os.path.join(folder, name) for name in names if not name.endswith(("LOCK", "dbtmp"))]
        self.assertGreater(len(paths), 6)
        return paths

    def test_the_network_agrees_under_three_users(self):
        """Goal: nodes that can not read each other's files still make one ledger, each process under its own user."""
        code, _, err = self.network.play()
        self.assertEqual(code, 0, err[-2000:])
        ledgers = self.network.ledgers()
        self.assertEqual(ledgers[0], ledgers[1])
        self.assertEqual(ledgers[0], ledgers[2])
        for node, uid in self.uids.items():
            self.assertEqual(os.stat(f"/proc/{node.process.pid}").st_uid, uid)

    def test_what_is_one_nodes_is_unreadable_to_the_others(self):
        """Goal: PermissionError for each node's user on each other node's seed, data and directory; its own it reads."""
        if not self.root:
            self.skipTest("needs root to be three users (said above); the modes are checked by the next test")
        for reader, uid in self.uids.items():
            for owner in self.network.nodes:
                wanted = "read" if owner is reader else "PermissionError"
                for path in self.secrets(owner):
                    self.assertEqual(outcome_as(uid, path), wanted, f"{reader.name} on {path}")

    def test_modes_and_owners(self):
        """Goal: seeds 0600, directories 0700, no file of the data open to others, all of them the node's user's."""
        for node in self.network.nodes:
            uid = self.uids.get(node, os.geteuid())
            self.assertEqual(stat.S_IMODE(os.stat(os.path.join(node.directory, "node.seed")).st_mode), 0o600)
            for path in (node.directory, os.path.join(node.directory, "data")):
                self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o700, path)
            for path in self.secrets(node):
                about = os.stat(path)
                self.assertEqual(about.st_uid, uid, path)
                self.assertEqual(about.st_mode & 0o077, 0, path)

    def test_a_seed_that_others_may_read_is_refused(self):
        """Goal: a node does not start from a seed with mode 0640."""
        seed = os.path.join(self.network.nodes[0].directory, "node.seed")
        os.chmod(seed, 0o640)
        try:
            done = subprocess.run([net.ANTAD, "--config", os.path.join(self.network.nodes[0].directory, "node.yaml"), "--check"],
                                  capture_output=True, text=True, timeout=net.DEADLINE)
        finally:
            os.chmod(seed, 0o600)
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertRegex(done.stderr, r"chmod 600 .*\[config\.seed\]")


if __name__ == "__main__":
    unittest.main(verbosity=2)
