"""Lesson 4. Partial derivatives: one parameter moves, the others stay.

θ₀x² + θ₁x + θ₂ against three points, from θ = [1, 1, 1]: each θ has a derivative of its own.
"""

import numpy as np
from _lesson import heading, run, table

import dagprop as dp

POINTS = {"x": [-2.0, 0.0, 1.0], "y": [-5.0, 1.0, 4.0]}
NAMES = ("theta0", "theta1", "theta2")


def model():
    """The error of each point, ½(f − y)², and their mean."""
    g = dp.Graph("parabola")
    x, y = g.input("x", ("points",)), g.input("y", ("points",))
    a, b, c = (g.parameter(name, (), initial=1.0) for name in NAMES)
    f = (a * x**2 + b * x + c).named("f")
    e = (0.5 * (f - y) ** 2).named("e")
    return e, e.mean().named("E")


def of_each_point():
    """∂e/∂θ for each point by itself: three rows of three numbers."""
    e, _ = model()
    rows = []
    for x, y in zip(POINTS["x"], POINTS["y"], strict=True):
        gradients = dp.backprop(e, {"x": [x], "y": [y]}).gradients
        rows.append([gradients[name].item() for name in NAMES])
    return rows


def nudged(E, name, step=1e-6):
    """The same derivative by its meaning: move this θ a little, hold the others, see what E does."""
    up, down = (dp.forward(E, POINTS, {name: 1.0 + sign * step}) for sign in (+1, -1))
    return ((up - down) / (2 * step)).item()


def descend(E, learning_rate=0.2, steps=500):
    """θ after these steps, all three changed at once."""
    theta = dict.fromkeys(NAMES, 1.0)
    for _ in range(steps):
        gradients = dp.backprop(E, POINTS, theta).gradients
        theta = {name: theta[name] - learning_rate * gradients[name] for name in NAMES}
    return [float(theta[name]) for name in NAMES]


def main(out):
    _, E = model()
    flow = dp.backprop(E, POINTS)
    each, mean = of_each_point(), [flow.gradients[name].item() for name in NAMES]
    heading("∂/∂θ of ½(f − y)², at θ = [1, 1, 1]")
    labels = [f"({x:g}, {y:g})" for x, y in zip(POINTS["x"], POINTS["y"], strict=True)]
    table(["point", *NAMES], [[label, *row] for label, row in zip(labels, each, strict=True)] + [["mean", *mean]])
    print("In thirds, the mean is", ", ".join(f"{3 * m:.0f}/3" for m in mean))

    heading("The same by moving one θ and holding the others")
    table(NAMES, [[nudged(E, name) for name in NAMES]])

    heading("Their formulas")
    for name in NAMES:
        print(flow.explain(name, numbers=False).splitlines()[0])

    fitted = descend(E)
    heading("Where 500 steps of rate 0.2 lead")
    table(NAMES, [fitted])
    print("The three points lie on the line 3x + 1, a parabola with θ₀ = 0.")
    flow.draw(out / "04_flow.svg")
    return np.array(each), np.array(mean), np.array(fitted)


if __name__ == "__main__":
    run(main)
