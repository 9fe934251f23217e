"""Each node in a network namespace of its own, joined by one cable (a veth pair) to the namespace of the test.

Made inside a private user and network namespace into which the command has put itself (`enter`), so it needs no rights, touches
nothing of the machine, and is gone with the last process. What a cable adds to the proxies: real TCP under real loss. It can be
pulled out (both ways), made deaf or dumb (one way: a wrong neighbour's address on one end, so that frames that leave there are for
nobody), and made lossy: by netem where the kernel has it, else by bursts in which frames are for nobody.
"""
import os
import shutil
import subprocess
import sys

MARK = "ANTA_CHAOS_NAMESPACE"
NOBODY = "02:00:00:00:00:fe"


def run(*arguments, check=True):
    done = subprocess.run(arguments, capture_output=True, text=True, timeout=20, check=False)
    if check and done.returncode != 0:
        raise OSError(f"{' '.join(arguments)}: {done.stderr.strip()}")
    return done


def possible():
    """Whether namespaces and cables can be made here: tried, not guessed."""
    if any(shutil.which(program) is None for program in ("unshare", "ip", "nsenter")):
        return False
    script = "ip link set lo up && ip link add cable0 type veth peer name cable1 && unshare -n true && ip addr add 10.77.0.1/30 dev cable0"
    return run("unshare", "-Urn", "sh", "-c", script, check=False).returncode == 0


def enter():
    """Starts this program again inside a private namespace; returns there only."""
    if os.environ.get(MARK) != "inside":
        os.environ[MARK] = "inside"
        os.execvp("unshare", ["unshare", "-Urn", sys.executable, *sys.argv])
    run("ip", "link", "set", "lo", "up")


class Cable:
    def __init__(self, number):
        """Namespace and cable of one node."""
        self.here, self.there = f"anta{number}", f"node{number}"
        self.test_address, self.address = f"10.77.{number}.1", f"10.77.{number}.2"
        self.keeper = subprocess.Popen(["unshare", "-n", "sh", "-c", "echo made; exec cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.keeper.stdout.readline()  # the namespace is there
        self.inside = ["nsenter", "-t", str(self.keeper.pid), "-n"]
        run("ip", "link", "add", self.here, "type", "veth", "peer", "name", self.there)
        run("ip", "link", "set", self.there, "netns", str(self.keeper.pid))
        run("ip", "addr", "add", self.test_address + "/30", "dev", self.here)
        run("ip", "link", "set", self.here, "up")
        for arguments in (("addr", "add", self.address + "/30", "dev", self.there), ("link", "set", "lo", "up"), ("link", "set", self.there, "up")):
            run(*self.inside, "ip", *arguments)
        self.netem = run("tc", "qdisc", "add", "dev", self.here, "root", "netem", check=False).returncode == 0

    def pull(self):
        run("ip", "link", "set", self.here, "down")

    def nobody_hears(self, of_node):
        """The frames of the node, or those to it, are for nobody."""
        prefix, address, device = (self.inside, self.test_address, self.there) if of_node else ([], self.address, self.here)
        run(*prefix, "ip", "neigh", "replace", address, "lladdr", NOBODY, "nud", "permanent", "dev", device)

    def somebody_hears(self, of_node):
        prefix, address, device = (self.inside, self.test_address, self.there) if of_node else ([], self.address, self.here)
        run(*prefix, "ip", "neigh", "del", address, "dev", device, check=False)

    def lose(self, delay_ms, loss_percent):
        run("tc", "qdisc", "change", "dev", self.here, "root", "netem", "delay", f"{delay_ms}ms", "loss", f"{loss_percent}%")

    def heal(self):
        run("ip", "link", "set", self.here, "up")
        for of_node in (False, True):
            self.somebody_hears(of_node)
        if self.netem:
            run("tc", "qdisc", "replace", "dev", self.here, "root", "netem")

    def close(self):
        self.keeper.stdin.close()
        self.keeper.wait(timeout=10)
        self.keeper.stdout.close()
