"""What a run comes to, in figures: one document for other programs (`--json`), and lines made from it for people."""
import collections
import statistics
import time

import schedule

FORMAT = 1
GOALS_MS = {"median": 600, "max": 2000}  # from the death of a leader of a network that was well to the next commit


def spread(seconds):
    """Count, least, median and greatest of times, in milliseconds; None without any."""
    if not seconds:
        return None
    return {"count": len(seconds), "min_ms": round(min(seconds) * 1000), "median_ms": round(statistics.median(seconds) * 1000),
            "max_ms": round(max(seconds) * 1000)}


def failover(quiet, amid, of_all):
    """Of leaders that died in a network that was well, which the goal is for, and of the others; `of_all`: until the last survivor's clients go on."""
    well = spread(quiet)
    met = well and statistics.median(quiet) * 1000 < GOALS_MS["median"] and max(quiet) * 1000 <= GOALS_MS["max"]
    return {"well": well, "of_all": spread(of_all), "amid_recovery": spread(amid), "goal_ms": GOALS_MS, "goal_met": met}


def operations(history, verifier):
    """None stands for what only the judgement at the end tells."""
    names = collections.Counter(operation.name for operation in history.operations)
    reads = names["read"] + names["size"]
    submissions = [operation for operation in history.operations if operation.name not in ("read", "size")]
    return {"all": len(history.operations), "submissions": len(submissions), "reads": reads,
            "acknowledged": sum(operation.returned is not None for operation in submissions),
            "uncertain": verifier and verifier.uncertain, "uncertain_in_ledger": verifier and verifier.late,
            "unanswered_tries": history.unanswered_tries}


def of(run, verdict):
    """`verdict`: unfinished, held or failed."""
    arguments, nemesis, verifier = run.arguments, run.nemesis, run.verifier
    counts = nemesis.counts if nemesis else {}
    return {
        "format": FORMAT, "verdict": verdict, "violations": [str(violation) for violation in run.violations],
        "seed": arguments.seed, "nodes": arguments.nodes, "minutes": arguments.minutes, "only": arguments.only or [],
        "links": "proxies and cables in namespaces" if run.cables else "proxies", "stale_reads": arguments.stale_reads,
        "seconds": {"faults": round(run.faults_seconds, 1), "all": round(time.monotonic() - run.began, 1)},
        "rounds": {"all": run.rounds, "faults": {kind: counts.get(kind, 0) for kind in schedule.kinds(run.cables, arguments.nodes)}},
        "operations": operations(run.history, verifier),
        "histories": dict(verifier.figures) if verifier else None,
        "of_lots": dict(sorted(verifier.answers.items())) if verifier else None,
        "failover": failover(nemesis.failovers, nemesis.failovers_amid, nemesis.failovers_of_all) if nemesis else None,
        "next_commit": {kind: spread(times) for kind, times in sorted(nemesis.served.items())} if nemesis else None,
    }


def lines(document):
    """Of a run that was judged."""
    told = document["operations"]
    yield f"nodes {document['nodes']}; rounds {document['rounds']['all']}"
    yield "faults: " + ", ".join(f"{kind} {count}" for kind, count in document["rounds"]["faults"].items())
    yield f"seconds of faults {document['seconds']['faults']:.0f}, of all {document['seconds']['all']:.0f}; links: {document['links']}"
    yield (f"operations {told['all']}: {told['submissions']} submissions, {told['reads']} fresh reads; tries without an answer "
           f"{told['unanswered_tries']}; uncertain {told['uncertain']}, of them in the ledger {told['uncertain_in_ledger']}")
    yield "histories: " + ", ".join(f"{name} {count}" for name, count in document["histories"].items())
    yield "of lots: " + ", ".join(f"{answer} {count}" for answer, count in document["of_lots"].items())
    for name, when in (("well", ""), ("of_all", " at the last of the survivors"), ("amid_recovery", ", amid recovery")):
        if times := document["failover"][name]:
            met = "met" if document["failover"]["goal_met"] else "MISSED"
            goal = "" if when else f"; goal median under {GOALS_MS['median']}, max {GOALS_MS['max']}: {met}"
            yield (f"from a leader's death to the next commit{when}, ms: min {times['min_ms']}, median {times['median_ms']}, max "
                   f"{times['max_ms']} of {times['count']}{goal}")
    for kind, times in document["next_commit"].items():
        yield f"from {kind} to the next commit, ms: median {times['median_ms']}, max {times['max_ms']} of {times['count']}"
