"""What tests share: a network that has played the year; and for those of the command line a directory to work in."""
import json
import os
import tempfile
import unittest

import network as net

SITE = ('as: nordkabel\ntype: site\npayload: {{event_time: "2025-10-30T09:00:00-05:00", id: {0}, operator: nordkabel, kind: warehouse, '
        'country: DE}}\n')


class PlayedNetwork(unittest.TestCase):
    """One network that has played the year, for all tests of the class."""

    @classmethod
    def setUpClass(cls):
        cls.network = net.Network().__enter__()
        cls.addClassCleanup(cls.network.__exit__)
        code, _, err = cls.network.play()
        assert code == 0, err[-2000:]


class Played(PlayedNetwork):
    """And a directory of its own for each, in which `anta` is run."""

    def setUp(self):
        self.home = tempfile.TemporaryDirectory()
        self.addCleanup(self.home.cleanup)

    def run_anta(self, *arguments, code=0, **options):
        got, out, err = net.anta(*arguments, cwd=self.home.name, **options)
        self.assertEqual(got, code, out.decode() + err)
        return out.decode(), err

    @staticmethod
    def text_of(path):
        with open(path, encoding="utf-8") as file:
            return file.read()

    def read(self, *arguments, node=1):
        out, _ = self.run_anta(*arguments, "--node", self.network.nodes[node].url, "--output", "json")
        return json.loads(out)

    def sign(self, text, party="nordkabel", outbox="outbox", out=None):
        with open(os.path.join(self.home.name, "document.yaml"), "w", encoding="utf-8") as file:
            file.write(text)
        where = ["--out", out] if out else ["--outbox", outbox]
        self.run_anta("sign", "document.yaml", "--key", os.path.join(self.network.keys(), party + ".key"), *where)

    def load(self, number):
        """A lot L-number and its dispatch D-number, which waits for its carrier."""
        self.sign_load(number)
        self.run_anta("submit", "outbox", "--node", self.network.urls())

    def sign_load(self, number):
        """The same, signed and not sent."""
        lot = ('as: pullo-cobre\ntype: lot\npayload: {event_time: "2025-11-03T09:00:00-05:00", id: L-900, site: mina-pullo-cobre, material: '
               'ore_sulphide, form: bulk, extracted_from: "2025-11-01T09:00:00-05:00", extracted_until: "2025-11-02T09:00:00-05:00", measurement: '
               '{wet_g: 8000000, moisture_ppm: 30000, cu_ppm: 60000, status: estimated, method: visual}}\n')
        send = ('as: pullo-cobre\ntype: dispatch\npayload: {event_time: "2025-11-03T10:00:00-05:00", id: D-900, from_site: mina-pullo-cobre, to: '
                'nasca-sur, to_site: planta-nasca-sur, ownership_moves: true, carrier: carga-nasca, vehicle: V9X-900, waybill: T900-0000900, '
                'tax_deposit: DET-9, lots: [{lot: L-900, measurement: {wet_g: 8000000, moisture_ppm: 30000, cu_ppm: 60000, status: estimated, '
                'method: visual}}]}\n')
        for text in (lot, send):
            self.sign(text.replace("900", number), "pullo-cobre")
