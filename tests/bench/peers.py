"""Programs of others that the bench measures beside ours: had from Debian when they are asked for, run in temporary directories, stopped by process id."""
import contextlib
import glob
import json
import os
import pwd
import shutil
import socket
import subprocess
import tempfile

import machine
from machine import Broken, net

BUILT = os.path.join(machine.PROGRAMS, "peers")
POSTGRES = "/usr/lib/postgresql/15/bin"
GO_SOURCES = "/usr/share/gocode"


class Missing(Exception):
    """A peer is not here and cannot be had here; says what the operator can do."""


def installed(package):
    done = subprocess.run(["dpkg-query", "-W", "-f", "${db:Status-Status}", package], capture_output=True, text=True)
    return done.stdout == "installed"


def install(*packages):
    """With apt-get, as root only. A package may start a service of its own; the bench uses none."""
    wanted = [package for package in packages if not installed(package)]
    if not wanted:
        return
    command = ["apt-get", "install", "-y", "--no-install-recommends", *wanted]
    if os.geteuid() != 0:
        raise Missing(f"it needs Debian's packages {' '.join(wanted)}, and only root may install them; run once as root: {' '.join(command)}")
    done = subprocess.run(command, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"}, capture_output=True, text=True)
    if done.returncode != 0:
        raise Missing(f"`{' '.join(command)}` failed: {done.stderr.strip()[-300:]}")


def built(name, source, command):
    """The program, made by `command` from `source` beside this file, unless it is newer than that."""
    program, source = os.path.join(BUILT, name), os.path.join(machine.HERE, source)
    if not os.path.exists(program) or os.path.getmtime(program) < os.path.getmtime(source):
        os.makedirs(BUILT, exist_ok=True)
        done = subprocess.run(command(program, source), capture_output=True, text=True,
                              env={**os.environ, "GO111MODULE": "off", "GOPATH": GO_SOURCES, "GOFLAGS": "", "GOCACHE": os.path.join(BUILT, "go-cache")})
        if done.returncode != 0:
            raise Broken(f"{source} does not build: {done.stderr.strip()[-1000:]}")
    return program


def libraft():
    install("libraft-dev", "libuv1-dev", "gcc")
    return built("raft_peer", "raft_peer.c", lambda program, source: ["cc", "-O2", "-o", program, source, "-lraft", "-luv"])


def etcd_load():
    install("golang-go", "golang-etcd-server-dev")
    return built("etcd_load", "etcd_load.go", lambda program, source: ["go", "build", "-o", program, source])


def free_ports(count):
    """Ports that nobody has at this moment."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


class Servers:
    """A context: processes that write to a log in a directory of their own, and end with it."""

    def __init__(self, user=None):
        self.user, self.processes = user, []

    def __enter__(self):
        self.home = tempfile.mkdtemp(prefix="anta-bench-peer.")
        if self.user:
            account = pwd.getpwnam(self.user)
            os.chown(self.home, account.pw_uid, account.pw_gid)
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for process in reversed(self.processes):
            process.terminate()
        for process in self.processes:
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        shutil.rmtree(self.home, ignore_errors=True)

    def spawn(self, *command):
        with open(os.path.join(self.home, "log"), "ab") as log:
            self.processes.append(subprocess.Popen(command, stdout=log, stderr=log, cwd=self.home, user=self.user))

    def tail(self):
        with open(os.path.join(self.home, "log"), errors="replace") as file:
            return file.read()[-600:]

    def until(self, what, condition):
        try:
            return net.until(what, condition, 40)
        except AssertionError as late:
            raise Broken(f"{late}: {self.tail()}") from late


class Etcd(Servers):
    """Three members on loopback; every put is synced on two of them before it is answered, which is etcd's only way."""

    def start(self):
        install("etcd-server", "curl")
        self.load_program = etcd_load()
        ports = free_ports(6)
        self.clients, peers = ports[:3], ports[3:]
        cluster = ",".join(f"m{i}=http://127.0.0.1:{port}" for i, port in enumerate(peers))
        for i in range(3):
            mine, peer = f"http://127.0.0.1:{self.clients[i]}", f"http://127.0.0.1:{peers[i]}"
            self.spawn("/usr/bin/etcd", "--name", f"m{i}", "--data-dir", os.path.join(self.home, f"m{i}"), "--listen-client-urls", mine,
                       "--advertise-client-urls", mine, "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer, "--initial-cluster", cluster,
                       "--initial-cluster-token", self.home, "--logger", "zap", "--log-level", "error")
        self.until("etcd has a leader", self.leader)

    def leader(self):
        for port in self.clients:
            done = subprocess.run(["curl", "-sf", "-X", "POST", "-d", "{}", f"http://127.0.0.1:{port}/v3/maintenance/status"], capture_output=True)
            if done.returncode == 0:
                status = json.loads(done.stdout)
                if status.get("leader") and status["leader"] == status["header"]["member_id"]:
                    return port
        return None

    def load(self, clients, sizes, value_bytes, gateway=False):
        command = [self.load_program, "-endpoint", f"127.0.0.1:{self.leader()}", "-clients", str(clients), "-bytes", str(value_bytes),
                   "-connections", str(max(1, min(clients // 16, 16))), "-warm", str(sizes.turn_warm), "-seconds", str(sizes.turn_seconds)]
        return json.loads(machine.answer_of(*command, *(["-gateway"] if gateway else [])))


class Postgres(Servers):
    """A primary and a standby that has flushed every commit before it is answered (synchronous_commit = on)."""

    def __init__(self, value_bytes):
        super().__init__(user="postgres" if os.geteuid() == 0 else None)
        self.value_bytes = value_bytes

    def start(self):
        os.chmod(self.home, 0o700)
        ports = free_ports(2)
        self.port = ports[0]
        primary, standby = os.path.join(self.home, "primary"), os.path.join(self.home, "standby")
        self.run(os.path.join(POSTGRES, "initdb"), "-D", primary, "-A", "trust", "-U", "bench")
        self.postgres(primary, ports[0], "synchronous_standby_names=*", "synchronous_commit=on", "fsync=on")
        self.until("PostgreSQL answers", lambda: self.sql("SELECT 1") == "1")
        self.run(os.path.join(POSTGRES, "pg_basebackup"), "-D", standby, "-R", "-X", "stream", "-c", "fast", "-h", self.home, "-p", str(ports[0]), "-U", "bench")
        self.postgres(standby, ports[1], "fsync=on")
        self.until("the standby is synchronous", lambda: self.sql("SELECT sync_state FROM pg_stat_replication") in ("sync", "quorum"))
        self.sql("CREATE TABLE statement (leaf bigserial PRIMARY KEY, body bytea NOT NULL)")
        self.script = os.path.join(self.home, "insert.sql")
        with open(self.script, "w", encoding="ascii") as file:
            file.write(f"INSERT INTO statement (body) VALUES ('\\x{os.urandom(self.value_bytes).hex()}');\n")
        os.chmod(self.script, 0o644)

    def postgres(self, directory, port, *settings):
        words = [word for setting in (f"port={port}", "listen_addresses=", f"unix_socket_directories={self.home}", *settings) for word in ("-c", setting)]
        self.spawn(os.path.join(POSTGRES, "postgres"), "-D", directory, *words)

    def run(self, *command):
        done = subprocess.run(command, capture_output=True, text=True, user=self.user, cwd=self.home)
        if done.returncode != 0:
            raise Broken(f"{' '.join(command)}: {done.stderr.strip()[-600:]}")
        return done.stdout

    def sql(self, text):
        done = subprocess.run([os.path.join(POSTGRES, "psql"), "-h", self.home, "-p", str(self.port), "-U", "bench", "-d", "postgres", "-Atc", text],
                              capture_output=True, text=True, user=self.user, cwd=self.home)
        return done.stdout.strip() if done.returncode == 0 else None

    def load(self, clients, sizes):
        """Inserts per second. pgbench is a C program with one thread here, as ours is."""
        out = self.run(os.path.join(POSTGRES, "pgbench"), "-n", "-M", "prepared", "-c", str(clients), "-j", "1", "-T",
                       str(max(1, round(sizes.turn_warm + sizes.turn_seconds))), "-f", self.script, "-h", self.home, "-p", str(self.port), "-U", "bench", "postgres")
        return float(next(line for line in out.splitlines() if line.startswith("tps")).split()[2])


def postgres():
    install("postgresql-15", "postgresql-client-15")
    if not glob.glob(os.path.join(POSTGRES, "pgbench")):
        raise Missing(f"pgbench is not in {POSTGRES}")
    return Postgres


class Nginx(Servers):
    """One file of `size` bytes, as large a server as there are cores, without a log of requests."""

    def __init__(self, size):
        super().__init__()
        self.size = size

    def start(self):
        install("nginx-light" if not installed("nginx") else "nginx")
        [self.port] = free_ports(1)
        with open(os.path.join(self.home, "file"), "wb") as file:
            file.write(os.urandom(self.size))
        os.chmod(self.home, 0o755)
        configuration = os.path.join(self.home, "nginx.conf")
        scratch = " ".join(f"{kind}_temp_path {self.home}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        with open(configuration, "w", encoding="ascii") as file:
            file.write(f"worker_processes auto; daemon off; pid {self.home}/pid; error_log {self.home}/log;\nevents {{}}\n"
                       f"http {{ access_log off; keepalive_requests 1000000000; {scratch}\n"
                       f"server {{ listen 127.0.0.1:{self.port}; root {self.home}; }} }}\n")
        self.spawn("/usr/sbin/nginx", "-c", configuration)
        self.until("nginx answers", lambda: subprocess.run(["true"]) and self.answers())

    def answers(self):
        with contextlib.closing(socket.socket()) as one:
            return one.connect_ex(("127.0.0.1", self.port)) == 0
