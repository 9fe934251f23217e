"""The rows of the bench's table: what each figure is, what it is held against, and the goal. README.md says what they mean."""
import dataclasses


@dataclasses.dataclass(frozen=True)
class Row:
    group: str          # what --only names
    key: str            # of the sample that a measurement gives: {"value": ..., "limit": ...}
    figure: str
    unit: str = ""
    limit: str = ""     # what the limit is, measured in the same run
    goal: tuple = ()    # (">=" or "<=", number); of the ratio where there is a limit, else of the value
    digits: int = 0
    better: str = ""    # "more" or "less", for a comparison with an earlier run; empty: as the goal or the unit has it

    def direction(self):
        """Which way is better, or None for what describes the machine or the load."""
        if self.better:
            return None if self.better == "neither" else self.better
        if self.goal:
            return "more" if self.goal[0] == ">=" else "less"
        return {"/s": "more", "steps/s": "more", "MB/s": "more"}.get(self.unit, "less" if self.unit else None)


THIRD = "V(2)/3"
CHECK = "CPU us of one check"
WRITE = "synced write, p50 ms"
PEER_RAFT = "libraft"
PEER_ETCD = "etcd, native client"
CONSTANT = "a constant body of that size"
NGINX = "nginx, a file of 2 KiB"

ROWS = (
    Row("commit", "verify_rate", "V(2): Ed25519 checks of 500 bytes, 2 threads", "/s", better="neither"),
    Row("commit", "commit_1", "committed, 1 client", "/s", THIRD),
    Row("commit", "commit_64", "committed, 64 clients", "/s", THIRD, (">=", 0.60)),
    Row("commit", "commit_512", "committed, 512 clients", "/s", THIRD, (">=", 0.65)),
    Row("commit", "commit_spread", "committed, 64 clients on all three nodes", "/s", THIRD),
    Row("commit", "commit_64_p50", "latency p50, 64 clients", "ms", digits=2),
    Row("commit", "commit_64_p99", "latency p99, 64 clients", "ms", digits=2),
    Row("commit", "commit_512_p50", "latency p50, 512 clients", "ms", digits=2),
    Row("commit", "commit_512_p99", "latency p99, 512 clients", "ms", digits=2),
    Row("commit", "per_sync_64", "statements per WAL sync of the leader, 64 clients", "", goal=(">=", 10), digits=1),
    Row("commit", "per_sync_512", "statements per WAL sync of the leader, 512 clients", "", digits=1),
    Row("commit", "all_us_64", "CPU of three nodes and generator per statement, 64 clients", "us", "CPU us of three checks"),
    Row("commit", "leader_us_64", "CPU of the leader per statement, 64 clients", "us", CHECK),
    Row("commit", "follower_us_64", "CPU of a follower per statement, 64 clients", "us", CHECK),
    Row("commit", "generator_us_64", "CPU of the load generator per statement, 64 clients", "us", CHECK),
    Row("commit", "all_us_512", "CPU of three nodes and generator per statement, 512 clients", "us", "CPU us of three checks"),
    Row("commit", "leader_us_512", "CPU of the leader per statement, 512 clients", "us", CHECK),
    Row("commit", "follower_us_512", "CPU of a follower per statement, 512 clients", "us", CHECK),
    Row("commit", "generator_us_512", "CPU of the load generator per statement, 512 clients", "us", CHECK),
    Row("commit", "accepted_share", "share accepted", "%", goal=(">=", 99), digits=2),
    Row("commit", "statement_bytes", "mean statement", "bytes", better="neither"),
    Row("batch", "commit_batch", "committed, 64 per request, 8 requests in flight", "/s", THIRD, (">=", 0.75)),
    Row("batch", "commit_batch_p99", "latency p99 of such a request", "ms", digits=2),
    Row("batch", "leader_us_batch", "CPU of the leader per statement, 64 per request", "us", CHECK),
    Row("batch", "generator_us_batch", "CPU of the load generator per statement, 64 per request", "us", CHECK),
    Row("latency", "write_p50", "synced write of the database, p50", "ms", digits=3, better="neither"),
    Row("latency", "commit_1_p50", "committed, 1 client, p50", "ms", WRITE, ("<=", 4), 2),
    Row("latency", "commit_1_p99", "committed, 1 client, p99", "ms", WRITE, ("<=", 12), 2),
    Row("latency", "cosigned_1_p50", "cosigned, 1 client, p50", "ms", goal=("<=", 25), digits=2),
    Row("latency", "half_p99", "committed at half the rate of 64 clients, p99", "ms", goal=("<=", 50), digits=2),
    Row("latency", "half_cosigned_p99", "cosigned at half the rate of 64 clients, p99", "ms", goal=("<=", 500), digits=2),
    Row("certificate", "certificate_small_bytes", "smallest certificate of the scenario", "bytes"),
    Row("certificate", "certificate_small_ms", "verifying it", "ms", "its Ed25519 checks", ("<=", 1.3), 2),
    Row("certificate", "certificate_large_bytes", "largest certificate of the scenario", "bytes"),
    Row("certificate", "certificate_large_ms", "verifying it", "ms", "its Ed25519 checks", ("<=", 1.3), 2),
    Row("memory", "rss_scenario", "memory of a node after the scenario (largest VmRSS)", "MiB"),
    Row("memory", "rss_load", "memory of a node after the load (largest VmRSS)", "MiB", goal=("<=", 512)),
    Row("memory", "peak_load", "memory of a node at its peak (largest VmHWM)", "MiB", goal=("<=", 512)),
    Row("disk", "disk", "data directory after the load and a restart, per statement byte", "", digits=2),
    Row("disk", "disk_tables", "the same without the write-ahead log", "", digits=2),
    Row("disk", "disk_settled", "its tables after flush and compaction, per statement byte", "", goal=("<=", 2.0), digits=2),
    Row("scenario", "scenario_seconds", "anta play of the committed scenario", "s", digits=2),
    Row("simulator", "simulator_steps", "simulator", "steps/s"),
    Row("apply", "apply_us", "judging, hashing and writing a committed statement", "us", CHECK, digits=1),
    Row("apply", "tree_us", "state tree on the write path, per statement", "us", CHECK, ("<=", 0.15), 1),
    Row("audit", "audit_rate", "audit of a ledger by all cores", "/s", "V(2) of the same signatures", (">=", 0.5)),
    Row("raft", "raft_1", "replication alone, 1 entry in flight", "/s", PEER_RAFT),
    Row("raft", "raft_64", "replication alone, 64 in flight", "/s", PEER_RAFT, (">=", 0.8)),
    Row("raft", "raft_1024", "replication alone, 1 024 in flight", "/s", PEER_RAFT, (">=", 0.8)),
    Row("raft", "raft_1_p50", "replication alone, 1 in flight, p50", "ms", PEER_RAFT, ("<=", 1.2), 2),
    Row("raft", "raft_64_cpu", "CPU of all three per entry, 64 in flight", "us", PEER_RAFT, digits=1),
    Row("etcd", "etcd_1_p50", "committed, 1 client, p50", "ms", PEER_ETCD, ("<=", 0.6), 2),
    Row("etcd", "etcd_64", "committed, 64 clients", "/s", PEER_ETCD, (">=", 1.3)),
    Row("etcd", "etcd_1000", "committed, 1 000 clients", "/s", PEER_ETCD, (">=", 0.7)),
    Row("etcd", "etcd_gateway_64", "committed, 64 clients", "/s", "etcd through its HTTP gateway"),
    Row("postgres", "postgres_16", "committed, 16 clients", "/s", "PostgreSQL 15, a synchronous standby", (">=", 1.0)),
    Row("static", "static_tile", "a full tile (8 KiB) over HTTP, 64 connections", "/s", CONSTANT, (">=", 0.8)),
    Row("static", "static_checkpoint", "the checkpoint", "/s", CONSTANT, (">=", 0.8)),
    Row("static", "static_certificate", "a certificate that was asked for before", "/s", CONSTANT, (">=", 0.8)),
    Row("static", "static_constant", "a constant body of 2 KiB from our server", "/s", NGINX, (">=", 0.5)),
    Row("static", "get_statement", "a statement's bytes", "/s", NGINX, (">=", 0.6)),
    Row("static", "get_statement_proof", "a statement with outcome and proof", "/s", NGINX, (">=", 0.4)),
    Row("static", "static_tile_made", "a full tile, answers not kept", "/s", CONSTANT),
    Row("static", "get_statement_made", "a statement's bytes, answers not kept", "/s", NGINX),
    Row("static", "get_statement_proof_made", "a statement with outcome and proof, answers not kept", "/s", NGINX),
    Row("growth", "growth_statements", "statements at the end of the growth", "", better="neither"),
    Row("growth", "growth_rate", "commit rate over V(2)/3 in the last tenth", "", "in the first", (">=", 0.85), 3),
    Row("growth", "growth_cpu", "CPU of a node per statement over that of one check, in the last tenth", "", "in the first", digits=2, better="less"),
    Row("growth", "growth_start", "start of a node at the end, until it answers", "s", goal=("<=", 2), digits=2),
    Row("growth", "growth_rss", "memory of a node at the end (largest VmRSS)", "MiB", goal=("<=", 512)),
    Row("growth", "growth_disk", "disk at the end, after flush and compaction, per statement byte", "", goal=("<=", 2.0), digits=2, better="less"),
    Row("growth", "growth_proof", "inclusion proof at the end", "hashes", "log2 of its size, rounded up", ("<=", 1.0)),
    Row("growth", "growth_certificate_ms", "certificate made afresh at the end, with HTTP", "ms", digits=2),
    Row("overload", "overload_maximum", "maximum: sequences of 64, 8 in flight", "/s", THIRD),
    Row("overload", "overload_offered", "offered in the overload", "/s", "the maximum", better="neither"),
    Row("overload", "overload_accepted", "accepted in the overload", "/s", "the maximum", (">=", 0.75)),
    Row("overload", "overload_accepted_net", "accepted, of what the CPU left beside generator and shedding could", "/s", "the maximum", (">=", 0.9)),
    Row("overload", "overload_p99", "latency p99 of what was accepted, from its last sending", "ms"),
    Row("overload", "overload_shed", "answered 503 with Retry-After", "/s", better="neither"),
    Row("overload", "overload_shed_us", "CPU of the leader for each of them", "us", CHECK, digits=1),
    Row("overload", "overload_checkpoint", "age of the newest checkpoint when the overload ends", "s", digits=1),
    Row("overload", "overload_rss", "memory of a node at its peak (largest VmHWM)", "MiB", goal=("<=", 512)),
)
GROUPS = tuple(dict.fromkeys(row.group for row in ROWS))
PEERS = ("raft", "etcd", "postgres", "static")  # need programs of others
LONG = ("growth", "overload")
USUAL = tuple(group for group in GROUPS if group not in PEERS + LONG)
