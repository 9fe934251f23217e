"""Real nodes whose links to each other pass through proxies; in network namespaces of their own where these can be made.

Faults of links are the proxies' and the cables'; faults of processes and disks are each Node's (tests/e2e/network.py).
"""
import contextlib
import ctypes
import os
import re
import shutil
import signal
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))
import network as net
from namespaces import Cable
from proxy import Proxies

SCENARIO = os.path.join(os.path.dirname(os.path.abspath(__file__)), "chaos.yaml")


PR_SET_PDEATHSIG = 1
libc = ctypes.CDLL(None)


def die_with_the_test():
    """In a node's process before its program: it ends when the test does, whatever ends that."""
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class ChaosNode(net.Node):
    cable = None
    inside = ()  # antad, or the words by which it runs in the node's namespace

    def start(self):
        """On a disk that fails on demand, in the node's namespace. From the main thread: a node ends with the thread that started it."""
        super().start(faulty=True, program=self.inside, preexec_fn=die_with_the_test)

    def log_size(self):
        path = os.path.join(self.directory, "antad.log")
        return os.path.getsize(path) if os.path.exists(path) else 0

    def log_since(self, size):
        with open(os.path.join(self.directory, "antad.log"), "rb") as file:
            file.seek(size)
            return file.read().decode(errors="replace")

    def database(self):
        return os.path.join(self.directory, "data", "db")

    def pause(self):
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self):
        self.process.send_signal(signal.SIGCONT)


def scenario(count):
    """chaos.yaml's text for so many nodes, three or more: the others, and their organisations, are like the first three."""
    with open(SCENARIO, encoding="utf-8") as file:
        lines = file.read().splitlines()
    more = [f"n{number}" for number in range(4, count + 1)]
    end = lines.index("steps:")
    lines[end:end] = [f'  - {{id: "{name}", kind: "company", name: "Betreiber {name}", country: "DE", roles: ["node_operator"], languages: ["en"]}}'
                      for name in more]
    nodes = next(place for place, line in enumerate(lines) if line.startswith("nodes: ["))
    lines[nodes] = lines[nodes].replace("]", "".join(f", {{id: {name}}}" for name in more) + "]")
    return "\n".join(lines) + "\n"


class Cluster(net.Network):
    """A context. `count`: of nodes. `namespaces`: whether each node gets one. `keep`: where logs go when `failed` is set before the end."""

    def __init__(self, count, namespaces, keep):
        self.made = tempfile.NamedTemporaryFile("w", prefix="anta-chaos.", suffix=".yaml", encoding="utf-8")
        self.made.write(scenario(count))
        self.made.flush()
        super().__init__(self.made.name)
        self.keep, self.failed = keep, False
        self.nodes = [ChaosNode(node.directory, node.url) for node in self.nodes]
        self.proxies, self.cables = Proxies(), []
        try:
            if namespaces:
                for number, node in enumerate(self.nodes, 1):
                    node.cable = Cable(number)
                    self.cables.append(node.cable)
            self.wire()
        except BaseException:
            self.__exit__()
            raise

    def wire(self):
        """Each node.yaml gets the node's own addresses and the proxies of the peers that it dials."""
        texts = {}
        for node in self.nodes:
            with open(os.path.join(node.directory, "node.yaml"), encoding="utf-8") as file:
                texts[node] = file.read()
            node.peer_port = int(re.search(r'peer: \{listen: "127\.0\.0\.1:(\d+)"\}', texts[node])[1])
        for place, node in enumerate(self.nodes):
            here, address = (node.cable.test_address, node.cable.address) if node.cable else ("127.0.0.1", "127.0.0.1")
            http_port = node.url.rsplit(":", 1)[1]
            dialled = {}
            for other in self.nodes[place + 1:]:  # the smaller id dials
                target = (other.cable.address if other.cable else "127.0.0.1", other.peer_port)
                dialled[other.name] = f"{here}:{self.proxies.open(node.name + other.name, here, target)}"
            text = re.sub(r"peer: \{.*\}", f'peer: {{listen: "{address}:{node.peer_port}"}}', texts[node])
            text = re.sub(r"(?m)^http: \{.*\}", f'http: {{listen: "{address}:{http_port}", behind_proxy: {"true" if node.cable else "false"}}}', text)
            if dialled:
                text += "peers: {" + ", ".join(f'{name}: "{where}"' for name, where in dialled.items()) + "}\n"
            with open(os.path.join(node.directory, "node.yaml"), "w", encoding="utf-8") as file:
                file.write(text)
            node.url = f"http://{address}:{http_port}"
            node.inside = (*node.cable.inside, net.ANTAD) if node.cable else (net.ANTAD,)

    def start(self):
        for node in self.nodes:
            if node.process is None:
                node.start()
        self.until_ready()

    def __exit__(self, *_):
        for node in self.nodes:
            if node.process is not None:
                with contextlib.suppress(ProcessLookupError):
                    node.kill()  # also a paused one
        self.proxies.close()
        self.made.close()
        for cable in self.cables:
            cable.close()
        if self.failed:
            os.makedirs(self.keep, exist_ok=True)
            for node in self.nodes:
                shutil.copy(os.path.join(node.directory, "antad.log"), os.path.join(self.keep, node.name + ".log"))
        shutil.rmtree(self.home, ignore_errors=True)

    def pairs(self):
        """Each link with its two nodes, the dialler first: direction 0 is from it."""
        return [(a.name + b.name, a, b) for place, a in enumerate(self.nodes) for b in self.nodes[place + 1:]]

    def link(self, a, b):
        """The link of two nodes, and the direction from a to b."""
        return (a.name + b.name, 0) if a.name < b.name else (b.name + a.name, 1)

    def order(self, links, what, **values):
        for name in links:
            self.proxies.order(name, what, **values)

    def heal_links(self):
        self.order([name for name, _, _ in self.pairs()], "heal")
        for cable in self.cables:
            cable.heal()
