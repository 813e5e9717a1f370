"""Curves as an SVG file: a few lines of text, which every browser shows."""

import math
from html import escape

WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM = 760, 420, 74, 44, 150, 56
FONT = 'font-family="DejaVu Sans, Helvetica, Arial, sans-serif" font-size="12"'
COLOURS = ("#1F5FA8", "#C96A1E", "#2E7D4F", "#8E3B8E", "#7F8590")


def plot(path, curves, *, title, x_label, y_label, log_x=False, log_y=False, y_range=None):
    """Draw curves, `{label: (xs, ys)}`, and write them to `path`; values outside `y_range` leave the picture."""
    across = _Axis([x for xs, _ in curves.values() for x in xs], LEFT, WIDTH - RIGHT, log_x)
    ys = y_range or [y for _, ys in curves.values() for y in ys]
    up = _Axis(ys, HEIGHT - BOTTOM, TOP, log_y)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" {FONT} fill="#333333">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#FFFFFF"/>',
        f'<clipPath id="frame"><path d="M{LEFT} {TOP}H{WIDTH - RIGHT}V{HEIGHT - BOTTOM}H{LEFT}Z"/></clipPath>',
        f'<text x="{LEFT}" y="26" font-size="15" font-weight="bold">{escape(title)}</text>',
    ]
    for tick in up.ticks:
        y = up.place(tick)
        parts.append(f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" stroke="#E3E6EA"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{up.shown(tick)}</text>')
    for tick in across.ticks:
        x = across.place(tick)
        parts.append(f'<path d="M{x:.1f} {HEIGHT - BOTTOM}v5" stroke="#7F8590"/>')
        parts.append(f'<text x="{x:.1f}" y="{HEIGHT - BOTTOM + 20}" text-anchor="middle">{across.shown(tick)}</text>')
    parts.append(f'<path d="M{LEFT} {TOP}V{HEIGHT - BOTTOM}H{WIDTH - RIGHT}" fill="none" stroke="#7F8590"/>')
    middle = (LEFT + WIDTH - RIGHT) / 2
    parts.append(f'<text x="{middle}" y="{HEIGHT - 14}" text-anchor="middle">{escape(x_label)}</text>')
    parts.append(
        f'<text transform="translate(18 {(TOP + HEIGHT - BOTTOM) / 2}) rotate(-90)" text-anchor="middle">'
        f"{escape(y_label)}</text>"
    )
    for i, (label, (xs, ys)) in enumerate(curves.items()):
        colour = COLOURS[i % len(COLOURS)]
        points = " ".join(f"{across.place(x):.1f},{up.place(y):.1f}" for x, y in zip(xs, ys, strict=True))
        parts.append(
            f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2" '
            'stroke-linejoin="round" clip-path="url(#frame)"/>'
        )
        y = TOP + 10 + 20 * i
        parts.append(f'<path d="M{WIDTH - RIGHT + 14} {y}h22" stroke="{colour}" stroke-width="3"/>')
        parts.append(f'<text x="{WIDTH - RIGHT + 42}" y="{y + 4}">{escape(label)}</text>')
    path.write_text("\n".join([*parts, "</svg>\n"]), encoding="utf-8")


class _Axis:
    """Numbers to pixels, and the round numbers in between."""

    def __init__(self, values, start, stop, log):
        self.log, self.start, self.stop = log, start, stop
        low, high = self._at(min(values)), self._at(max(values))
        step = max(1, math.ceil((high - low) / 6)) if log else _round_step(((high - low) or 1.0) / 5)
        first, last = math.floor(low / step), math.ceil(high / step)
        ticks = [step * i for i in range(first, max(last, first + 1) + 1)]
        self.low, self.high = ticks[0], ticks[-1]
        self.ticks = [10.0**tick for tick in ticks] if log else ticks

    def _at(self, value):
        return math.log10(value) if self.log else value

    def place(self, value):
        return self.start + (self._at(value) - self.low) / (self.high - self.low) * (self.stop - self.start)

    def shown(self, tick):
        return f"1e{round(math.log10(tick))}" if self.log else f"{tick:.6g}"


def _round_step(step):
    """1, 2 or 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(step))
    return power * next(factor for factor in (1, 2, 5, 10) if factor * power >= step)
