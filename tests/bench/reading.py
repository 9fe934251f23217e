"""What the bench reads of a ledger over HTTP: one keep-alive connection, times of single answers."""
import http.client
import json
import time

from machine import Broken

CERTIFICATE = "application/vnd.anta.certificate+cbor"


class Reader:
    """A context: one connection to a node."""

    def __init__(self, node):
        self.connection = http.client.HTTPConnection(node.url.removeprefix("http://"), timeout=30)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.close()

    def get(self, path, accept="*/*"):
        """(status, body, milliseconds)."""
        begin = time.monotonic()
        self.connection.request("GET", path, headers={"Accept": accept})
        answer = self.connection.getresponse()
        body = answer.read()
        return answer.status, body, 1e3 * (time.monotonic() - begin)

    def good(self, path, accept="application/json"):
        status, body, milliseconds = self.get(path, accept)
        if status != 200:
            raise Broken(f"GET {path}: {status} {body[:200]!r}")
        return body, milliseconds

    def size(self):
        """Of the newest finished checkpoint."""
        return int(self.good("/checkpoint", "text/plain")[0].decode().split("\n")[1])

    def certificate_ids(self, count):
        page = json.loads(self.good(f"/v1/certificates?limit={count}")[0])
        return [item["id"] for item in page["items"]]

    def statement_digest(self):
        """Of one statement that is in the first tile; leaves that are seals have no document that is a statement."""
        entries = self.good("/tile/entries/000", "*/*")[0]
        width = 2 + 32  # C2SP tlog-tiles: two bytes of length, then the entry
        for at in range(len(entries) - width, 0, -width):
            digest = entries[at + 2:at + width].hex()
            if self.get("/v1/statements/" + digest, "application/cose")[0] == 200:
                return digest
        raise Broken("no statement in the first tile")
