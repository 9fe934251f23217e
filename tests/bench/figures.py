"""The bench's table and its report, made from samples: pure."""
import statistics

from rows import GROUPS, ROWS


def sample(value, limit=None):
    """What a measurement gives for a row; `limit` was measured beside it."""
    return {"value": value} if limit is None else {"value": value, "limit": limit}


def ratio(one):
    return one["value"] / one["limit"] if one.get("limit") else None


def samples_of(runs, key):
    """A measurement that alternates with its peer gives several samples a run."""
    found = [run[key] for run in runs if key in run]
    return [one for each in found for one in (each if isinstance(each, list) else [each])]


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


def aligned(lines):
    """Rows of cells as text, each column as wide as its widest cell."""
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip() for line in lines)


def table(runs, groups):
    """`runs`: per run one dictionary by key, of one sample or several. Rows without a sample are left out."""
    lines = [("figure", "value", "limit of this run", "ratio", "goal", "")]
    for row in ROWS:
        samples = samples_of(runs, row.key)
        if row.group in groups and samples:
            lines.append(line_of(row, samples))
    return aligned(lines)


def report(runs, groups):
    """What --json writes: every row with its samples, in the table's order."""
    rows = []
    for row in ROWS:
        samples = samples_of(runs, row.key)
        if row.group in groups and samples:
            rows.append({"group": row.group, "key": row.key, "figure": row.figure, "unit": row.unit, "limit": row.limit,
                         "goal": list(row.goal), "better": row.direction(), "samples": [{**s, "ratio": ratio(s)} for s in samples], "verdict": verdict(row, samples)})
    return rows
