"""Colours: a diverging scale for gradients, and those of the cards.

The scale runs from blue (vanishing) over grey (as strong as at the loss) to brown (exploding); its stops differ
for people who see red, green or blue weakly, and have a contrast of 3.2:1 or more against white.
"""

from __future__ import annotations

SCALE = (
    "#08306B", "#1F5FA8", "#4C86C6", "#7C91A7", "#7F8590", "#A98264", "#C96A1E", "#B0420A", "#7A2400",
)  # fmt: skip
"""The colours of log₁₀ ratios −4, −3, … +4."""

SPAN = len(SCALE) // 2
NOT_FINITE = "#C2188F"

TEXT, FAINT, LINE, PAPER = "#22262E", "#6B7280", "#9AA1AC", "#FFFFFF"
OPERATOR, LOSS, PARAMETER, LEAF, FOLDED = "#2F3540", "#0B0D10", "#5B4B8A", "#E3E6EB", "#44546A"
PLAIN_TINT, SCOPE = "#F4F5F7", "#FAFBFC"


def mix(colour: str, other: str, share: float) -> str:
    """A colour with a share of another one in it."""
    pairs = zip(_rgb(colour), _rgb(other), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02X}" for a, b in pairs)


def scale(log_ratio: float) -> str:
    """The colour of a log₁₀ ratio, clamped to the ends of the scale.

    >>> scale(-9.0), scale(0.0), scale(0.5)
    ('#08306B', '#7F8590', '#94847A')
    """
    position = min(max(log_ratio, -SPAN), SPAN) + SPAN
    lower = min(int(position), len(SCALE) - 2)
    return mix(SCALE[lower], SCALE[lower + 1], position - lower)


def tint(colour: str) -> str:
    """A background in this colour, light enough for text."""
    return mix(colour, PAPER, 0.86)


def ink(colour: str) -> str:
    """A text colour that reads as this one."""
    return mix(colour, "#000000", 0.25)


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
