"""Draws the pictures of the README and of these pages: `python docs/pictures/make.py [FOLDER]`.

They lie beside this script and are drawn anew by it when diagrams change.
"""

import sys
from pathlib import Path

import numpy as np

import dagprop as dp
from dagprop.training.digits import load_digits


def network(scale: float) -> dp.Node:
    """The loss of a network of 32 sigmoids that reads digits; `scale` is the spread of its first weights."""
    g = dp.Graph("reading digits")
    X, y = g.input("X", ("batch", 64)), g.input("y", ("batch", 10))
    w0 = g.parameter("w0", (64, 32), initial=dp.initialisers.normal(scale))
    w1 = g.parameter("w1", (32, 10))
    z0 = (X @ w0).named("z0")
    a0 = dp.sigmoid(z0).named("a0")
    z1 = (a0 @ w1).named("z1")
    return dp.softmax_cross_entropy(z1, y).named("L").mean().named("E")


def layers() -> dp.Graph:
    """Two layers of tanh, each in a scope of its own: a graph without numbers."""
    g = dp.Graph("two layers")
    h, y = g.input("X", ("batch", 16)), g.input("y", ("batch", 16))
    for layer in ("layer1", "layer2"):
        with g.scope(layer):
            h = np.tanh(h @ g.parameter("w", (16, 16)) + g.parameter("b", (16,))).named("h")
    dp.squared_error(h, y).named("L").mean().named("E")
    return g


def main(folder: Path) -> None:
    """Draw all of them into a folder."""
    digits = load_digits()
    feeds = {"X": digits.images[:64], "y": digits.one_hot[:64]}
    for name, scale, what in (("saturated", 9.0, "far too large"), ("healthy", 0.2, "of a good size")):
        flow = dp.backprop(network(scale), feeds)
        flow.draw(folder / f"{name}.svg", title=f"reading 64 handwritten digits, first weights {what}")
    dp.draw(layers(), folder / "layers.svg")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
