"""A report of `tests/bench/run --json` held against an earlier one: which rows fell by more than the noise. Pure.

What is compared is each row's ratio to the limit of its own run, or its value where it has no limit: machines and hours differ, ratios less.
"""
import statistics

import figures

ENOUGH = 3        # samples on each side from which the spread says something about the noise
MOVED = 0.05      # with enough samples: the median has moved by more, and the spreads do not meet
MOVED_FEW = 0.15  # with fewer: by more


def judged(row):
    """Of a row of a report: its ratios, or its values where nothing limits it."""
    ratios = [sample["ratio"] for sample in row["samples"] if sample.get("ratio") is not None]
    return ratios or [sample["value"] for sample in row["samples"]]


def change(old, new, better):
    """{"median", "min", "max"} of new over old, and whether the row "fell", "rose" or is "same" (or "" where neither way is better)."""
    before, after = judged(old), judged(new)
    if min(before) <= 0 or min(after) <= 0:
        return None
    made = {"median": statistics.median(after) / statistics.median(before), "min": min(after) / max(before), "max": max(after) / min(before)}
    if better is None:
        return {**made, "verdict": ""}
    few = min(len(before), len(after)) < ENOUGH
    down = made["median"] < 1 - (MOVED_FEW if few else MOVED) and (few or made["max"] < 1)
    up = made["median"] > 1 + (MOVED_FEW if few else MOVED) and (few or made["min"] > 1)
    if better == "less":
        down, up = up, down
    return {**made, "verdict": "fell" if down else "rose" if up else "same"}


def compare(old, new):
    """Rows that both reports have, as [(row of the new one, change)], in its order."""
    earlier = {row["key"]: row for row in old["rows"]}
    pairs = [(row, change(earlier[row["key"]], row, row.get("better"))) for row in new["rows"] if row["key"] in earlier]
    return [(row, made) for row, made in pairs if made]


def text(old, new):
    """The comparison as a table, and below it what fell."""
    compared = compare(old, new)
    lines = [("figure", "earlier", "now", "now over earlier (least-greatest)", "")]
    for row, made in compared:
        earlier = next(r for r in old["rows"] if r["key"] == row["key"])
        lines.append((row["figure"], f"{statistics.median(judged(earlier)):.3g}", f"{statistics.median(judged(row)):.3g}",
                      f"{made['median']:.2f} ({made['min']:.2f}-{made['max']:.2f})", made["verdict"]))
    fell = [row["figure"] for row, made in compared if made["verdict"] == "fell"]
    few = [row for row, _ in compared if min(len(row["samples"]), *(len(r["samples"]) for r in old["rows"] if r["key"] == row["key"])) < ENOUGH]
    said = "fell by more than the noise: " + "; ".join(fell) if fell else "nothing fell by more than the noise"
    if few:
        said += f"\n{len(few)} of {len(compared)} rows have fewer than {ENOUGH} samples on a side: of those, only what moved by {MOVED_FEW:.0%} is said (--runs {ENOUGH})"
    return figures.aligned(lines) + "\n" + said
