#!/usr/bin/env python3
"""A ledger checked by somebody who never talks to a node: exported, served by nginx, audited and compared; and every kind of tampering found."""
import base64
import hashlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import unittest
import urllib.request

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import network as net

SECOND = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "verifier", "audit.py")
NGINX = shutil.which("nginx") or "/usr/sbin/nginx"
CONFIGURATION = """{user}daemon off; pid {home}/nginx.pid; error_log {home}/error.log; worker_processes 1;
events {{ worker_connections 64; }}
http {{ access_log {home}/access.log; client_body_temp_path {home}/t; proxy_temp_path {home}/t; fastcgi_temp_path {home}/t;
  uwsgi_temp_path {home}/t; scgi_temp_path {home}/t; default_type application/octet-stream;
  server {{ listen 127.0.0.1:{port}; root {root}; }} }}
"""
GRANT = 'as: registro-anta\ntype: role-grant\npayload: {{event_time: "2025-10-30T09:00:00-05:00", party: nordkabel, role: {0}, from: "2025-10-30T09:00:00-05:00"}}\n'


class Nginx:
    """Debian's nginx over a directory, on loopback."""

    def __init__(self, root):
        self.home = tempfile.mkdtemp(prefix="anta-nginx.")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        user = "user root; " if os.geteuid() == 0 else ""
        with open(os.path.join(self.home, "nginx.conf"), "w", encoding="ascii") as file:
            file.write(CONFIGURATION.format(user=user, home=self.home, port=port, root=root))

    def __enter__(self):
        self.process = subprocess.Popen([NGINX, "-e", os.path.join(self.home, "error.log"), "-c", os.path.join(self.home, "nginx.conf")],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        net.until("nginx answers", self.answers)
        return self

    def answers(self):
        try:
            with urllib.request.urlopen(self.url + "/checkpoint", timeout=5) as answer:
                return answer.status == 200
        except OSError:
            return False

    def requests(self):
        with open(os.path.join(self.home, "access.log"), encoding="ascii") as file:
            return [line.split('"')[1].split()[1] for line in file]

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(timeout=net.DEADLINE)
        shutil.rmtree(self.home, ignore_errors=True)


def files_of(directory):
    return {os.path.relpath(os.path.join(folder, name), directory) for folder, _, names in os.walk(directory) for name in names}


class Mirror(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.network = net.Network().__enter__()
        cls.addClassCleanup(cls.network.__exit__)
        code, _, err = cls.network.play()
        assert code == 0, err
        cls.network.until_cosigned_by_all()
        cls.home = tempfile.mkdtemp(prefix="anta-mirror.")
        cls.addClassCleanup(shutil.rmtree, cls.home, True)
        cls.tiles = os.path.join(cls.home, "tiles")
        code, out, err = cls.export()
        assert code == 0, err
        cls.exported = json.loads(out)

    @classmethod
    def export(cls, node=0):
        return net.anta("export", "--tiles", cls.tiles, "--node", cls.network.nodes[node].url, "--policy", cls.network.policy, "--output", "json")

    def audit(self, where, *more):
        code, out, err = net.anta("audit", where, "--policy", self.network.policy, "--output", "json", *more)
        return code, json.loads(out) if out else {}, err

    def audit_again(self, where):
        """(exit code, words) of the auditor that was written from FORMAT.md."""
        done = subprocess.run(["/usr/bin/python3", SECOND, where, self.network.policy], capture_output=True, text=True, check=False)
        return done.returncode, done.stdout.split() or done.stderr

    def copy(self):
        work = os.path.join(self.home, self.id().rsplit(".", 1)[1])
        shutil.copytree(self.tiles, work)
        return work

    def last(self, folder, work):
        """The only or last file of that name: this year's ledger has one partial tile per kind, or full ones before it."""
        return os.path.join(work, max(f for f in files_of(work) if f.startswith(folder)))

    def flip(self, path, at):
        with open(path, "r+b") as file:
            content = bytearray(file.read())
            content[at] ^= 1
            file.seek(0)
            file.write(content)

    def test_a_node_and_its_export_hold(self):
        """Goal: each node, and the directory, are audited from genesis to checkpoint; a second run of each reads nothing again."""
        for where in (self.network.nodes[0].url, self.network.nodes[2].url, self.tiles):
            code, said, err = self.audit(where)
            self.assertEqual((code, said["verdict"]), (0, "holds"), err)
            self.assertEqual(said["leaves"], said["size"])
            self.assertEqual(said["statements"] + said["blocks"] + 1, said["size"])
            self.assertGreater(said["refused"], 0)  # the year has its refusals
        counted = [str(said[what]) for what in ("size", "statements", "blocks", "refused")]
        self.assertEqual(self.audit_again(self.tiles), (0, ["holds", *counted]))
        state = os.path.join(self.home, "audit.state")
        self.assertEqual(self.audit(self.tiles, "--state", state)[0], 0)
        code, said, _ = self.audit(self.tiles, "--state", state)
        self.assertEqual((code, said["from"], said["statements"]), (0, said["size"], 0))

    def test_a_statement_as_a_tlog_proof(self):
        """Goal: the exported text leads from the statement's digest to the root of the checkpoint that is in it, by RFC 9162 written here anew;
        a rejected or unknown statement has no proof, and neither has a wrong option."""
        node = self.network.nodes[0]
        item = json.loads(node.get("/v1/certificates/CERT-CATHODE/history")[1])["items"][0]
        export = ("export", "--format", "tlog-proof", "--node", node.url, "--policy", self.network.policy)
        code, out, err = net.anta(*export, "--statement", item["digest"])
        self.assertEqual(code, 0, err)
        head, note = out.decode().split("\n\n", 1)
        lines, (_, size, root) = head.split("\n"), note.split("\n")[:3]
        self.assertEqual((lines[0], lines[1]), ("c2sp.org/tlog-proof@v1", f"index {item['leaf']}"))
        fn, sn, hashed = item["leaf"], int(size) - 1, hashlib.sha256(b"\0" + bytes.fromhex(item["digest"])).digest()
        for line in lines[2:]:
            sibling = base64.b64decode(line, validate=True)
            if fn & 1 or fn == sn:
                hashed = hashlib.sha256(b"\1" + sibling + hashed).digest()
                while not fn & 1 and fn:
                    fn, sn = fn >> 1, sn >> 1
            else:
                hashed = hashlib.sha256(b"\1" + hashed + sibling).digest()
            fn, sn = fn >> 1, sn >> 1
        self.assertEqual((sn, base64.b64encode(hashed).decode()), (0, root))
        self.assertEqual(net.anta(*export, "--statement", "0" * 64)[0], 4)
        self.assertEqual(net.anta(*export, "--statement", "x")[0], 2)
        self.assertEqual(net.anta(*export)[0], 2)

    def test_nginx_gives_it_out_and_no_node_is_asked(self):
        """Goal: a static server is enough: audit and export from nginx, whose log shows that tiles and documents came from it."""
        with Nginx(self.tiles) as server:
            code, said, err = self.audit(server.url)
            self.assertEqual((code, said["verdict"]), (0, "holds"), err)
            asked = set(server.requests())
            self.assertIn("/checkpoint", asked)
            for folder in ("/tile/0/", "/tile/entries/", "/bodies/", "/rejected/"):
                self.assertTrue(any(path.startswith(folder) for path in asked), folder)
            again = os.path.join(self.home, "mirror-of-mirror")
            code, _, err = net.anta("export", "--tiles", again, "--node", server.url, "--policy", self.network.policy)
            self.assertEqual(code, 0, err)
            # all that the checkpoint speaks of; the directory keeps partial files of the checkpoints before it
            self.assertLessEqual(files_of(again), files_of(self.tiles))
            self.assertTrue(all(".p/" in path for path in files_of(self.tiles) - files_of(again)))

    def test_tampering_is_found(self):
        """Goal: one flipped byte in a document, a seal, an entry, a tile, the checkpoint; and a missing file: each is told with its leaf."""
        work = self.copy()
        bodies = self.last("bodies/", work)
        self.flip(bodies, os.path.getsize(bodies) // 2)
        code, said, err = self.audit(work)
        self.assertEqual((code, said["verdict"]), (3, "does_not_hold"), err)
        self.assertIn("leaf", said)
        self.assertIn(str(said["leaf"]), err)
        exit_code, words = self.audit_again(work)
        self.assertEqual((exit_code, words[0], words[2]), (3, "does_not_hold", str(said["leaf"])))
        shutil.copy(self.last("bodies/", self.tiles), bodies)
        for folder, at, code in (("tile/entries/", 2 + 34 * 9, "audit.leaf"), ("tile/0/", 32 * 9, "audit.leaf")):
            path = self.last(folder, work)
            with open(path, "rb") as file:
                kept = file.read()
            self.flip(path, at)
            exit_code, said, err = self.audit(work)
            self.assertEqual((exit_code, said["code"], said["leaf"] % 256), (3, code, 9), err)
            exit_code, words = self.audit_again(work)
            self.assertEqual((exit_code, words[0], words[2]), (3, "does_not_hold", str(said["leaf"])))
            with open(path, "wb") as file:
                file.write(kept)
        os.remove(bodies)
        code, said, err = self.audit(work)
        self.assertEqual((code, said["verdict"], said["code"]), (6, "cannot_tell", "audit.missing"), err)
        self.assertEqual(said["leaf"] % 256, 0)
        self.assertEqual(self.audit_again(work), (6, ["cannot_tell", "missing", str(said["leaf"])]))

    def test_a_changed_checkpoint_is_nobodys_word(self):
        """Goal: another root under the same signatures is refused before anything is replayed; another policy knows no such log."""
        work = self.copy()
        checkpoint = os.path.join(work, "checkpoint")
        with open(checkpoint, encoding="utf-8") as file:
            lines = file.read().split("\n")
        lines[2] = ("B" if lines[2][0] == "A" else "A") + lines[2][1:]
        with open(checkpoint, "w", encoding="utf-8") as file:
            file.write("\n".join(lines))
        code, said, err = self.audit(work)
        self.assertEqual((code, said["verdict"]), (3, "does_not_hold"), err)
        self.assertEqual(self.audit_again(work)[0], 3)
        with open(checkpoint, "r+b") as file:
            file.write(b"\xff")
        code, said, err = self.audit(work)
        self.assertEqual((code, said["verdict"]), (3, "does_not_hold"), err)
        exit_code, words = self.audit_again(work)
        self.assertEqual((exit_code, words[:2]), (3, ["does_not_hold", "note.form"]), words)
        self.assertEqual(net.anta("audit", work)[0], 2)
        self.assertEqual(net.anta("audit", os.path.join(self.home, "nowhere"), "--policy", self.network.policy)[0], 2)

    def test_export_goes_on_and_compare_connects(self):
        """Goal: after one more statement the second export writes only what is new, and the two checkpoints are one history; a certificate,
        too. With sizes that differ and no node nothing is concluded."""
        old = os.path.join(self.home, "old.note")
        shutil.copy(os.path.join(self.tiles, "checkpoint"), old)
        before = files_of(self.tiles)
        grant = os.path.join(self.home, "grant.yaml")
        with open(grant, "w", encoding="ascii") as file:
            file.write(GRANT.format("trader"))
        signed = os.path.join(self.home, "grant.cose")
        self.assertEqual(net.anta("sign", grant, "--key", self.network.registrar_key, "--out", signed)[0], 0)
        self.assertEqual(net.anta("submit", signed, "--node", self.network.urls())[0], 0)
        self.network.until_cosigned_by_all()
        code, out, err = self.export(1)
        self.assertEqual(code, 0, err)
        said = json.loads(out)
        self.assertEqual(said["size"], self.exported["size"] + 2)
        self.assertLess(said["files"], 12)
        self.assertEqual(self.audit(self.tiles)[0], 0)
        gone = before - files_of(self.tiles)
        full = {path.split(".p/")[0] for path in gone}
        self.assertTrue(all(".p/" in path for path in gone) and full <= files_of(self.tiles), gone)
        self.compare_all(old)

    def compare_all(self, old):
        new = os.path.join(self.tiles, "checkpoint")
        certificate = os.path.join(self.home, "cathode.anta")
        self.assertEqual(net.anta("certificate", "get", "CERT-CATHODE", "--node", self.network.urls(), "--out", certificate)[0], 0)

        def compare(*arguments):
            code, out, err = net.anta("compare", *arguments, "--policy", self.network.policy, "--output", "json")
            return code, json.loads(out)["verdict"] if out else err
        self.assertEqual(compare(new, new), (0, "same"))
        self.assertEqual(compare(old, new), (6, "cannot_tell"))
        self.assertEqual(compare(old, new, "--node", self.network.nodes[0].url), (0, "consistent"))
        self.assertEqual(compare(old, certificate, new, "--node", self.tiles), (0, "consistent"))
        self.assertEqual(compare(old)[0], 2)


if __name__ == "__main__":
    unittest.main(verbosity=2)
