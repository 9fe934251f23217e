#!/usr/bin/env python3
"""The command line as people run it: programs, files and exit codes, against real nodes."""
import base64
import hashlib
import http.server
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import unittest
import urllib.request

import cbor2

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import network as net
from played import SITE, Played

BASE_POINT = b"\1\x58" + b"\x66" * 31  # a key that nobody has
VERIFIER_KEY = "x+" + hashlib.sha256(b"x\n" + BASE_POINT).hexdigest()[:8] + "+" + base64.b64encode(BASE_POINT).decode()


class Keys(unittest.TestCase):
    def setUp(self):
        self.home = tempfile.TemporaryDirectory()
        self.addCleanup(self.home.cleanup)

    def path(self, name, content=None, mode=0o600):
        path = os.path.join(self.home.name, name)
        if content is not None:
            with open(path, "w", encoding="ascii") as file:
                file.write(content)
            os.chmod(path, mode)
        return path

    def ok(self, *arguments):
        code, out, err = net.anta(*arguments)
        self.assertEqual(code, 0, err)
        return json.loads(out) if out else None

    def test_new_show_import(self):
        """Goal: a key is made sealed, shown with its passphrase only, and the same seed imports to the same key."""
        words, wrong = self.path("words", "cobre y agua\n"), self.path("wrong", "agua y cobre\n")
        key = self.path("planta.key")
        made = self.ok("key", "new", key, "--passphrase-file", words, "--output", "json")
        self.assertEqual(os.stat(key).st_mode & 0o777, 0o600)
        self.assertEqual(self.ok("key", "show", key, "--passphrase-file", words, "--output", "json"), made)
        with open(key, "rb") as file:
            sealed = file.read()
        code, out, err = net.anta("key", "show", key, "--passphrase-file", wrong)
        self.assertEqual((code, out), (5, b""), err)
        self.assertIn("passphrase", err)
        self.assertNotEqual(net.anta("key", "new", key, "--passphrase-file", words)[0], 0)
        with open(key, "rb") as file:
            self.assertEqual(file.read(), sealed, "a key was overwritten")
        seed = self.path("seed.hex", "11" * 32 + "\n")
        imported = self.ok("key", "import", self.path("a.key"), "--seed-file", seed, "--no-passphrase", "--output", "json")
        again = self.ok("key", "import", self.path("b.key"), "--seed-file", seed, "--passphrase-file", words, "--output", "json")
        self.assertEqual(imported, again)
        self.assertEqual(imported["key"], "d04ab232742bb4ab3a1368bd4615e4e6d0224ab71a016baf8520a332c9778737")  # RFC 8032 arithmetic, by PyNaCl

    def test_a_seed_that_others_may_read_or_that_is_none(self):
        """Goal: both are refused in words, and no key comes of them."""
        for name, content, mode in (("open", "22" * 32 + "\n", 0o644), ("short", "22" * 31 + "\n", 0o600)):
            code, out, err = net.anta("key", "import", self.path("x.key"), "--seed-file", self.path(name, content, mode), "--no-passphrase")
            self.assertNotEqual(code, 0)
            self.assertEqual(out, b"")
            self.assertIn(name, err)
            self.assertFalse(os.path.exists(self.path("x.key")))


class Mistakes(unittest.TestCase):
    """What is said of a command that was not called as it has to be; no network."""
    USAGE = {"en": ("The command was not called as it has to be", "anta COMMAND --help"),
             "es": ("La orden no se llamó como corresponde", "anta ORDEN --help")}

    def expect(self, words, *arguments, code=2, **environment):
        got, out, err = net.anta(*arguments, environment=environment)
        self.assertEqual((got, out), (code, b""), err)
        for wanted in words:
            self.assertIn(wanted, err)

    def test_of_arguments(self):
        """Goal: a wrong verb, option or value is told with the words of usage, in the language of the variable or of the flag."""
        for language, words in self.USAGE.items():
            for wrong in (("lot", "shw"), ("lot", "show", "L-1", "--nod", "x"), ("lot", "show", "--node", "http://127.0.0.1:1"),
                          ("lot", "show", "L-1", "--node", "ftp://x"), ("sign", "a.yaml", "--key", "k", "--output", "xml"), ("lott",), ("lot",)):
                self.expect(words + ("[usage]",), *wrong, ANTA_LANG=language)
                self.expect(words, *wrong, "--language", language, ANTA_LANG="en" if language == "es" else "es")

    def test_the_message_itself_is_in_the_readers_language(self):
        """Goal: not only cause and next step: what is wrong is said in Spanish to who reads Spanish."""
        for wrong, en, es in ((("lott",), "there is no command 'lott'; did you mean \"lot\"?", "no hay una orden 'lott'; ¿quiso decir \"lot\"?"),
                              (("lot", "show", "--node", "http://127.0.0.1:1"), "ID is missing", "falta ID"),
                              (("lot", "show", "L-1", "--node", "ftp://x"), "--node takes http:// or https://", "--node admite direcciones http:// o https://"),
                              (("new", "truck"), "there is no statement type 'truck'", "no hay declaraciones de tipo 'truck'")):
            self.expect(("anta: " + en,), *wrong, ANTA_LANG="en")
            self.expect(("anta: " + es,), *wrong, ANTA_LANG="es")

    def test_a_language_that_anta_does_not_speak(self):
        """Goal: it is named with those that there are, instead of English without a word."""
        self.expect(("--language takes en or es, not 'fr'", "[usage]"), "lot", "list", "--node", "http://127.0.0.1:1", "--language", "fr")
        self.expect(("--language admite en o es, no 'fr'",), "--help", "--language", "fr", ANTA_LANG="es")
        self.expect(("ANTA_LANG takes en or es, not 'fr'",), "lot", "list", ANTA_LANG="fr")

    def test_of_the_settings_file(self):
        """Goal: an unknown setting is told in the variable's language; `language` in the file holds for mistakes of arguments."""
        with tempfile.TemporaryDirectory() as home:
            path = os.path.join(home, "config.yaml")
            with open(path, "w", encoding="ascii") as file:
                file.write("nodes: http://127.0.0.1:1\n")
            for language, words in self.USAGE.items():
                self.expect(words + ("config.yaml: line 1, column 1: unknown key",), "lot", "list", ANTA_LANG=language, ANTA_CONFIG=path)
            for language, words in self.USAGE.items():
                with open(path, "w", encoding="ascii") as file:
                    file.write(f"language: {language}\n")
                self.expect(words, "lot", "shw", ANTA_CONFIG=path)

    def test_of_files(self):
        """Goal: a document that is no YAML and a missing file have words of their own, in both languages."""
        with tempfile.TemporaryDirectory() as home:
            path, key = os.path.join(home, "lot.yaml"), os.path.join(home, "k.key")
            with open(path, "w", encoding="ascii") as file:
                file.write("as: [x\n")
            self.assertEqual(net.anta("key", "new", key, "--no-passphrase")[0], 0)
            for language, words in (("en", ("The text is not YAML or JSON", "Correct the place")), ("es", ("El texto no es YAML o JSON", "Corrija el lugar"))):
                self.expect(words + (path,), "sign", path, "--key", key, ANTA_LANG=language)
            with open("/dev/full", "w", encoding="ascii") as full:
                done = subprocess.run([net.ANTA, "new", "dispatch"], stdout=full, stderr=subprocess.PIPE, text=True, timeout=net.DEADLINE, check=False)
            self.assertEqual(done.returncode, 8, done.stderr)
            self.assertIn("standard output", done.stderr)
            for language, words in (("en", ("There is such a file already",)), ("es", ("Ya existe ese archivo",))):
                self.expect(words, "key", "new", key, "--no-passphrase", code=5, ANTA_LANG=language)


class Answers(unittest.TestCase):
    """What comes of an answer, whoever gives it: one small server in a node's place; no network."""

    def setUp(self):
        self.home = tempfile.TemporaryDirectory()
        self.addCleanup(self.home.cleanup)
        self.answer, self.requests = (200, b"", {}), 0
        test = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                sent = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                test.requests += 1
                status, body, headers = test.answer
                body = body.replace(b"DIGEST", hashlib.sha256(sent).hexdigest().encode())
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)
            do_POST = do_GET

            def log_message(self, *_):
                pass
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        self.url = f"http://127.0.0.1:{server.server_address[1]}"

    def run_anta(self, *arguments, code, language="en"):
        got, out, err = net.anta(*arguments, cwd=self.home.name, environment={"ANTA_LANG": language})
        self.assertEqual(got, code, out.decode() + err)
        return err

    def outbox(self):
        """An outbox with one statement; gives the names of the outcomes in it."""
        with open(os.path.join(self.home.name, "site.yaml"), "w", encoding="utf-8") as file:
            file.write(SITE.format("lager-1"))
        self.run_anta("key", "new", "k.key", "--no-passphrase", code=0)
        self.run_anta("sign", "site.yaml", "--key", "k.key", code=0)
        return lambda: [name for name in os.listdir(os.path.join(self.home.name, "outbox")) if name.endswith(".outcome")]

    def test_an_unintelligible_answer_leaves_the_question_undecided(self):
        """Goal: exit 6, not usage's 2 nor storage's 8, with words of its own; what is sent stays in the outbox."""
        outcomes = self.outbox()
        for body in (b"<html>welcome</html>", b"", b"{}", b"[]"):
            self.answer = (200, body, {})
            self.run_anta("submit", "outbox", "--node", self.url, code=6)
            self.run_anta("certificate", "get", "C-1", "--node", self.url, code=6)
            self.run_anta("receive", "D-1", "--ticket", "T", "--node", self.url, code=6)
            self.run_anta("inbox", "--as", "nordkabel", "--node", self.url, code=6)
            self.assertEqual(outcomes(), [])
        self.answer = (200, b"hello", {})
        for language, words in (("en", "answered something else than was asked for"), ("es", "respondió otra cosa que la pedida")):
            err = self.run_anta("lot", "show", "L-1", "--node", self.url, code=6, language=language)
            self.assertIn(words, err)
            self.assertIn("[answer]", err)

    def test_a_key_past_its_limit_is_told_to_wait_and_its_outbox_goes_on_later(self):
        """Goal: 429 for one key ends with 6, cause and next step in the reader's language, nothing lost; the next submit is recorded."""
        outcomes = self.outbox()
        problem = {"status": 429, "code": "key_statements_per_second", "detail": "send the same again in 7 s"}
        self.answer = (429, json.dumps(problem).encode(), {"Retry-After": "7", "Content-Type": "application/problem+json"})
        for language, words in (("en", ("more statements than one may", "goes on where it stopped")), ("es", ("más declaraciones de las que", "sigue donde se detuvo"))):
            err = self.run_anta("submit", "outbox", "--node", self.url, code=6, language=language)
            for wanted in words + ("key_statements_per_second: send the same again in 7 s",):
                self.assertIn(wanted, err)
            self.assertEqual(outcomes(), [])
        self.answer = (201, json.dumps({"outcome": "accepted", "leaf": 3, "cosigned": True, "digest": "DIGEST"}).encode(), {})
        self.run_anta("submit", "outbox", "--node", self.url, code=0)
        self.assertEqual(len(outcomes()), 1)

    def test_a_dry_run_fits_a_node_that_takes_small_bodies(self):
        """Goal: a node that answers 413 is asked again with less at once; nothing is known where it refuses that too, and the exit is 6."""
        names = self.outbox()
        self.answer = (413, b'{"status": 413, "code": "body_bytes_max", "detail": "the body is too large"}', {})
        before = self.requests
        err = self.run_anta("submit", "outbox", "--dry-run", "--node", self.url, code=6)
        self.assertIn("body_bytes_max", err)
        self.assertEqual(self.requests - before, 2)
        self.answer = (200, b'{"items": [{"digest": "DIGEST", "outcome": "accepted", "leaf": 7, "flags": [], "dry_run": true}]}', {})
        self.run_anta("submit", "outbox", "--dry-run", "--node", self.url, code=0)
        for bad in (b'{"items": []}', b'{"items": [{"digest": "00", "outcome": "accepted"}]}', b'{"outcome": "accepted"}', b"[]"):
            self.answer = (200, bad, {})
            self.assertIn("uncertain", self.run_anta("submit", "outbox", "--dry-run", "--node", self.url, code=6))
        self.assertEqual(names(), [])

    def test_what_may_be_accepted_later_stays_before_what_builds_on_it(self):
        """Goal: a clock that was ahead, or a key that is registered tomorrow, stops the outbox: what is behind was rejected for good for want of it."""
        outcomes = self.outbox()
        self.run_anta("sign", "site.yaml", "--key", "k.key", code=0)
        for code in ("event_in_future", "unknown_key"):
            problem = {"status": 400, "code": code, "detail": "x", "digest": "DIGEST"}
            self.answer, self.requests = (400, json.dumps(problem).encode(), {}), 0
            for language, words in (("en", "it may be accepted later"), ("es", "puede aceptarse más tarde")):
                self.assertIn(words, self.run_anta("submit", "outbox", "--node", self.url, code=7, language=language))
            self.assertEqual((outcomes(), self.requests), ([], 2))
        self.answer = (201, json.dumps({"outcome": "accepted", "leaf": 3, "cosigned": True, "digest": "DIGEST"}).encode(), {})
        self.run_anta("submit", "outbox", "--node", self.url, code=0)
        self.assertEqual(len(outcomes()), 2)

    def test_a_mirror_that_gives_nothing_accuses_nobody(self):
        """Goal: an audit of an address that answers 403 or 500 for everything cannot tell (6); it said that the ledger does not hold."""
        policy = os.path.join(self.home.name, "policy.txt")
        with open(policy, "w", encoding="ascii") as file:
            file.write(f"log {VERIFIER_KEY}\nquorum none\n")
        for status in (403, 410, 500, 400):
            self.answer = (status, b"no", {})
            got, out, err = net.anta("audit", self.url, "--policy", policy)
            self.assertEqual((got, "does_not_hold" in out.decode()), (6, False), err)

    def test_a_proxys_refusal_is_no_nodes(self):
        """Goal: a JSON 403 that names no statement decides nothing."""
        outcomes = self.outbox()
        self.answer = (403, b'{"code": "AccessDenied", "detail": "by the proxy"}', {})
        self.run_anta("submit", "outbox", "--node", self.url, code=6)
        self.assertEqual(outcomes(), [])


class Commands(Played):
    def test_the_openapi_document_is_what_the_node_answers(self):
        """Goal: OpenAPI 3.1 whose references resolve and whose path parameters are declared; each GET answers every type it names."""
        node = self.network.nodes[0]
        document = node.json("/v1/openapi.json")
        self.assertRegex(document["openapi"], r"^3\.1\.")
        self.assertEqual([server["url"] for server in document["servers"]], ["/"])
        text = json.dumps(document)
        for reference in set(re.findall(r'"#/([^"]+)"', text)):
            found = document
            for step in reference.split("/"):
                found = found[step]
        lot = self.read("certificate", "list")["items"][0]["lot"]
        digest = self.read("lot", "history", lot)["items"][0]["digest"]
        self.run_anta("network", "parameter", "speed_flag_kmh", "90", "--proposal", "P-api", "--as", "nasca-sur", "--key",
                      os.path.join(self.network.keys(), "nasca-sur.key"), "--node", node.url)
        kid = base64.urlsafe_b64encode(cbor2.loads(node.get("/.well-known/scitt-keys", accept="application/cbor")[1])[0][2]).rstrip(b"=").decode()
        known = {"/entries": digest, "/.well-known/scitt-keys": kid, "/v1/nodes": "nasca-sur", "/v1/proposals": "P-api", "/v1/statements": digest, "/v1/lots": lot, "/v1/parties": "nasca-sur", "/v1/certificates": self.read("certificate", "list")["items"][0]["id"],
                 **{f"/v1/{noun}s": self.read(noun, "list")["items"][0]["id"] for noun in ("site", "attestation", "account")},
                 "/v1/dispatches": self.read("dispatch", "list")["items"][0]["id"]}
        asked = 0
        for path, methods in document["paths"].items():
            for method, operation in methods.items():
                declared = {p["name"] for p in operation["parameters"] if p["in"] == "path"}
                self.assertEqual(declared, set(re.findall(r"{(\w+)}", path)), path)
                if method != "get":
                    self.assertIn("requestBody", operation, path)
                    continue
                url = path
                for base, one in known.items():
                    url = re.sub("^" + base + r"/{\w+}", f"{base}/{one}", url)
                size = node.get("/checkpoint")[1].decode().split("\n")[1]
                url = url.replace("{level}", "0").replace("{number}", "001" if path.startswith(("/seals", "/rejected")) else "000")
                url += {"/v1/inbox": "?party=nasca-sur", "/v1/proofs/state": f"?kind=lot&id={lot}", "/v1/certificates/{id}/refresh": f"?from={size}",
                        "/v1/proofs/inclusion": "?leaf=0", "/v1/proofs/consistency": "?from=1"}.get(path, "?status=suspended&from=2025-12-01T00:00:00Z" if path.endswith("/impact") else "")
                for wanted in operation["responses"]["200"]["content"]:
                    with urllib.request.urlopen(urllib.request.Request(node.url + url, headers={"Accept": wanted}), timeout=net.DEADLINE) as answer:
                        self.assertEqual((answer.status, answer.headers.get_content_type()), (200, wanted), url)
                    asked += 1
        self.assertGreaterEqual(asked, 30)

    def test_status(self):
        """Goal: each node says who it is, who leads, and what it has applied; all the same ledger."""
        answers = [self.read("status", node=number) for number in range(3)]
        self.assertEqual([answer["node"] for answer in answers], ["nasca-sur", "bahia-sur", "sello-cobre"])
        self.assertEqual(sorted(answer["role"] for answer in answers), ["follower", "follower", "leader"])
        self.assertEqual(len({answer["leader"] for answer in answers}), 1)

    def test_an_outbox_is_resumed_after_its_node_went_down_in_the_middle(self):
        """Goal: exit 6 when the node dies; the next submit goes on in order, and each statement has one outcome."""
        self.sign("---\n".join(SITE.format(f"lager-{number:02d}") for number in range(40)))
        outbox = os.path.join(self.home.name, "outbox")
        node = self.network.nodes[2]

        def outcomes():
            return sorted(name for name in os.listdir(outbox) if name.endswith(".outcome"))
        submit = subprocess.Popen([net.ANTA, "submit", outbox, "--node", node.url], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        net.until("some are recorded", lambda: len(outcomes()) >= 5)
        self.assertEqual(node.kill(), -signal.SIGKILL)
        said = submit.communicate(timeout=net.DEADLINE)[0]
        self.assertEqual(submit.returncode, 6, said)
        first = outcomes()
        self.assertTrue(5 <= len(first) < 40, "the node did not go down in the middle")
        self.assertEqual([name[:8] for name in first], [f"{number + 1:08d}" for number in range(len(first))])
        kept = {name: self.text_of(os.path.join(outbox, name)) for name in first}
        node.start()
        self.network.until_ready()
        self.run_anta("submit", outbox, "--node", node.url)
        self.assertEqual(len(outcomes()), 40)
        leaves, digests = [], set()
        for name in outcomes():
            text = self.text_of(os.path.join(outbox, name))
            self.assertEqual(text, kept.get(name, text), "an outcome changed")
            leaves.append(json.loads(text)["leaf"])
            digests.add(json.loads(text)["digest"])
        self.assertEqual(leaves, sorted(leaves))
        self.assertEqual((len(set(leaves)), len(digests)), (40, 40))
        before = self.network.ledgers()
        self.run_anta("submit", outbox, "--node", self.network.urls())  # nothing is left to send
        self.assertEqual(self.network.ledgers(), before)

    def test_receive_shows_the_differences_and_writes_what_sign_takes(self):
        """Goal: a plant weighs what came, sees the differences, signs the receipt as written, and the ledger takes it."""
        self.load("900")
        self.sign('as: carga-nasca\ntype: handover\npayload: {event_time: "2025-11-03T11:00:00-05:00", dispatch: D-900}\n', "carga-nasca")
        self.run_anta("submit", "outbox", "--node", self.network.urls())
        waiting = self.read("inbox", "--as", "nasca-sur")
        self.assertIn("D-900", json.dumps(waiting))
        with open(os.path.join(self.home.name, "weighed.yaml"), "w", encoding="utf-8") as file:
            file.write("L-900: {wet_g: 7985000, moisture_ppm: 31000, cu_ppm: 60000, status: final, method: scale}\n")
        out, err = self.run_anta("receive", "D-900", "--measurements", "weighed.yaml", "--ticket", "BLC9-00900", "--at", "2025-11-04T09:00:00-05:00",
                                 "--node", self.network.urls())
        self.assertRegex(err, r"L-900\n  wet: sent 8000\.000 kg, received 7985\.000 kg, difference -15\.000 kg\n  dry: .* difference -22\.535 kg\n")  # 7 985 kg against 8 000, dry 7 737.465 against 7 760
        self.assertIn("within tolerance", err)
        self.sign(out, "nasca-sur")
        self.run_anta("submit", "outbox", "--node", self.network.urls())
        self.assertNotIn("D-900", json.dumps(self.read("inbox", "--as", "nasca-sur")))
        record = self.read("lot", "show", "L-900")
        self.assertEqual((record["holder"], record["accepted"]["dry_g"]), ("nasca-sur", 7985000 * 969000 // 10**6))

    def test_new_from_a_dispatch_fills_in_what_is_known(self):
        """Goal: carrier, plant and sender sign what `anta new --from` wrote, only the time changed, and the ledger takes each."""
        self.load("901")

        def made(kind, hour, party, change=lambda text: text):
            out, _ = self.run_anta("new", kind, "--from", "D-901", "--node", self.network.urls())
            self.assertIn(f"\nas: {party}\n", out)
            self.assertRegex(out, r"\n# D-901 \([a-z_]+\): pullo-cobre -> nasca-sur, carrier carga-nasca, waybill T901-0000901\n")
            self.sign(change(re.sub(r"event_time: \S+", f"event_time: 2025-11-04T{hour}:00:00-05:00", out)), party)
            self.run_anta("submit", "outbox", "--node", self.network.urls())
            return out
        made("handover", "09", "carga-nasca")
        receipt = made("receipt", "10", "nasca-sur", lambda text: text.replace("wet_g: 8000000", "wet_g: 7900000"))
        self.assertIn("The figures are the sender's", receipt)
        self.assertIn("L-901", receipt)
        self.assertEqual(self.read("dispatch", "show", "D-901")["state"], "received")  # 7 900 kg against 8 000: outside tolerance
        made("receipt-answer", "11", "pullo-cobre")
        self.assertEqual(self.read("dispatch", "show", "D-901")["state"], "accepted")

    def test_new_from_a_dispatch_says_what_it_cannot(self):
        """Goal: a type that is not about a dispatch, a dispatch that is not there and a missing node are told apart; nothing is written."""
        for code, words, arguments in ((2, "--from goes with: handover, receipt", ("lot", "--from", "D-L-001", "--node", self.network.urls())),
                                       (4, "there is no dispatch D-none", ("receipt", "--from", "D-none", "--node", self.network.urls())),
                                       (2, "give --node URL", ("receipt", "--from", "D-L-001"))):
            out, err = self.run_anta("new", *arguments, code=code)
            self.assertEqual(out, "")
            self.assertIn(words, err)

    def test_output_yaml_says_what_json_says(self):
        """Goal: --output yaml and --output json are the same data."""
        as_json = self.read("lot", "show", "CAT-001")
        out, _ = self.run_anta("lot", "show", "CAT-001", "--node", self.network.nodes[1].url, "--output", "yaml")
        scalars = dict(re.findall(r'^([a-z_]+): "?([^"\n\[{]+)"?$', out, re.M))
        for field in ("id", "holder", "state", "material"):
            self.assertEqual(scalars[field], as_json[field])
        for field in as_json:
            self.assertRegex(out, rf"(?m)^{field}:")

    def test_lists_filters_pages_and_the_past(self):
        """Goal: a filter keeps what it says, pages add up to the whole, and --at-leaf gives again what was answered then."""
        whole = self.read("lot", "list", "--limit", "1000")["items"]
        held = self.read("lot", "list", "--holder", "nasca-sur", "--limit", "1000")["items"]
        self.assertEqual(held, [lot for lot in whole if lot["holder"] == "nasca-sur"])
        self.assertTrue(0 < len(held) < len(whole))
        both = self.read("lot", "list", "--holder", "nasca-sur", "--state", held[0]["state"], "--limit", "1000")["items"]
        self.assertEqual(both, [lot for lot in held if lot["state"] == held[0]["state"]])
        paged, cursor = [], []
        while True:
            page = self.read("lot", "list", "--limit", "7", *cursor)
            paged += page["items"]
            if not page["next"]:
                break
            cursor = ["--cursor", page["next"]]
        self.assertEqual(paged, whole)
        before = self.read("site", "list", "--limit", "1000")["items"]
        leaf = self.network.ledgers()[0]["leaves"] - 1
        self.sign(SITE.format("lager-later"), out="later.cose")
        self.run_anta("submit", "later.cose", "--node", self.network.urls())
        self.assertNotEqual(self.read("site", "list", "--limit", "1000", "--fresh")["items"], before)
        self.assertEqual(self.read("site", "list", "--limit", "1000", "--at-leaf", str(leaf))["items"], before)
        self.run_anta("site", "show", "lager-later", "--at-leaf", str(leaf), "--node", self.network.urls(), code=4)

    def test_histories(self):
        """Goal: party, site, account and certificate tell the statements about them, in the order of their leaves."""
        for noun, name, wanted in (("party", "nasca-sur", "party"), ("site", "planta-nasca-sur", "site"), ("account", "mb-ilo", "balance-open"),
                                   ("certificate", "CERT-CATHODE", "certificate")):
            with self.subTest(noun=noun):
                items = self.read(noun, "history", name)["items"]
                leaves = [item["leaf"] for item in items]
                self.assertEqual(leaves, sorted(leaves))
                self.assertEqual(items[0]["type"], wanted)
                self.assertTrue(all(item["outcome"] == "accepted" for item in items))

    def test_a_play_that_does_not_come_out_as_the_file_says(self):
        """Goal: exit 7 with the words of `expectation` in both languages: the year cannot be played twice on one ledger."""
        for language, words in (("en", ("did not answer as the scenario's file says", "Look at the step")),
                                ("es", ("no respondió como dice el archivo del escenario", "Mire el paso"))):
            code, _, err = net.anta(*self.network.play_arguments(), environment={"ANTA_LANG": language})
            self.assertEqual(code, 7, err[-2000:])
            for wanted in words + ("[expectation]",):
                self.assertIn(wanted, err)

    def test_a_refusal_in_both_languages(self):
        """Goal: the same rejection, code, cause and next step, in English and in Spanish from ANTA_LANG."""
        self.sign(SITE.format("planta-nasca-sur"), out="taken.cose")
        for language, cause, step in (("en", "The identifier is taken.", "Choose a new random identifier"),
                                      ("es", "El identificador ya está usado.", "Elija otro identificador al azar")):
            out, err = self.run_anta("submit", "taken.cose", "--node", self.network.urls(), code=7, environment={"ANTA_LANG": language})
            self.assertIn("duplicate_id", err)
            self.assertIn(cause, err)
            self.assertIn(step, err)
            self.assertIn("duplicate_id", out)


if __name__ == "__main__":
    unittest.main(verbosity=2)
