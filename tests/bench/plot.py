"""Curves as an SVG file, with the standard library alone: small panels below each other over one horizontal axis. Pure."""
import html

WIDTH, PANEL, LEFT, RIGHT, TOP, GAP = 720, 130, 90, 20, 34, 34
COLOURS = ("#1f5fa8", "#b5541c", "#2d7d46", "#7a3d8f", "#8a6d00", "#555555")


def nice(value):
    """As people write it: 1.2k, 3.4M."""
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:.3g}{letter}"
    return f"{value:.3g}"


def places(values, low, high, begin, end):
    """Where values between low and high lie between begin and end."""
    span = (high - low) or 1
    return [begin + (value - low) / span * (end - begin) for value in values]


def panel(top, title, across, series):
    """One panel: `series` is [(name, values)], as many values as `across` has."""
    every = [value for _, values in series for value in values]
    high = max(every) * 1.08 or 1
    xs = places(across, 0, max(across), LEFT, WIDTH - RIGHT)
    parts = [f'<text x="{LEFT}" y="{top - 8}" font-weight="bold">{html.escape(title)}</text>']
    for value in (0, high / 2, high):
        y = places([value], 0, high, top + PANEL, top)[0]
        parts.append(f'<line x1="{LEFT}" y1="{y:.1f}" x2="{WIDTH - RIGHT}" y2="{y:.1f}" stroke="#ddd"/>'
                     f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{nice(value)}</text>')
    for number, (name, values) in enumerate(series):
        colour = COLOURS[number % len(COLOURS)]
        points = " ".join(f"{x:.1f},{y:.1f}" for x, y in zip(xs, places(values, 0, high, top + PANEL, top)))
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
        if len(series) > 1:
            parts.append(f'<text x="{WIDTH - RIGHT - 80 * (len(series) - number)}" y="{top - 8}" fill="{colour}">{html.escape(name)}</text>')
    return "\n".join(parts)


def svg(across_name, across, panels):
    """`panels`: [(title, [(name, values)])], drawn one below the other over `across`."""
    height = TOP + len(panels) * (PANEL + GAP) + 10
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" font-size="11">',
             f'<rect width="{WIDTH}" height="{height}" fill="white"/>']
    for number, (title, series) in enumerate(panels):
        parts.append(panel(TOP + number * (PANEL + GAP), title, across, series))
    for value, x in zip(across, places(across, 0, max(across), LEFT, WIDTH - RIGHT)):
        parts.append(f'<text x="{x:.1f}" y="{height - 16}" text-anchor="middle">{nice(value)}</text>')
    parts.append(f'<text x="{WIDTH - RIGHT}" y="{height - 4}" text-anchor="end">{html.escape(across_name)}</text></svg>\n')
    return "\n".join(parts)
