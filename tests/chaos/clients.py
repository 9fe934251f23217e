"""Clients that submit and read all the time, and the history that they make.

An operation goes from its first request to its final answer: a client that gets none (an error, a timeout, 503, 504) sends the same
bytes again, to any node, and after some tries gives up. Then the operation is uncertain; what became of it is asked at the end
(verify.py). A read that fails tells nothing and is left out.
"""
import collections
import hashlib
import http.client
import json
import random
import socket
import threading
import time

from cose import EVENT, key_of, statement
from linearizable import Operation
from models import ABSENT

REQUEST_TIMEOUT = 1.0  # less than many faults last: then the same bytes go elsewhere while the first request may still be under way
TRIES_MAX = 8
LOT_OPERATIONS_MAX = 150  # then the authorities take the next lot
DAY = 86_400_000
AUTHORITIES = ("a1", "a2", "a3", "a4")


class History:
    """Operations in the order in which they ended. Threads append; the counters are read by anybody."""

    def __init__(self):
        self.operations, self.surprises = [], []
        self.submitted = {}     # digest of each statement whose outcome was asked for, with its operation
        self.lots = {}          # lot -> digest of its registration
        self.recent = collections.deque(maxlen=200)
        self.decisions = 0      # answers to submissions
        self.unanswered_tries = 0
        self.fresh = "?fresh=1"  # what a read says

    def add(self, operation):
        self.operations.append(operation)

    def surprise(self, text):
        """An answer that no fault explains: a violation."""
        self.surprises.append(text)


class Http:
    """One kept connection per node; any failure closes it."""

    def __init__(self, nodes, timeout=REQUEST_TIMEOUT):
        self.nodes, self.timeout, self.connections = nodes, timeout, {}

    def request(self, node, method, path, body=None):
        """(status, document), or None without a whole answer."""
        connection = self.connections.get(node)
        try:
            if connection is None:
                connection = http.client.HTTPConnection(node.url.removeprefix("http://"), timeout=self.timeout)
                connection.connect()
                connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self.connections[node] = connection
            connection.request(method, path, body=body, headers={"Content-Type": "application/cose"} if body else {})
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read() or b"null")
        except (OSError, http.client.HTTPException, ValueError):
            if connection is not None:
                connection.close()
            self.connections.pop(node, None)
            return None

    def close(self):
        for connection in self.connections.values():
            connection.close()
        self.connections = {}


def decision_of(answer):
    """The final answer to a submission, or to a question for it: ("accepted", leaf), ("rejected", rule); None when there is none."""
    if answer is None:
        return None
    status, document = answer
    if status in (200, 201) and document.get("outcome") == "accepted":
        return "accepted", document["leaf"]
    if status == 422 or (status == 200 and document.get("outcome") == "rejected"):
        return "rejected", document["code"]
    return None


class Client(threading.Thread):
    """One client: draws what to do from its seed until `stop` is set."""

    def __init__(self, name, seed, nodes, history, stop, per_second):
        super().__init__(name=name, daemon=True)
        self.rng, self.nodes, self.history, self.stop, self.pace = random.Random(f"{seed}/{name}"), nodes, history, stop, per_second
        self.http = Http(nodes)

    def run(self):
        try:
            while not self.stop.wait(self.rng.expovariate(self.pace)):
                self.act()
        except Exception as error:  # pylint: disable=broad-except  # a client that dies tests nothing: that is told
            self.history.surprise(f"client {self.name} died: {error!r}")
        finally:
            self.http.close()

    def act(self):
        raise NotImplementedError

    def submit(self, body, first=None):
        """(decision or None, asked at, answered at): the same bytes to any node until they are decided, or given up."""
        invoked = time.monotonic()
        for attempt in range(TRIES_MAX):
            node = first if first and attempt == 0 else self.rng.choice(self.nodes)
            answer = self.http.request(node, "POST", "/v1/statements?wait=committed", body)
            decision = decision_of(answer)
            if decision:
                self.history.decisions += 1
                return decision, invoked, time.monotonic()
            self.history.unanswered_tries += 1
            if answer and answer[0] not in (429, 500, 503, 504):
                self.history.surprise(f"{self.name}: {node.name} answered a good statement {answer[0]} {answer[1]}")
                return None, invoked, None
            if self.rng.random() < 0.1 or self.stop.wait(0.01 * attempt):
                break
        return None, invoked, None

    def fresh(self, path):
        """(document or None for 404, asked, answered), or None when there is no answer."""
        invoked = time.monotonic()
        node = self.rng.choice(self.nodes)
        answer = self.http.request(node, "GET", path + self.history.fresh)
        if answer is None or answer[0] in (429, 500, 503, 504):
            return None
        if answer[0] not in (200, 404):
            self.history.surprise(f"{self.name}: {node.name} answered {path} {answer}")
            return None
        return answer[1] if answer[0] == 200 else None, invoked, time.monotonic()


class Keeper(Client):
    """Registers warehouses, sometimes one that exists (a rejection), sometimes what another client has sent already; reads them."""

    def __init__(self, *arguments, key):
        super().__init__(*arguments)
        self.key, self.number = key, 0

    def act(self):
        draw = self.rng.random()
        if draw < 0.55 or not self.history.recent:
            return self.register()
        digest, body = self.rng.choice(list(self.history.recent))
        if draw < 0.65:
            return self.send(digest, body)
        if draw < 0.90:
            return self.look(digest)
        found = self.fresh("/v1/ledger")
        if found:
            document, invoked, returned = found
            self.history.add(Operation(self.name, "ledger", "size", invoked, returned, None, document["leaves"]))

    def register(self):
        again = self.number > 0 and self.rng.random() < 0.1
        self.number += not again
        identity = f"{self.name}-{self.number}"
        body = statement(self.key, "site", "almacen", identity, {"event_time": EVENT, "id": identity, "operator": "almacen",
                                                                 "kind": "warehouse", "country": "DE"})
        digest = hashlib.sha256(body).hexdigest()
        self.history.recent.append((digest, body))  # before it is sent, so that others read and send it meanwhile
        self.send(digest, body)

    def send(self, digest, body):
        invoked = time.monotonic()
        self.history.submitted.setdefault(digest, []).append(operation := Operation(self.name, digest, "submit", invoked))
        decision, _, returned = self.submit(body)
        if decision:
            operation.result, operation.returned = decision, returned
        self.history.add(operation)

    def look(self, digest):
        found = self.fresh("/v1/statements/" + digest)
        if found:
            document, invoked, returned = found
            result = decision_of((200, document)) if document else ABSENT
            self.history.add(Operation(self.name, digest, "read", invoked, returned, None, result))


class Lots:
    """The lots for which the authorities compete: two at a time, each for so many operations."""

    def __init__(self, key):
        self.key, self.lock, self.made = key, threading.Lock(), 0
        self.current = {}  # lot -> operations begun

    def next_statement(self):
        with self.lock:
            self.made += 1
            number = self.made
        at = EVENT - DAY * (1 + number % 280)  # a producer's month has room for so many lots only
        lot = f"L-{number}"
        payload = {"event_time": at, "id": lot, "site": "mina-caos", "material": "ore_sulphide", "form": "bulk",
                   "measurement": {"wet_g": 1000, "moisture_ppm": 30000, "cu_ppm": 50000, "status": "estimated", "method": "visual"},
                   "extracted_from": at - 3_600_000, "extracted_until": at}
        return lot, statement(self.key, "lot", "mina", lot, payload)

    def pick(self, rng):
        """A lot to work on, or None when one has to be registered first."""
        with self.lock:
            for lot in [lot for lot, count in self.current.items() if count >= LOT_OPERATIONS_MAX]:
                del self.current[lot]
            if len(self.current) < 2:
                return None
            lot = rng.choice(sorted(self.current))
            self.current[lot] += 1
            return lot


class Authority(Client):
    """Holds lots back and releases them, in competition with the others; reads them."""

    def __init__(self, *arguments, key, lots):
        super().__init__(*arguments)
        self.key, self.lots = key, lots

    def act(self):
        lot = self.lots.pick(self.rng)
        if lot is None:
            return self.register_lot()
        draw = self.rng.random()
        if draw < 0.4:
            return self.look(lot)
        self.change(lot, "hold" if draw < 0.7 else "release")

    def register_lot(self):
        lot, body = self.lots.next_statement()
        decision = None
        while decision is None and not self.stop.is_set():
            decision, _, _ = self.submit(body)
        if decision is None:
            return
        if decision[0] != "accepted":
            return self.history.surprise(f"lot {lot} was refused: {decision}")
        self.history.lots[lot] = hashlib.sha256(body).hexdigest()
        with self.lots.lock:
            self.lots.current[lot] = 0

    def change(self, lot, what):
        payload = {"event_time": EVENT, "lot": lot, **({"legal_basis": "chaos"} if what == "hold" else {})}
        body = statement(self.key, what, self.name, lot, payload)
        digest = hashlib.sha256(body).hexdigest()
        operation = Operation(self.name, lot, what, time.monotonic(), None, (self.name, digest))
        self.history.submitted.setdefault(digest, []).append(operation)
        decision, _, returned = self.submit(body)
        if decision:
            operation.returned = returned
            operation.result = "accepted" if decision[0] == "accepted" else decision[1]
            operation.place = decision[1] if decision[0] == "accepted" else None
        self.history.add(operation)

    def look(self, lot):
        found = self.fresh("/v1/lots/" + lot)
        if found:
            document, invoked, returned = found
            result = (document.get("hold"), document["by"]) if document else ABSENT
            self.history.add(Operation(self.name, lot, "read", invoked, returned, None, result))


class Crowd:
    """All clients of a run."""

    def __init__(self, cluster, seed, history):
        self.stop, self.history = threading.Event(), history

        def key(party):
            return key_of(f"{cluster.keys()}/{party}.key")

        lots = Lots(key("mina"))
        common = (seed, cluster.nodes, history, self.stop)
        self.clients = [Authority(name, *common, 25, key=key(name), lots=lots) for name in AUTHORITIES]
        self.clients += [Keeper(f"k{number}", *common, 20, key=key("almacen")) for number in range(1, 7)]

    def start(self):
        for client in self.clients:
            client.start()

    def join(self):
        self.stop.set()
        for client in self.clients:
            client.join(timeout=TRIES_MAX * REQUEST_TIMEOUT + 10)
            if client.is_alive():
                self.history.surprise(f"client {client.name} does not end")
