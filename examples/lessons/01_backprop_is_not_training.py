"""Lesson 1. Backprop is reverse-mode differentiation, not training.

One forward and one backward pass give the derivative of a loss by every parameter.  Finite differences give the same
numbers, to a few digits, for two forward passes per parameter.  Nothing is trained here: no parameter changes.
"""

from collections import Counter
from time import perf_counter

import numpy as np
from _lesson import heading, run, table
from _plot import plot

import dagprop as dp


def network(hidden):
    """A loss that depends on 4·hidden + hidden + hidden + 1 parameters, values to feed, and where they start."""
    g = dp.Graph(f"{hidden} hidden units")
    X, y = g.input("X", ("batch", 4)), g.input("y", ("batch", 1))
    w0, b0 = g.parameter("w0", (4, hidden)), g.parameter("b0", (hidden,))
    w1, b1 = g.parameter("w1", (hidden, 1)), g.parameter("b1", (1,))
    E = (0.5 * (dp.sigmoid(X @ w0 + b0) @ w1 + b1 - y) ** 2).mean().named("E")
    rng = np.random.default_rng(0)
    return E, {"X": rng.normal(size=(16, 4)), "y": rng.normal(size=(16, 1))}, g.initial_values()


def finite_differences(E, feeds, parameters, step=1e-6):
    """The slope of E along every single parameter, and how many forward passes that took."""
    passes, gradients = 0, {}
    for name, value in parameters.items():
        slopes = np.zeros_like(value)
        for index in np.ndindex(value.shape):
            losses = []
            for sign in (+1, -1):
                moved = value.copy()
                moved[index] += sign * step
                losses.append(dp.forward(E, feeds, {**parameters, name: moved}))
                passes += 1
            slopes[index] = (losses[0] - losses[1]) / (2 * step)
        gradients[name] = slopes
    return gradients, passes


def passes(flow):
    """How often backprop went through the network, forward and back: as often as through the node it met most."""
    schedule = flow.schedule
    return [max(Counter(step.name for step in way).values()) for way in (schedule.forward, schedule.backward)]


def compare(hidden):
    """Both ways on one network: parameters, passes, largest difference, seconds."""
    E, feeds, parameters = network(hidden)
    flow = dp.backprop(E, feeds, parameters)  # the first call also works out what to run
    started = perf_counter()
    flow = dp.backprop(E, feeds, parameters)
    backprop_seconds = perf_counter() - started
    started = perf_counter()
    slopes, difference_passes = finite_differences(E, feeds, parameters)
    return {
        "parameters": sum(value.size for value in parameters.values()),
        "backprop passes": passes(flow),
        "difference passes": difference_passes,
        "largest difference": max(float(np.abs(slopes[n] - flow.gradients[n]).max()) for n in parameters),
        "backprop seconds": backprop_seconds,
        "difference seconds": perf_counter() - started,
        "flow": flow,
    }


def main(out):
    heading("Derivatives of one loss by every parameter, two ways")
    results = [compare(hidden) for hidden in (1, 4, 16, 64, 256)]
    table(
        ["parameters", "backprop: passes", "ms", "differences: passes", "ms", "largest difference"],
        [
            [
                r["parameters"],
                "{} forward, {} backward".format(*r["backprop passes"]),
                1e3 * r["backprop seconds"],
                f"{r['difference passes']} forward",
                1e3 * r["difference seconds"],
                r["largest difference"],
            ]
            for r in results
        ],
    )
    sizes = [r["parameters"] for r in results]
    plot(
        out / "01_time.svg",
        {
            "finite differences": (sizes, [r["difference seconds"] for r in results]),
            "backprop": (sizes, [r["backprop seconds"] for r in results]),
        },
        title="Time for all derivatives of one loss",
        x_label="parameters",
        y_label="seconds",
        log_x=True,
        log_y=True,
    )
    results[0]["flow"].draw(out / "01_flow.svg")
    return results


if __name__ == "__main__":
    run(main)
