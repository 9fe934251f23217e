"""A fresh network of three nodes with live lots on it, the generator that loads it, and what must be so after every load."""
import json
import os
import tempfile

import machine
from machine import Broken, net

NODES = 3
ALL = list(range(NODES))


class Stage:
    """`with Stage(...) as stage`. What was accepted in all loads together is counted, and compared with what the nodes hold."""

    def __init__(self, sizes, seed, say, lanes=512, lots=None, limits=None, producers=machine.PRODUCERS):
        """`limits`: of the nodes' configuration, where a row needs others than the standard ones."""
        self.sizes, self.seed, self.say = sizes, seed, say
        self.lanes, self.lots, self.limits, self.producers = lanes, lots or sizes.lots, limits, producers
        self.statements, self.statement_bytes = 0, 0
        self.accepted = self.refused = 0  # of loads, without the stock

    def __enter__(self):
        self.home = tempfile.TemporaryDirectory(prefix="anta-bench.")
        document = os.path.join(self.home.name, "network.json")
        with open(document, "w", encoding="utf-8") as file:
            file.write(machine.answer_of(machine.program("bench_generate"), "--network", str(NODES)))
        self.network, self.generator = net.Network(document), None
        try:
            if self.limits:
                self.configure()
            self.network.start()
            self.base = self.ledger_size()
            self.generator = machine.Generator(self.network, self.seed, self.lots, self.lanes, self.producers)
            self.stock()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        if self.generator:
            self.generator.close()
        self.network.__exit__()
        self.home.cleanup()

    def configure(self):
        for node in self.network.nodes:
            with open(os.path.join(node.directory, node.configuration), "a", encoding="utf-8") as file:
                file.write("limits: {" + ", ".join(f"{name}: {value}" for name, value in self.limits.items()) + "}\n")

    def stock(self):
        for what in ("found", "stock"):
            answer = self.generator.order(what)
            self.count(answer)
            if answer["all_refused"]:
                raise Broken(f"{what}: {answer['all_refused']} refused, first: {answer['first_refusal']}")
        self.check("the stock")

    def sign(self, statements):
        self.generator.order("sign", statements=int(statements))

    def load(self, name, at_mark=None, nodes=None, fair=True, **order):
        """A load on the leader unless `nodes` says where; checks what must be so afterwards. `fair` loads have nearly everything accepted."""
        if nodes is None:
            nodes = [self.lead()]
        answer = self.generator.order("load", at_mark=at_mark, nodes=nodes, **order)
        self.count(answer)
        self.accepted, self.refused = self.accepted + answer["all_accepted"], self.refused + answer["all_refused"]
        if fair and answer["all_accepted"] < 99 * answer["all_refused"]:
            raise Broken(f"load {name}: under 99 in 100 accepted; first refusal: {answer['first_refusal']}")
        self.check(f"load {name}")
        if not answer["accepted"] or not answer["seconds"]:
            raise Broken(f"load {name}: everything signed was sent before the window began")
        return answer

    def lead(self):
        return self.network.nodes.index(self.network.leader())

    def look(self):
        """What the nodes have used so far. Cheap: it runs at the edges of a window."""
        return [{"cpu": machine.cpu_seconds(node.process.pid), "metrics": machine.metrics_of(node)} for node in self.network.nodes]

    def count(self, answer):
        self.statements += answer["all_accepted"]
        self.statement_bytes += answer["all_bytes"]

    def ledger_size(self):
        """Statements and the genesis's two leaves, as every node has them; the roots must agree. A node that lags behind the leader's last answer is waited
        for: it says so (503) for as long as it has not applied what is committed."""
        ledgers = net.until("every node has applied what is committed", lambda: self.answered(self.network.ledgers()))
        if any(ledger != ledgers[0] for ledger in ledgers):
            raise Broken(f"the nodes differ: {ledgers}")
        return ledgers[0]["leaves"] - ledgers[0]["height"]

    @staticmethod
    def answered(ledgers):
        return ledgers if all(ledgers) else None

    def check(self, when):
        held = self.ledger_size() - self.base
        if held != self.statements:
            raise Broken(f"after {when}: the nodes hold {held} statements, {self.statements} were answered accepted")
        refused = [machine.metrics_of(node)["anta_requests_refused_key_limit_total"] for node in self.network.nodes]
        if any(refused):
            raise Broken(f"after {when}: keys met their limit, so this is no figure of the nodes: {refused} requests refused")

    def families(self, number, what="families"):
        """Bytes of each family of a node's tables; the node is stopped. `settled`: after all were merged."""
        node = self.network.nodes[number]
        if node.stop() != 0:
            raise Broken(f"{node.name} did not stop well")
        return json.loads(machine.answer_of(machine.program("bench_limit"), what, os.path.join(node.directory, "data", "db"),
                                            os.path.join(self.network.directory, "genesis.cbor"), node.name))

    def restart(self, times=2):
        """The second start writes what the first had in memory only."""
        for _ in range(times):
            codes = [node.stop() for node in self.network.nodes]
            if any(codes):
                raise Broken(f"a node did not stop well: {codes}")
            self.network.start()
        self.check("the restart")
