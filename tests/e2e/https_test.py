#!/usr/bin/env python3
"""A node behind its own certificate: who trusts it is answered, who does not hears so, and a renewal loses nothing.

Certificates are made here, when the test runs."""
import hashlib
import http.client
import os
import re
import signal
import ssl
import subprocess
import sys
import threading
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import network as net

SITE = ('as: nordkabel\ntype: site\npayload: {{event_time: "2025-10-30T09:00:00-05:00", id: {0}, operator: nordkabel, kind: warehouse, '
        'country: DE}}\n')
NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")


def openssl(*arguments):
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)


class Authority:
    def __init__(self, home, name):
        self.home, self.file = home, os.path.join(home, name + ".pem")
        self.key = os.path.join(home, name + ".authority-key")
        openssl("req", "-x509", *NEW_KEY, "-keyout", self.key, "-out", self.file, "-days", "60", "-subj", "/CN=" + name)

    def issue(self, days=60):
        """(certificate, key) in PEM, for localhost."""
        request, key, made, names = (os.path.join(self.home, name) for name in ("csr", "issued-key", "issued", "names"))
        with open(names, "w", encoding="ascii") as file:
            file.write("subjectAltName=DNS:localhost\n")
        openssl("req", "-new", *NEW_KEY, "-keyout", key, "-out", request, "-subj", "/CN=localhost")
        openssl("x509", "-req", "-in", request, "-CA", self.file, "-CAkey", self.key, "-days", str(days), "-extfile", names, "-out", made)
        with open(made, encoding="ascii") as certificate, open(key, encoding="ascii") as own:
            return certificate.read(), own.read()


def fingerprint(pem):
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest()


class Https(unittest.TestCase):
    """Three nodes; the first speaks HTTPS."""

    @classmethod
    def setUpClass(cls):
        cls.network = net.Network()
        cls.addClassCleanup(cls.network.__exit__)
        cls.home = cls.network.home
        cls.authority, cls.stranger = Authority(cls.home, "authority"), Authority(cls.home, "stranger")
        cls.node, cls.other = cls.network.nodes[:2]
        cls.config = os.path.join(cls.node.directory, "node.yaml")
        with open(cls.config, encoding="utf-8") as file:
            text = file.read()
        own = next(line for line in text.splitlines() if line.startswith("http:"))
        cls.good = text.replace(own, own[:-1] + ", tls: {certificate: node.pem, key: node.key}}")
        cls.port = int(own.split(":")[-1].strip('"}'))
        cls.node.url = f"https://localhost:{cls.port}"
        cls.node.trust = ssl.create_default_context(cafile=cls.authority.file)
        cls.write(cls.config, cls.good)
        cls.install(*cls.authority.issue())
        cls.network.start()
        code, _, err = net.anta(*cls.network.play_arguments(None, "--ca", cls.authority.file))
        assert code == 0, err[-2000:]

    # --- tools ---
    @staticmethod
    def write(path, text, mode=0o600):
        with open(path + ".new", "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path + ".new", mode)
        os.rename(path + ".new", path)

    @classmethod
    def install(cls, certificate, key, mode=0o600):
        cls.write(os.path.join(cls.node.directory, "node.pem"), certificate, 0o644)
        cls.write(os.path.join(cls.node.directory, "node.key"), key, mode)
        return fingerprint(certificate)

    def shown(self):
        return fingerprint(ssl.get_server_certificate(("localhost", self.port)))

    def reload(self, word):
        before = self.node.log().count(f"event={word}")
        self.node.process.send_signal(signal.SIGHUP)
        net.until(f"the log says {word}", lambda: self.node.log().count(f"event={word}") > before)

    def anta(self, code, *arguments, **options):
        got, out, err = net.anta(*arguments, **options)
        self.assertEqual(got, code, out.decode() + err)
        return out.decode(), err

    def check(self, code):
        done = subprocess.run([net.ANTAD, "--config", self.config, "--check"], capture_output=True, text=True, timeout=net.DEADLINE)
        self.assertEqual(done.returncode, code, done.stderr)
        return done.stderr

    # --- the command line ---
    def test_who_trusts_the_authority_is_answered(self):
        """Goal: --ca, ANTA_CA and the settings file each name whom to trust; reading and sending go through."""
        status = ("status", "--node", self.node.url, "--output", "json")
        ca = self.authority.file
        self.write(os.path.join(self.home, "config.yaml"), f"ca: {ca}\n")
        for more, environment in ((("--ca", ca), {}), ((), {"ANTA_CA": ca}), ((), {"ANTA_CONFIG": os.path.join(self.home, "config.yaml")})):
            out, _ = self.anta(0, *status, *more, environment=environment)
            self.assertIn('"node": "nasca-sur"', out)
        self.assertRegex(self.node.log(), rf"event=http_listening url=https://127.0.0.1:{self.port}\b")

    def test_who_does_not_is_told_and_sends_nothing(self):
        """Goal: a stranger's authority, the system's, and another name than the certificate's end with exit 3, in both languages, and
        no data; a file that is none ends with 2."""
        refusals = ((self.node.url, ("--ca", self.stranger.file)), (self.node.url, ()),
                    (f"https://127.0.0.1:{self.port}", ("--ca", self.authority.file)))
        for url, more in refusals:
            for language, words in (("en", ("does not prove that it is the one", "--ca")), ("es", ("no demuestra ser", "--ca"))):
                out, err = self.anta(3, "status", "--node", url, *more, environment={"ANTA_LANG": language})
                self.assertEqual(out, "")
                for wanted in (*words, url, "[tls.untrusted]"):
                    self.assertIn(wanted, err)
        for file in ("none.pem", self.authority.key):
            _, err = self.anta(2, "status", "--node", self.node.url, "--ca", file)
            self.assertIn("is no readable file of PEM certificates", err)
            self.assertIn("[tls.ca]", err)
            out, err = self.anta(2, "audit", self.node.url, "--ca", file, "--policy", self.network.policy)
            self.assertIn("[tls.ca]", err)
            self.assertNotIn("does_not_hold", out)

    def test_the_wrong_scheme_is_told(self):
        """Goal: http:// to an HTTPS address says to write https:// (exit 2), https:// to a plain one says the reverse (exit 6)."""
        _, err = self.anta(2, "status", "--node", self.node.url.replace("https", "http"))
        self.assertIn("Write https:// in --node", err)
        self.assertIn("[http.tls_required]", err)
        out, err = self.anta(2, "audit", self.node.url.replace("https", "http"), "--policy", self.network.policy)
        self.assertIn("[http.tls_required]", err)
        self.assertNotIn("does_not_hold", out)
        _, err = self.anta(6, "status", "--node", self.other.url.replace("http", "https"))
        self.assertIn("otherwise write http://", err)
        self.assertIn("[tls.handshake]", err)

    def test_another_node_answers_for_one_that_is_not_trusted(self):
        """Goal: any node answers; without another the refusal is told, also when the rest is unreachable."""
        self.anta(0, "status", "--node", f"{self.node.url},{self.other.url}", "--ca", self.stranger.file)
        self.anta(3, "status", "--node", f"{self.node.url},http://127.0.0.1:1", "--ca", self.stranger.file)

    def test_an_outbox_waits_for_a_node_that_proves_itself(self):
        """Goal: neither a certificate that is not trusted nor the wrong scheme makes an outcome of a statement; then it is recorded."""
        outbox, document = os.path.join(self.home, "outbox"), os.path.join(self.home, "site.yaml")
        self.write(document, SITE.format("lager-https"))
        self.anta(0, "sign", document, "--key", os.path.join(self.network.keys(), "nordkabel.key"), "--outbox", outbox)
        self.anta(3, "submit", outbox, "--node", self.node.url, "--ca", self.stranger.file)
        self.anta(2, "submit", outbox, "--node", self.node.url.replace("https", "http"))
        self.assertFalse([name for name in os.listdir(outbox) if name.endswith(".outcome")])
        self.anta(0, "submit", outbox, "--node", self.node.url, "--ca", self.authority.file)
        self.assertEqual(self.node.json("/v1/sites/lager-https?fresh=1")["operator"], "nordkabel")

    # --- the certificate's life ---
    def test_a_renewal_is_served_and_loses_no_request(self):
        """Goal: while clients ask on kept and on new connections, SIGHUP after SIGHUP gives new ones the renewed certificate; every
        request is answered and kept connections go on, in the same process."""
        process, stop, answers, failures = self.node.process.pid, threading.Event(), [], []

        def ask(keep):
            try:
                while not stop.is_set():
                    connection = http.client.HTTPSConnection("localhost", self.port, context=self.node.trust, timeout=net.DEADLINE)
                    while True:
                        connection.request("GET", "/v1/lots/CAT-001")
                        answers.append(connection.getresponse().read())
                        if stop.is_set() or not keep:
                            break
                    connection.close()
            except (OSError, http.client.HTTPException) as error:
                failures.append(repr(error))
        clients = [threading.Thread(target=ask, args=(keep,)) for keep in (True, True, False, False)]
        for client in clients:
            client.start()
        try:
            for _ in range(5):
                asked = len(answers)
                renewed = self.install(*self.authority.issue())
                self.assertNotEqual(self.shown(), renewed)
                self.reload("reloaded")
                self.assertEqual(self.shown(), renewed)
                self.assertIn(f"event=http_certificate sha256={renewed} ", self.node.log())
                net.until("requests go on", lambda: len(answers) >= asked + 20 or failures)
        finally:
            stop.set()
            for client in clients:
                client.join()
        self.assertEqual(failures, [])
        self.assertEqual(len(set(answers)), 1)
        self.assertIn(b'"CAT-001"', answers[0])
        self.assertEqual((self.node.process.pid, self.node.process.poll()), (process, None))

    def test_files_that_do_not_fit_change_nothing(self):
        """Goal: a certificate without its key, and a key that others may read, are refused at --check (exit 2), at a reload (the old one
        stays, and limits beside them do not apply) and at a start."""
        certificate, key = self.authority.issue()
        good = self.install(certificate, key)
        self.reload("reloaded")
        self.addCleanup(self.network.until_ready)
        self.addCleanup(self.reload, "reloaded")
        self.addCleanup(self.install, certificate, key)
        self.addCleanup(self.write, self.config, self.good)
        self.write(self.config, self.good + "limits: {http_requests_per_second: 1}\n")
        for mode, other, words in ((0o600, self.authority.issue()[1], "does not belong to the first certificate"), (0o640, key, "chmod 600")):
            self.install(certificate, other, mode)
            self.assertRegex(self.check(2), rf"^antad: .*{words}.*\[config.tls\]\n$")
            self.reload("reload_refused")
            self.assertIn(words, [line for line in self.node.log().splitlines() if "event=reload_refused" in line][-1])
            self.assertEqual(self.shown(), good)
            for _ in range(5):
                self.assertTrue(self.node.is_ready())
        self.assertEqual(self.node.stop(), 0)
        self.node.start()
        self.assertEqual(self.node.died(), 2)
        self.install(certificate, key)
        self.write(self.config, self.good)
        self.node.start()
        net.until("the node is ready", self.node.is_ready)

    def test_an_end_that_is_near_is_told(self):
        """Goal: under thirty days --check and the log warn, above them they do not; the metrics tell the moment."""
        self.assertEqual(self.check(0), "")
        self.addCleanup(self.reload, "reloaded")
        self.addCleanup(self.install, *self.authority.issue())
        self.install(*self.authority.issue(days=20))
        self.assertRegex(self.check(0), r"^antad: warning: the certificate .* ends on .*, in 19 days; renew it and send SIGHUP\n$")
        self.reload("http_certificate_expires")
        told = float(re.search(r"(?m)^anta_http_certificate_expires_seconds (\S+)$", self.node.get("/metrics")[1].decode())[1])
        with open(os.path.join(self.node.directory, "node.pem"), encoding="ascii") as file:
            pem = file.read()
        self.assertIn(pem.strip(), ssl.get_server_certificate(("localhost", self.port)))
        end = subprocess.run(["openssl", "x509", "-noout", "-enddate"], input=pem, capture_output=True, text=True, check=True).stdout
        self.assertEqual(told, ssl.cert_time_to_seconds(end.strip().removeprefix("notAfter=")))

    def test_other_addresses_than_loopback_need_a_certificate(self):
        """Goal: --check names the keys to set for a listener that is not on loopback; with them it passes."""
        self.addCleanup(self.write, self.config, self.good)
        self.write(self.config, self.good.replace("127.0.0.1:%d" % self.port, "0.0.0.0:%d" % self.port))
        self.assertEqual(self.check(0), "")
        self.write(self.config, re.sub(", tls: {.*}}", "}", self.good).replace("127.0.0.1:%d" % self.port, "0.0.0.0:%d" % self.port))
        self.assertRegex(self.check(2), r"line \d+, .* name PEM files in http\.tls\.certificate and http\.tls\.key.*\[config\.plain_http\]")


if __name__ == "__main__":
    unittest.main(verbosity=2)
