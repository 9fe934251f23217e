#!/usr/bin/env python3
"""COSE Receipts and SCRAPI on three real nodes, verified by tests/others/receipts.py: cbor2, PyNaCl and hashlib, nothing of Anta's code.

Runs under Debian's own interpreter.
"""
import hashlib
import http.client
import http.server
import json
import os
import sys
import tempfile
import threading
import unittest

import cbor2

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "others"))
import network as net
import receipts as others
from cose import EVENT, key_of, statement, thumbprint
from played import PlayedNetwork

CONCISE = "application/concise-problem-details+cbor"


class Receipts(PlayedNetwork):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.key = key_of(os.path.join(cls.network.keys(), "nordkabel.key"))
        with open(cls.network.policy, encoding="utf-8") as file:
            cls.policy = file.read()

    def setUp(self):
        home = tempfile.TemporaryDirectory()
        self.addCleanup(home.cleanup)
        self.home = home.name

    def signed(self, name):
        return statement(self.key, "site", "nordkabel", name, {"event_time": EVENT, "id": name, "operator": "nordkabel", "kind": "warehouse", "country": "DE"})

    @staticmethod
    def ask(node, method, path, body=None, **headers):
        """(status, headers, body), following no redirection."""
        connection = http.client.HTTPConnection(node.url.removeprefix("http://"), timeout=net.DEADLINE)
        try:
            connection.request(method, path, body=body, headers=headers)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def receipt(self, node, digest):
        """A node's receipt; asked for again while it is 302."""
        def asked():
            status, headers, body = self.ask(node, "GET", "/entries/" + digest, Accept="application/cose")
            if status == 302:
                self.assertEqual((headers["Location"], headers["Retry-After"], body), ("/entries/" + digest, "1", b""))
                return None
            if status == 404:  # this node has not applied it yet
                return None
            self.assertEqual((status, headers["Content-Type"], headers["Location"]), (200, "application/cose", "/entries/" + digest))
            return body
        return net.until("a receipt of " + node.name, asked)

    def registered(self, name):
        """(digest, bytes) of a statement that node 0 took and whose receipt each node has."""
        encoded = self.signed(name)
        digest = hashlib.sha256(encoded).hexdigest()
        status, headers, _ = self.ask(self.network.nodes[0], "POST", "/entries", encoded, **{"Content-Type": "application/cose"})
        self.assertIn(status, (201, 303))
        self.assertEqual(headers["Location"], "/entries/" + digest)
        for node in self.network.nodes:
            self.receipt(node, digest)
        return digest, encoded

    def anta(self, *arguments):
        code, out, err = net.anta(*arguments, cwd=self.home)
        return code, out, err

    def test_a_statement_is_registered_and_each_organisation_vouches_for_it(self):
        """Goal: 201 with a receipt that an independent verifier accepts; each node's is its own organisation's; the keys are the policy's."""
        encoded = self.signed("lager-receipt")
        digest = hashlib.sha256(encoded).hexdigest()
        status, headers, body = self.ask(self.network.nodes[1], "POST", "/entries", encoded, **{"Content-Type": "application/cose"})
        self.assertEqual((status, headers["Content-Type"], headers["Location"]), (201, "application/cose", "/entries/" + digest))
        witnesses, logs = others.read_policy(self.policy)
        names = [others.check_receipt(body, encoded, witnesses, logs)[0]]
        for node in self.network.nodes:
            name, size, index, _ = others.check_receipt(self.receipt(node, digest), encoded, witnesses, logs)
            self.assertLess(index, size)
            self.assertEqual(name, node.name + "/anta")  # in this network a node is called like its organisation
            names.append(name)
            key_set = self.ask(node, "GET", "/.well-known/scitt-keys", Accept="application/cbor")
            self.assertEqual((key_set[0], key_set[1]["Content-Type"]), (200, "application/cbor"))
            (key,) = cbor2.loads(key_set[2])
            self.assertEqual(witnesses[key[2]], (name, key[-2]))
            kid = others.base64.urlsafe_b64encode(key[2]).rstrip(b"=").decode()
            self.assertEqual(cbor2.loads(self.ask(node, "GET", "/.well-known/scitt-keys/" + kid)[2]), key)
        self.assertEqual(names[0], names[2])
        self.assertEqual(len(set(names)), 3)
        with self.assertRaises(others.Refused):
            others.check_receipt(body, self.signed("lager-other"), witnesses, logs)

    def test_a_node_that_sends_anothers_receipt_with_a_bad_signature_spoils_nothing(self):
        """Goal: what it sent is named and left out; it does not take the place of the organisation's own, and the file holds."""
        digest, _ = self.registered("lager-spoilt")
        theirs = bytearray(self.receipt(self.network.nodes[1], digest))
        theirs[-1] ^= 1

        class Liar(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200)
                self.send_header("Content-Type", "application/cose")
                self.send_header("Content-Length", str(len(theirs)))
                self.end_headers()
                self.wfile.write(theirs)

            def log_message(self, *_):
                pass

        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Liar) as server:
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            liar = f"http://127.0.0.1:{server.server_address[1]}"
            urls = ",".join([self.network.nodes[0].url, liar, self.network.nodes[1].url, self.network.nodes[2].url])
            code, _, said = self.anta("export", "--format", "cose-receipts", "--statement", digest, "--node", urls, "--policy", self.network.policy,
                                      "--out", "spoilt.cose")
            server.shutdown()
            thread.join()
        self.assertEqual(code, 0, said)
        self.assertIn(liar, said)
        code, out, said = self.anta("statement", "verify", "spoilt.cose", "--policy", self.network.policy, "--output", "json")
        self.assertEqual(code, 0, said)
        self.assertEqual(len(json.loads(out)["organisations"]), 3)

    def test_the_same_bytes_again_are_registered_once(self):
        """Goal: 201 with a receipt of the same leaf, also on another node."""
        digest, encoded = self.registered("lager-twice")
        leaves = set()
        for node in self.network.nodes:
            status, _, body = self.ask(node, "POST", "/entries", encoded, **{"Content-Type": "application/scitt-statement+cose"})
            self.assertEqual(status, 201)
            leaves.add(others.check_receipt(body, encoded, *others.read_policy(self.policy))[2])
        self.assertEqual(leaves, {self.network.nodes[0].json("/v1/statements/" + digest)["leaf"]})

    def test_a_transparent_statement_is_gathered_and_verified_offline(self):
        """Goal: export writes what anta and the independent verifier accept; the statement inside is the recorded bytes; one node's receipt is too little."""
        digest, encoded = self.registered("lager-offline")
        export = ("export", "--format", "cose-receipts", "--statement", digest, "--policy", self.network.policy, "--out")
        code, _, err = self.anta(*export, "lot.cose", "--node", self.network.urls())
        self.assertEqual(code, 0, err)
        with open(os.path.join(self.home, "lot.cose"), "rb") as file:
            transparent = file.read()
        lines, bare = others.check_transparent(transparent, self.policy)
        self.assertEqual(bare, encoded)
        code, out, err = self.anta("statement", "verify", "lot.cose", "--policy", self.network.policy, "--output", "json")
        self.assertEqual(code, 0, err)
        report = json.loads(out)
        self.assertEqual((report["verdict"], report["statement"], report["subject"]), ("valid", digest, "lager-offline"))
        listed = {name for name, _ in others.read_policy(self.policy)[0].values()}
        self.assertEqual(set(report["missing"]), listed - {line[0] for line in lines})  # the witness: it keeps no ledger, and gives no receipts
        self.assertEqual(len(lines), 3)
        self.assertEqual([(line["name"], line["size"], line["leaf"], line["root"]) for line in report["organisations"]],
                         [(name, size, index, root.hex()) for name, size, index, root in lines])
        self.assertIn("not_checked.statement_since", report["not_checked"])
        code, _, err = self.anta(*export, "one.cose", "--node", self.network.nodes[2].url)
        self.assertEqual(code, 0, err)
        self.verdict("one.cose", 6, "receipts.no_quorum", "--policy", self.network.policy)
        self.verdict("lot.cose", 6, "no_policy")
        self.verdict_of(transparent.replace(b"lager-offline", b"lager-offlinf"), 3, "receipt.signature")
        self.verdict_of(encoded, 3, "transparent.none")
        self.verdict_of(transparent[:-1], 3, "cbor.length")
        answer = self.ask(self.network.nodes[0], "POST", "/entries", transparent, **{"Content-Type": "application/cose"})
        self.assertEqual((answer[0], cbor2.loads(answer[2])[-1]), (400, "Malformed request"))
        self.assertIn("without its receipts", cbor2.loads(answer[2])[-2])

    def verdict(self, name, exit_code, reason, *policy):
        code, out, err = self.anta("statement", "verify", name, *policy, "--output", "json")
        self.assertEqual((code, [one["code"] for one in json.loads(out)["reasons"]]), (exit_code, [reason]), err)

    def verdict_of(self, file_bytes, exit_code, reason):
        with open(os.path.join(self.home, "changed.cose"), "wb") as file:
            file.write(file_bytes)
        self.verdict("changed.cose", exit_code, reason, "--policy", self.network.policy)

    def test_refusals_are_concise_problem_details(self):
        """Goal: SCRAPI's statuses and titles, in canonical CBOR, from a real node; a rejection on record is told again by its id."""
        node = self.network.nodes[0]
        good = self.signed("lager-refused")
        taken = self.signed("planta-nasca-sur")
        parts = cbor2.loads(good).value
        unsigned = cbor2.dumps(cbor2.CBORTag(18, [*parts[:3], bytes(64)]), canonical=True)
        detached = cbor2.dumps(cbor2.CBORTag(18, [parts[0], {}, None, parts[3]]), canonical=True)
        es256 = cbor2.dumps({**cbor2.loads(parts[0]), 1: -7}, canonical=True)
        other = cbor2.dumps(cbor2.CBORTag(18, [es256, *parts[1:]]), canonical=True)
        stranger = statement(others.key_for(1), "site", "nordkabel", "s", {"event_time": EVENT, "id": "s", "operator": "nordkabel", "kind": "warehouse", "country": "DE"})
        for body, kind, status, title, word in ((unsigned, "application/cose", 400, "Rejected", "bad_signature"),
                                                (detached, "application/cose", 400, "Payload Missing", "malformed"),
                                                (other, "application/cose", 400, "Bad Signature Algorithm", "malformed"),
                                                (stranger, "application/cose", 400, "Rejected", "unknown_key"),
                                                (taken, "application/cose", 400, "Rejected", "duplicate_id"),
                                                (b"", "application/cose", 400, "Malformed request", "malformed"),
                                                (bytes(70000), "application/cose", 413, "Content Too Large", "too_large"),
                                                (good, "application/json", 415, "Unsupported Media Type", "content_type")):
            self.problem(self.ask(node, "POST", "/entries", body, **{"Content-Type": kind}), status, title, word)
        self.problem(self.ask(node, "GET", "/entries/" + hashlib.sha256(taken).hexdigest()), 400, "Rejected", "duplicate_id")
        self.problem(self.ask(node, "GET", "/entries/" + "0" * 64), 404, "Not Found", "entry")
        self.problem(self.ask(node, "GET", "/entries/xyz"), 400, "Invalid locator", "malformed")
        self.problem(self.ask(node, "GET", "/.well-known/scitt-keys/AAAA"), 404, "No such key", "scitt_key")
        self.problem(self.ask(node, "DELETE", "/entries"), 405, "Method Not Allowed", "method")

    def problem(self, answer, status, title, word):
        got, headers, body = answer
        self.assertEqual((got, headers["Content-Type"]), (status, CONCISE), body)
        problem = cbor2.loads(body)
        self.assertEqual(others.encode(problem), body)
        self.assertEqual(set(problem), {-1, -2})
        self.assertEqual(problem[-1], title)
        self.assertTrue(problem[-2].startswith(word + ": "), problem[-2])

    def test_a_receipt_outlives_a_restart(self):
        """Goal: a node that starts again gives receipts at once, under its durable mark."""
        digest, encoded = self.registered("lager-restart")
        node = self.network.nodes[2]
        self.assertEqual(node.stop(), 0)
        node.start()
        net.until("the node is ready", node.is_ready)
        name = others.check_receipt(self.receipt(node, digest), encoded, *others.read_policy(self.policy))[0]
        self.assertEqual(name, node.name + "/anta")

    def test_thumbprints_agree(self):
        """Goal: cose.py's and receipts.py's are one RFC 9679."""
        self.assertEqual(thumbprint(self.key), others.thumbprint(bytes(self.key.verify_key)))


if __name__ == "__main__":
    unittest.main(verbosity=2)
