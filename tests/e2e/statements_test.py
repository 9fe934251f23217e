#!/usr/bin/env python3
"""Bad statements over HTTP to real nodes: each gets its answer, and nothing of the ledger moves.

Runs under Debian's own interpreter: the statements are made by cose.py, independently of Anta's code.
"""
import hashlib
import http.client
import json
import os
import sys
import unittest

import cbor2
import nacl.signing

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import network as net
from cose import EVENT, encode, key_of, statement, thumbprint
from played import PlayedNetwork


class BadStatements(PlayedNetwork):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.key = key_of(os.path.join(cls.network.keys(), "nordkabel.key"))
        cls.registrar = key_of(cls.network.registrar_key)

    @staticmethod
    def site(name, **more):
        return {"event_time": EVENT, "id": name, "operator": "nordkabel", "kind": "warehouse", "country": "DE", **more}

    def signed(self, name, key=None, kind="site", kid=None, **more):
        return statement(key or self.key, kind, "nordkabel", name, self.site(name, **more), kid)

    def post(self, node, body, content_type="application/cose"):
        """(status, the problem document), by hand: urllib sends no empty body."""
        connection = http.client.HTTPConnection(node.url.removeprefix("http://"), timeout=net.DEADLINE)
        try:
            connection.request("POST", "/v1/statements?wait=committed", body=body, headers={"Content-Type": content_type})
            answer = connection.getresponse()
            self.assertIn("application/problem+json", answer.headers["Content-Type"])
            return answer.status, json.loads(answer.read())
        finally:
            connection.close()

    def refused(self, body, status, code, words="", proposed=False, **more):
        """The same answer from every node, twice; no leaf, no root and no outcome comes of it.

        `proposed`: only the block's judgement can tell (a registered key that is revoked, or another party's). Then the block is
        sealed like any other, so that seals may be added: not a statement, and the state root stays."""
        before = self.network.ledgers()
        for node in self.network.nodes + self.network.nodes[:1]:
            got, problem = self.post(node, body, **more)
            self.assertEqual((got, problem["code"]), (status, code), problem)
            self.assertEqual((problem["status"], problem["type"]), (status, "urn:anta:problem:" + code))
            self.assertIn(words, problem["detail"])
            self.assertEqual(node.get("/v1/statements/" + hashlib.sha256(body).hexdigest())[0], 404)
        after = self.network.ledgers()
        if not proposed:
            self.assertEqual(after, before)
        for old, new in zip(before, after):
            self.assertEqual(new["leaves"] - new["height"], old["leaves"] - old["height"])
            self.assertEqual(new["state_root"], old["state_root"])
        self.assertEqual(len({json.dumps(ledger) for ledger in after}), 1)

    def test_a_good_one_is_accepted(self):
        """Goal: the control. Statements made by this file are lawful, so that what follows is refused for its one fault."""
        status, body = self.network.nodes[1].post(self.signed("lager-good"))
        self.assertEqual((status, body["outcome"]), (201, "accepted"))

    def test_truncated_and_trailing_bytes(self):
        """Goal: 400 malformed for every kind of cut, and for a byte too many."""
        good = self.signed("lager-cut")
        for length in (1, 2, len(good) // 3, len(good) // 2, len(good) - 64, len(good) - 1):
            self.refused(good[:length], 400, "malformed")
        self.refused(good + b"\x00", 400, "malformed")
        self.refused(b"", 400, "malformed", "empty")
        self.refused(b"hello, ledger", 400, "malformed")

    def test_oversized(self):
        """Goal: 413 too_large for a statement over 64 KiB and for a request over 4 MiB, the limit named."""
        large = self.signed("lager-large", note="x" * (64 << 10))
        self.refused(large, 413, "too_large", "65536")
        before = self.network.ledgers()
        status, problem = self.post(self.network.nodes[0], b"\x00" * ((4 << 20) + 1))
        self.assertEqual(status, 413, problem)
        self.assertEqual(self.network.ledgers(), before)

    def test_non_canonical(self):
        """Goal: bytes that mean the same but are not the deterministic encoding are refused, however well they are signed."""
        payload = encode(self.site("lager-long"))
        self.assertEqual(payload[0] & 0xe0, 0xa0)
        long_head = bytes([0xb8, payload[0] & 0x1f]) + payload[1:]
        swapped = cbor2.dumps(dict(reversed(list(cbor2.loads(payload).items()))))
        self.assertNotEqual(swapped, payload)
        for body in (long_head, swapped, payload[:1] + payload[1:] + b"\xf6"):
            self.refused(statement(self.key, "site", "nordkabel", "lager-long", body), 400, "malformed")

    def test_wrongly_signed(self):
        """Goal: 400 bad_signature when signature or payload changed after signing."""
        good = self.signed("lager-bent")
        self.refused(good[:-1] + bytes([good[-1] ^ 1]), 400, "bad_signature")
        self.assertEqual(good.count(b"warehouse"), 1)
        self.refused(good.replace(b"warehouse", b"stockpile"), 400, "bad_signature")

    def test_unknown_type_and_unknown_field(self):
        """Goal: a type and a field that statements.cddl does not list are refused by name, though validly signed."""
        self.refused(self.signed("lager-gift", kind="gift"), 400, "malformed", "gift")
        self.refused(self.signed("lager-red", colour="red"), 400, "malformed", "colour")

    def test_unknown_key(self):
        """Goal: a key that nobody registered, and another party's key, sign nothing for this party."""
        self.refused(self.signed("lager-stranger", key=nacl.signing.SigningKey.generate()), 400, "unknown_key")
        other = key_of(os.path.join(self.network.keys(), "bahia-sur.key"))
        self.refused(self.signed("lager-other", key=other), 400, "unknown_key", proposed=True)
        self.refused(self.signed("lager-mixed", key=other, kid=thumbprint(self.key)), 400, "bad_signature")

    def test_a_revoked_key(self):
        """Goal: a key signs until its revocation is recorded, and then no more."""
        key = key_of(os.path.join(self.network.keys(), "carga-nasca.key"))
        payload = {"event_time": EVENT, "id": "patio-uno", "operator": "carga-nasca", "kind": "warehouse", "country": "PE"}
        answer = self.network.nodes[0].post(statement(key, "site", "carga-nasca", "patio-uno", payload))
        self.assertEqual(answer[0], 201, answer)
        revoked = {"event_time": EVENT + 1000, "party": "carga-nasca", "key": bytes(key.verify_key), "reason": "lost"}
        answer = self.network.nodes[1].post(statement(self.registrar, "key-revoke", "registro-anta", "carga-nasca", revoked))
        self.assertEqual(answer[0], 201, answer)
        later = {**payload, "id": "patio-dos", "event_time": EVENT + 2000}
        self.refused(statement(key, "site", "carga-nasca", "patio-dos", later), 400, "unknown_key", proposed=True)

    def test_not_a_statement_at_all(self):
        """Goal: another content type is 415 with what to send."""
        self.refused(b"{}", 415, "content_type", "application/cose", content_type="application/json")


if __name__ == "__main__":
    unittest.main(verbosity=2)
