"""The rows of the bench's table: what each figure is, what it is held against, and the goal (performance.md section 2)."""
import dataclasses
import statistics


@dataclasses.dataclass(frozen=True)
class Row:
    group: str          # what --only names
    key: str            # of the sample that a measurement gives: {"value": ..., "limit": ...}
    figure: str
    unit: str = ""
    limit: str = ""     # what the limit is, measured in the same run
    goal: tuple = ()    # (">=" or "<=", number); of the ratio where there is a limit, else of the value
    digits: int = 0


THIRD = "V(2)/3"
CHECK = "CPU us of one check"
WRITE = "synced write, p50 ms"

ROWS = (
    Row("commit", "verify_rate", "V(2): Ed25519 checks of 500 bytes, 2 threads", "/s"),
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
    Row("commit", "statement_bytes", "mean statement", "bytes"),
    Row("batch", "commit_batch", "committed, 64 per request, 8 requests in flight", "/s", THIRD, (">=", 0.75)),
    Row("batch", "commit_batch_p99", "latency p99 of such a request", "ms", digits=2),
    Row("batch", "leader_us_batch", "CPU of the leader per statement, 64 per request", "us", CHECK),
    Row("batch", "generator_us_batch", "CPU of the load generator per statement, 64 per request", "us", CHECK),
    Row("latency", "write_p50", "synced write of the database, p50", "ms", digits=3),
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
    Row("disk", "disk_tables", "the same without the write-ahead log", "", goal=("<=", 2.0), digits=2),
    Row("scenario", "scenario_seconds", "anta play of the committed scenario", "s", digits=2),
    Row("simulator", "simulator_steps", "simulator", "steps/s"),
)
GROUPS = tuple(dict.fromkeys(row.group for row in ROWS))


def ratio(sample):
    return sample["value"] / sample["limit"] if sample.get("limit") else None


def spread(values, digits):
    """The median, and with several runs the least and the greatest."""
    text = f"{statistics.median(values):.{digits}f}"
    return text if len(values) == 1 else f"{text} ({min(values):.{digits}f}-{max(values):.{digits}f})"


def verdict(row, samples):
    if not row.goal:
        return "reported"
    judged = [ratio(s) if row.limit else s["value"] for s in samples]
    middle = statistics.median(judged)
    good = middle >= row.goal[1] if row.goal[0] == ">=" else middle <= row.goal[1]
    return "met" if good else "not met"


def line_of(row, samples):
    ratios = [ratio(s) for s in samples if ratio(s) is not None]
    limits = [s["limit"] for s in samples if s.get("limit")]
    return (row.figure,
            spread([s["value"] for s in samples], row.digits) + (" " + row.unit if row.unit else ""),
            f"{spread(limits, max(row.digits, 0 if min(limits) > 100 else 2))} {row.limit}" if limits else "",
            spread(ratios, 2) if ratios else "",
            f"{row.goal[0]} {row.goal[1]}" if row.goal else "",
            verdict(row, samples))


def table(runs, groups):
    """`runs`: one dictionary of samples by key per run. Rows without a sample are left out."""
    lines = [("figure", "value", "limit of this run", "ratio", "goal", "")]
    for row in ROWS:
        samples = [run[row.key] for run in runs if row.key in run]
        if row.group in groups and samples:
            lines.append(line_of(row, samples))
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip() for line in lines)


def report(runs, groups):
    """What --json writes: every row with its samples, in the table's order."""
    rows = []
    for row in ROWS:
        samples = [run[row.key] for run in runs if row.key in run]
        if row.group in groups and samples:
            rows.append({"group": row.group, "key": row.key, "figure": row.figure, "unit": row.unit, "limit": row.limit,
                         "goal": list(row.goal), "samples": [{**s, "ratio": ratio(s)} for s in samples], "verdict": verdict(row, samples)})
    return rows
