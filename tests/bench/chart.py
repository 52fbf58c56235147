"""Charts as SVG: curves of latencies, bars of ratios."""

import math
from html import escape

COLOURS = ("#1f6feb", "#d9480f", "#2b8a3e", "#862e9c", "#5f6b7a", "#a61e4d")
WIDTH = 720
LEFT, RIGHT, TOP = 150, 30, 50
PLOT = WIDTH - LEFT - RIGHT
ROW = 26


def text(x, y, content, anchor="start", more=""):
    return (f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{more}>'
            f'{escape(content)}</text>')


def line(x1, y1, x2, y2, colour="#d0d7de"):
    return (f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" '
            f'stroke="{colour}"/>')


def page(height, title, parts):
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" '
        f'height="{height}" font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
        text(LEFT, 24, title, more=' font-size="15"'), *parts, "</svg>", ""])


def bars(title, values, mark=None):
    """Horizontal bars of (label, value); a line where the mark is."""
    most = max([value for _, value in values] + [mark or 0]) or 1
    height = TOP + ROW * len(values) + 20
    parts = []
    for number, (label, value) in enumerate(values):
        y = TOP + ROW * number
        width = PLOT * 0.9 * max(value, 0) / most
        parts += [text(LEFT - 8, y + 15, label, "end"),
                  f'<rect x="{LEFT}" y="{y + 3}" width="{width:.1f}" '
                  f'height="{ROW - 8}" fill="{COLOURS[0]}"/>',
                  text(LEFT + width + 5, y + 15, f"{value:.2f}")]
    if mark is not None:
        x = LEFT + PLOT * 0.9 * mark / most
        parts.append(line(x, TOP - 6, x, height - 14, COLOURS[1]))
    return page(height, title, parts)


def cumulate(distribution):
    """(value, share of all that are not above it) from (value, count)."""
    total = sum(count for _, count in distribution)
    seen = 0
    shares = []
    for value, count in distribution:
        seen += count
        shares.append((value, seen / total))
    return shares


def span(curves):
    """Whole powers of ten around everything."""
    values = [value for _, curve in curves for value, _ in curve if value > 0]
    low = math.floor(math.log10(min(values)))
    return low, max(math.ceil(math.log10(max(values))), low + 1)


def place(value, low, high):
    power = math.log10(max(value, 10 ** low))
    return LEFT + PLOT * (power - low) / (high - low)


def axes(low, high, height, unit):
    parts = []
    for power in range(low, high + 1):
        x = place(10 ** power, low, high)
        parts += [line(x, TOP, x, TOP + height),
                  text(x, TOP + height + 16, f"{10 ** power:g}", "middle")]
    for share in (0, 0.25, 0.5, 0.75, 1):
        y = TOP + height * (1 - share)
        parts += [line(LEFT, y, LEFT + PLOT, y),
                  text(LEFT - 8, y + 4, f"{share:.0%}", "end")]
    parts.append(text(LEFT + PLOT, TOP + height + 32, unit, "end"))
    return parts


def curves(title, unit, named):
    """The share of values that are not above a value (logarithmic), for each of the
    named:
    (name, [(value, count), …])."""
    height = 300
    cumulated = [(name, cumulate(each)) for name, each in named]
    low, high = span(cumulated)
    parts = axes(low, high, height, unit)
    for number, (name, curve) in enumerate(cumulated):
        colour = COLOURS[number % len(COLOURS)]
        points = " ".join(
            f"{place(value, low, high):.1f},"
            f"{TOP + height * (1 - share):.1f}" for value, share in curve)
        parts += [f'<polyline points="{points}" fill="none" '
                  f'stroke="{colour}" stroke-width="2"/>',
                  text(12, TOP + 14 + 18 * number, name,
                       more=f' fill="{colour}"')]
    return page(TOP + height + 48, title, parts)
