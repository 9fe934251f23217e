#!/usr/bin/env python3
"""Trying statements out (anta submit --dry-run) against real nodes."""
import json
import os
import re
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from played import SITE, Played


class DryRun(Played):
    def test_dry_run_records_nothing(self):
        """Goal: --dry-run gives the law's verdict, lawful or not, and neither ledger nor outbox changes."""
        self.sign(SITE.format("lager-trial"))
        self.sign(SITE.format("planta-nasca-sur"))  # the id is taken
        before = self.network.ledgers()
        out, err = self.run_anta("submit", "outbox", "--dry-run", "--node", self.network.urls(), "--output", "json", code=7)
        verdicts = json.loads(out)
        self.assertEqual([verdict["outcome"] for verdict in verdicts], ["accepted", "rejected"])
        self.assertEqual(verdicts[1]["code"], "duplicate_id")
        self.assertEqual(self.network.ledgers(), before)
        self.assertFalse([name for name in os.listdir(os.path.join(self.home.name, "outbox")) if name.endswith(".outcome")])

    def test_dry_run_of_a_lot_and_its_dispatch(self):
        """Goal: what builds on each other is judged together (the dispatch was refused for want of its lot), and nothing counts as sent."""
        self.sign_load("910")
        before = self.network.ledgers()
        out, err = self.run_anta("submit", "outbox", "--dry-run", "--node", self.network.urls(), "--output", "json")
        self.assertEqual([row["outcome"] for row in json.loads(out)], ["accepted", "accepted"], err)
        self.assertEqual([re.sub(r"^\d+-|\.cose$", "", row["statement"]) for row in json.loads(out)], ["lot-L-910", "dispatch-D-910"])
        self.assertEqual(self.network.ledgers(), before)
        names = sorted(os.listdir(os.path.join(self.home.name, "outbox")))
        self.assertEqual([name for name in names if name.endswith(".outcome")], [])
        lot, dispatch = (os.path.join("outbox", name) for name in names if name.endswith(".cose"))
        out, err = self.run_anta("submit", lot, dispatch, lot, "--dry-run", "--node", self.network.urls(), "--output", "json")
        rows = json.loads(out)
        self.assertEqual([row["outcome"] for row in rows], ["accepted"] * 3, err)
        self.assertEqual(rows[2]["leaf"], rows[0]["leaf"])
        self.run_anta("submit", dispatch, lot, "--dry-run", "--node", self.network.urls(), code=7)
        with open(os.path.join(self.home.name, lot), "ab") as file:
            file.write(b"\0")
        _, err = self.run_anta("submit", "outbox", "--dry-run", "--node", self.network.urls(), code=2)
        self.assertIn(os.path.basename(lot), err)

    def test_a_long_dry_run_is_asked_in_parts_and_says_so(self):
        """Goal: 257 statements are two questions; stderr says in the reader's language that the second does not see the first."""
        self.sign("---\n".join(SITE.format(f"lager-part-{number:03d}") for number in range(257)))
        for language, words in (("en", "a later part does not see"), ("es", "una parte posterior no ve")):
            out, err = self.run_anta("submit", "outbox", "--dry-run", "--node", self.network.urls(), "--output", "json", environment={"ANTA_LANG": language})
            self.assertEqual([row["outcome"] for row in json.loads(out)], ["accepted"] * 257)
            self.assertEqual(err.count(words), 1, err)


if __name__ == "__main__":
    unittest.main(verbosity=2)
