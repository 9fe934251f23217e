#!/usr/bin/env python3
"""The organisations change their network with the command line: nodes, parameters, votes; against real nodes."""
import datetime
import json
import os
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import network as net

ORGANISATIONS = ("nasca-sur", "bahia-sur", "sello-cobre")
KEYS = 'keys: {{log: "{0}1", cosigner: "{0}2", tls: "{0}3"}}\n'


class Governance(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.network = net.Network().__enter__()
        cls.addClassCleanup(cls.network.__exit__)
        home = tempfile.TemporaryDirectory()
        cls.addClassCleanup(home.cleanup)
        cls.home = home.name
        for party in ORGANISATIONS + ("chala-norte",):
            code, out, err = net.anta("key", "new", party + ".key", "--no-passphrase", "--output", "json", cwd=cls.home)
            assert code == 0, err
            cls.write("party.yaml", f'as: registro-anta\ntype: party\npayload: {{event_time: "{cls.now()}", id: {party}, kind: company, country: DE, '
                                    f'name: {party}, roles: [node_operator], keys: ["{json.loads(out)["key"]}"]}}\n')
            cls.ok("sign", "party.yaml", "--key", cls.network.registrar_key, "--outbox", "parties")
        cls.ok("submit", "parties", "--wait", "committed", "--node", cls.network.urls())
        for number in range(3):
            cls.write(f"keys-{number}.yaml", KEYS.format(str(number) * 63))

    @staticmethod
    def now():
        return datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="milliseconds")

    @classmethod
    def write(cls, name, content):
        with open(os.path.join(cls.home, name), "w", encoding="utf-8") as file:
            file.write(content)

    @classmethod
    def ok(cls, *arguments):
        code, out, err = net.anta(*arguments, cwd=cls.home)
        assert code == 0, (arguments, out, err)
        return out

    def govern(self, party, *arguments, code=0, language="en"):
        """(what it printed, what it said)"""
        got, out, err = net.anta("network", *arguments, "--as", party, "--key", party + ".key", "--node", self.network.urls(), "--output", "json",
                                 cwd=self.home, environment={"ANTA_LANG": language})
        self.assertEqual(got, code, out.decode() + err)
        return (json.loads(out) if out else None), err

    def vote(self, party, proposal, *how, **options):
        return self.govern(party, "vote", proposal, *(how or ("--approve",)), **options)

    def nodes(self):
        listed = json.loads(self.ok("network", "node", "list", "--node", self.network.urls(), "--output", "json"))
        return listed["size"], {node["id"]: node for node in listed["nodes"]}

    def test_a_parameter_is_proposed_voted_and_holds(self):
        """Goal: one vote of three changes nothing and says who is waited for; the second takes effect; a second vote is refused in words."""
        told, said = self.govern("nasca-sur", "parameter", "transit_flag_hours", "96")
        proposal = told["proposal"]
        self.assertEqual((told["outcome"], told["status"], told["waiting"]), ("accepted", "open", ["bahia-sur", "sello-cobre"]))
        self.assertIn("still to vote: bahia-sur, sello-cobre", said)
        self.assertIn(f"anta network vote {proposal} --approve", said)
        open_ones = json.loads(self.ok("network", "proposals", "--node", self.network.urls(), "--output", "json"))
        self.assertIn(proposal, [one["id"] for one in open_ones])
        self.assertEqual(self.network.nodes[0].json("/v1/parameters?fresh=1")["transit_flag_hours"], 72)
        _, said = self.vote("nasca-sur", proposal, code=7, language="es")
        self.assertIn("already_voted", said)
        self.assertIn("ya votó la propuesta", said)
        told, said = self.vote("sello-cobre", proposal)
        self.assertEqual((told["status"], told["approvals"], told["waiting"]), ("approved", 2, []))
        self.assertIn("is approved and done", said)
        self.assertEqual(self.network.nodes[0].json("/v1/parameters?fresh=1")["transit_flag_hours"], 96)
        _, said = self.vote("bahia-sur", proposal, code=7)
        self.assertIn("wrong_state", said)

    def test_a_value_that_may_not_be_and_who_may_not_vote(self):
        """Goal: the law's codes reach the reader with cause and next step, and the outbox keeps what was answered."""
        _, said = self.govern("nasca-sur", "parameter", "transit_flag_hours", "0", code=7)
        self.assertIn("parameter_value", said)
        _, said = self.govern("nasca-sur", "parameter", "transit_flag_hour", "9", code=7)
        self.assertIn('did you mean "transit_flag_hours"', said)
        _, said = self.govern("chala-norte", "parameter", "transit_flag_hours", "9", code=7)
        self.assertIn("no_vote", said)
        outbox = os.listdir(os.path.join(self.home, "outbox"))
        self.assertEqual(sum(name.endswith(".cose") for name in outbox), sum(name.endswith(".outcome") for name in outbox))

    def test_a_proposal_is_refused(self):
        """Goal: two refusals of three end it, and nothing changes."""
        told, _ = self.govern("nasca-sur", "node", "remove", "sello-cobre", "--proposal", "P-remove")
        self.assertEqual(told["proposal"], "P-remove")
        self.assertEqual(self.vote("bahia-sur", "P-remove", "--refuse")[0]["status"], "open")
        told, said = self.vote("sello-cobre", "P-remove", "--refuse")
        self.assertEqual(told["status"], "refused")
        self.assertIn("nothing changes", said)
        self.assertEqual(self.nodes()[1]["sello-cobre"]["standing"], "voter")

    def test_a_node_is_admitted_and_removed(self):
        """Goal: from what `antad --init` prints to a learner that every node lists with its keys; removed, its id stays."""
        before, _ = self.nodes()
        told, said = self.govern("nasca-sur", "node", "add", "nodo-chala", "--organisation", "chala-norte", "--address", "nodo.example:7101", "--keys",
                                 "keys-1.yaml")
        told, said = self.vote("bahia-sur", told["proposal"])
        self.assertEqual(told["status"], "approved")
        self.assertIn("anta network node promote nodo-chala", said)
        size, nodes = self.nodes()
        self.assertGreater(size, before)
        self.assertEqual(nodes["nodo-chala"], {"id": "nodo-chala", "organisation": "chala-norte", "address": "nodo.example:7101", "standing": "learner",
                                               "incarnation": 1, "retired": [], "keys": {"log": "1" * 64, "cosigner": "1" * 63 + "2", "tls": "1" * 63 + "3"}})
        _, said = self.govern("nasca-sur", "node", "keys", "nodo-chala", "--keys", "keys-1.yaml", code=7)
        self.assertIn("wrong_state", said)
        told, _ = self.govern("nasca-sur", "node", "remove", "nodo-chala")
        self.vote("bahia-sur", told["proposal"])
        self.assertEqual(self.nodes()[1]["nodo-chala"]["standing"], "removed")
        _, said = self.govern("nasca-sur", "node", "promote", "nodo-nadie", code=4)
        self.assertIn("nodo-nadie", said)

    def test_a_witness_is_admitted_and_ended(self):
        """Goal: from what `antad --witness --init` prints to a witness that nodes list and the policy names; another key; ended."""
        home = os.path.join(self.home, "witness")
        made = subprocess.run([net.ANTAD, "--witness", "--init", home], capture_output=True, text=True, check=True).stdout
        self.write("witness.yaml", made)
        key = made.split('"')[1]
        told, _ = self.govern("nasca-sur", "node", "witness", "chala-norte", "--keys", "witness.yaml")
        told, said = self.vote("bahia-sur", told["proposal"])
        self.assertEqual(told["status"], "approved")
        self.assertIn("antad --witness", said)
        listed = self.network.nodes[0].json("/v1/nodes?fresh=1")["witnesses"]
        self.assertEqual([witness for witness in listed if witness["id"] == "chala-norte"], [{"id": "chala-norte", "key": key}])
        self.assertIn("\nwitness chala-norte/anta ", self.network.nodes[0].get("/v1/policy")[1].decode())
        self.assertIn("chala-norte", self.ok("network", "node", "list", "--node", self.network.urls()).decode())
        _, said = self.govern("nasca-sur", "node", "witness", "chala-norte", "--keys", "witness.yaml", code=7)
        self.assertIn("wrong_state", said)
        told, _ = self.govern("nasca-sur", "node", "witness", "chala-norte", "--remove")
        _, said = self.vote("bahia-sur", told["proposal"], language="es")
        self.assertIn("ya no es testigo", said)
        self.assertNotIn("chala-norte", self.network.nodes[0].get("/v1/policy")[1].decode())
        self.assertIn("--remove", self.govern("nasca-sur", "node", "witness", "chala-norte", code=2)[1])

    def test_mistakes_of_usage(self):
        """Goal: told before anything is signed or sent, in the reader's language."""
        for language, words in (("en", "one of --approve and --refuse"), ("es", "--approve o --refuse")):
            self.assertIn(words, self.vote("nasca-sur", "P-1", "--approve", "--refuse", code=2, language=language)[1])
        self.assertIn("P-nobody", self.vote("nasca-sur", "P-nobody", code=4)[1])
        self.assertIn("--effective-from", self.govern("nasca-sur", "parameter", "a", "1", "--effective-from", "tomorrow", code=2)[1])
        self.write("bad.yaml", 'keys: {log: "12", cosigner: "12", tls: "12"}\n')
        said = self.govern("nasca-sur", "node", "keys", "nasca-sur", "--keys", "bad.yaml", code=2)[1]
        self.assertIn("bad.yaml", said)
        self.assertIn("64 hex digits", said)


if __name__ == "__main__":
    unittest.main(verbosity=2)
