"""What must hold when everything is healed and the clients are silent.

Every statement that was acknowledged is in the ledger, once, with the answer that was given; all nodes have one ledger, and it is what
each log comes to when it is judged again; every history is linearizable: each statement's, each lot's, and the ledger's as a whole.
"""
import collections
import concurrent.futures
import math

import network as net
from clients import Http, decision_of
from linearizable import UNKNOWN, Operation, Violation, check, check_log
from models import ABSENT, Lot, Statement


class Verifier:
    def __init__(self, cluster, history, say):
        self.cluster, self.history, self.say = cluster, history, say
        self.violations, self.final = [], {}
        self.figures = {}

    def fails(self, what):
        self.violations.append(what)

    def verify(self):
        """The violations; empty: all is well."""
        self.violations += [f"surprise: {text}" for text in self.history.surprises]
        net.until("no node has a statement under way", self.quiet, 30)
        ledger = self.one_ledger()
        self.ask_outcomes()
        if (again := self.one_ledger()) != ledger:  # a last request arrived late
            ledger = again
            self.ask_outcomes()
        self.resolve()
        self.say("the nodes are quiet and show one ledger" if not self.violations else "outcomes were asked for")
        self.judge_histories()
        self.say("histories are judged")
        codes = self.cluster.stop()
        if any(code != 0 for code in codes):
            self.fails(f"exit codes at the end: {codes}")
        self.logs(ledger)
        self.say("logs are judged again")
        return self.violations

    def quiet(self):
        """What clients gave up waiting for, nodes may still offer to a leader, up to their deadline (submit_ms)."""
        pages = [node.get("/metrics", accept="text/plain") for node in self.cluster.nodes]
        return all(page and b"\nanta_pending_statements 0\n" in page[1] for page in pages)

    def one_ledger(self):
        """What all nodes show of it, freshly asked."""
        ledgers = []

        def equal():
            ledgers[:] = self.cluster.ledgers()
            return all(ledgers) and all(ledger == ledgers[0] for ledger in ledgers)
        try:
            net.until("one ledger", equal, 20)
        except AssertionError:
            self.fails(f"the nodes' ledgers differ: {ledgers}")
        return ledgers[0]

    def ask_outcomes(self):
        """What became of each statement, from one of the nodes in turn (their ledgers are equal, their logs are compared below)."""
        digests = sorted(self.history.submitted)

        def ask(part):
            http, found = Http(self.cluster.nodes, 15), {}
            for number, digest in enumerate(digests[part::4]):
                path = "/v1/statements/" + digest
                node = self.cluster.nodes[number % len(self.cluster.nodes)]
                answer = http.request(node, "GET", path) or http.request(node, "GET", path)
                found[digest] = decision_of(answer) or (ABSENT if answer and answer[0] == 404 else f"no answer: {answer}")
            http.close()
            return found
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            for found in pool.map(ask, range(4)):
                self.final.update(found)

    def resolve(self):
        """Every answer that was given is the outcome; an operation without an answer gets the outcome that it had, if any."""
        self.uncertain = self.late = 0
        leaves = collections.Counter(final[1] for final in self.final.values() if final[0] == "accepted")
        for leaf, times in leaves.items():
            if times > 1:
                self.fails(f"leaf {leaf} belongs to {times} statements")
        for digest, operations in self.history.submitted.items():
            final = self.final[digest]
            for operation in operations:
                known = self.said(operation, final)
                if operation.returned is None:
                    self.uncertain += 1
                    if final != ABSENT:
                        self.late += 1
                        operation.result = known
                elif operation.result != known or (operation.place is not None and operation.place != final[1]):
                    self.fails(f"acknowledged and now {final}: {operation}, statement {digest}")

    @staticmethod
    def said(operation, final):
        """The outcome as this operation tells it."""
        if operation.name == "submit" or final == ABSENT:
            return final
        return "accepted" if final[0] == "accepted" else final[1]

    def judge_histories(self):
        silent = {id(o) for part in self.history.submitted.values() for o in part if o.returned is None and o.result == UNKNOWN}
        told = [o for o in self.history.operations if id(o) not in silent]  # what is absent at the end never took effect
        known = {id(o) for o in told}
        begun = [o for part in self.history.submitted.values() for o in part if id(o) not in known | silent]
        lots = [o for o in told + begun if o.key in self.history.lots]
        statements = [o for o in told + begun if o.name in ("submit", "read") and o.key not in self.history.lots]
        for violation in check(statements, lambda key: Statement):
            self.fails(violation)
        for violation in check(lots, lambda key: Lot(self.history.lots[key])):
            self.fails(violation)
        found = check_log(self.places(told), lambda operation: operation.place)
        if found:
            self.fails(Violation("ledger", found.what, found.around))
        self.figures = {"statements": len({o.key for o in statements}), "lots": len({o.key for o in lots}), "lot operations": len(lots)}
        self.answers = collections.Counter(f"{o.name} {o.result}" for o in lots if o.name != "read")

    def places(self, told):
        """Each accepted statement at its leaf, from the first time that it was asked for to the first time that anybody knew it; each
        size behind its last leaf."""
        known = {}
        for operation in told:
            if operation.name == "read" and operation.key in self.final and operation.result not in (ABSENT, UNKNOWN):
                known[operation.key] = min(operation.end, known.get(operation.key, math.inf))
        places = []
        for digest, operations in self.history.submitted.items():
            if self.final[digest][0] != "accepted":
                continue
            end = min([known.get(digest, math.inf), *(o.end for o in operations)])
            places.append(Operation(operations[0].client, digest, "append", min(o.invoked for o in operations),
                                    None if end == math.inf else end, place=self.final[digest][1]))
        for operation in told:
            if operation.key == "ledger":
                operation.place = operation.result - 0.5
                places.append(operation)
        return places

    def logs(self, ledger):
        """Each node's log, judged again: the ledger it showed, and every statement decided once, as it was told."""
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            logged = list(pool.map(self.cluster.replay, self.cluster.nodes))
        for node, log in zip(self.cluster.nodes, logged):
            for field in ("leaves", "tree_root", "state_root", "height"):
                if ledger and log[field] != ledger[field]:
                    self.fails(f"{node.name}: its log comes to {field} {log[field]}, it showed {ledger[field]}")
            if log["decided"] != logged[0]["decided"]:
                self.fails(f"{node.name}: its log decides otherwise than that of {self.cluster.nodes[0].name}")
        decided = collections.Counter(decision[0] for decision in logged[0]["decided"])
        for digest, times in decided.items():
            if times > 1:
                self.fails(f"statement {digest} was decided {times} times")
        for digest, final in self.final.items():
            if (digest in decided) != (final != ABSENT):
                self.fails(f"statement {digest} is {final} to readers, and {decided.get(digest, 0)} times in the log")
        accepted = sum(decision[1] == "accepted" for decision in logged[0]["decided"])
        if ledger and ledger["leaves"] != 1 + (1 + ledger["height"]) + accepted:  # genesis, its seal and each block's, the statements
            self.fails(f"{ledger['leaves']} leaves for {accepted} statements in {ledger['height']} blocks")
