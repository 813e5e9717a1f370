"""Lesson 6. One hidden layer: every part of it, and every part's derivative.

z₀ = Xw₀ + b₀, a₀ = σ(z₀), z₁ = a₀w₁ + b₁, E = ½(z₁ − y)²
"""

import numpy as np
from _lesson import heading, run, table

import dagprop as dp
from dagprop.explanation import partial_derivatives
from dagprop.notation.reading import equation

FEEDS = {"X": [[1.0, 2.0]], "y": [[1.0]]}


def network():
    """The four nodes z0, a0, z1, E of a network with two inputs, two hidden units and one output."""
    g = dp.Graph("one hidden layer")
    X, y = g.input("X", ("batch", 2)), g.input("y", ("batch", 1))
    w0 = g.parameter("w0", (2, 2), initial=[[0.1, -0.3], [0.2, 0.4]])
    b0 = g.parameter("b0", (2,), initial=[0.1, -0.1])
    w1 = g.parameter("w1", (2, 1), initial=[[0.5], [-0.6]])
    b1 = g.parameter("b1", (1,), initial=[0.2])
    z0 = (X @ w0 + b0).named("z0")
    a0 = dp.sigmoid(z0).named("a0")
    z1 = (a0 @ w1 + b1).named("z1")
    E = (0.5 * (z1 - y) ** 2).named("E")
    return z0, a0, z1, E


def by_hand(feeds, parameters):
    """The four gradients, written with NumPy from the local derivatives."""
    X, y = np.array(feeds["X"]), np.array(feeds["y"])
    a0 = 1 / (1 + np.exp(-(X @ parameters["w0"] + parameters["b0"])))
    z1 = a0 @ parameters["w1"] + parameters["b1"]
    to_z1 = z1 - y
    to_z0 = to_z1 @ parameters["w1"].T * a0 * (1 - a0)
    return {"w0": X.T @ to_z0, "b0": to_z0.sum(axis=0), "w1": a0.T @ to_z1, "b1": to_z1.sum(axis=0)}


def main(out):
    nodes = network()
    E = nodes[-1]
    heading("The network")
    for node in nodes:
        print(equation(node))

    heading("The local derivative of every edge")
    derivatives = {}
    for node in nodes:
        for source, derivative in partial_derivatives(node).items():
            derivatives[node.name, source] = derivative.text.partition(" = ")[2]
            print(derivative.text)

    flow = dp.backprop(E, FEEDS)
    heading("Forward, then back")
    rows = [
        [node.name, str(flow.values[node].round(4).tolist()), str(flow.gradients[node].round(4).tolist())]
        for node in nodes
    ]
    table(["node", "value", "∂E/∂node"], rows)

    heading("Gradients, by dagprop and by hand")
    hand = by_hand(FEEDS, {name: flow.values[name] for name in ("w0", "b0", "w1", "b1")})
    table(
        ["parameter", "gradient", "largest difference"],
        [
            [name, str(flow.gradients[name].round(4).tolist()), float(np.abs(flow.gradients[name] - value).max())]
            for name, value in hand.items()
        ],
    )
    flow.draw(out / "06_flow.svg")
    return derivatives, flow, hand


if __name__ == "__main__":
    run(main)
