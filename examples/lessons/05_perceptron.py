"""Lesson 5. The linear perceptron, and the perceptron.

Σxθ is a line.  A sigmoid behind it makes a decision of it, and its derivative is made of its own value: a(1 − a).
"""

import numpy as np
from _lesson import heading, run, table
from _plot import plot

import dagprop as dp
from dagprop.explanation import partial_derivatives

INPUTS = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]
AND, OR, XOR = [0.0, 0.0, 0.0, 1.0], [0.0, 1.0, 1.0, 1.0], [0.0, 1.0, 1.0, 0.0]


def perceptron(activation=None):
    """The nodes a and E: z = Σxθ + bias, a is z or σ(z), E the mean of ½(a − y)²."""
    g = dp.Graph("perceptron")
    x, y = g.input("x", ("batch", 2)), g.input("y", ("batch",))
    theta, bias = g.parameter("theta", (2,), initial=0.0), g.parameter("bias", (), initial=0.0)
    z = (x @ theta + bias).named("z")
    a = (activation(z) if activation else z).named("a") if activation else z
    return a, (0.5 * (a - y) ** 2).mean().named("E")


def slopes(at=(-6.0, -4.0, -2.0, 0.0, 2.0, 4.0, 6.0)):
    """The sigmoid, and what flows back through it: rows of z, a, a(1 − a), contribution of the edge."""
    g = dp.Graph("sigmoid")
    z = g.input("z", ("points",))
    a = dp.sigmoid(z).named("a")
    flow = dp.backprop(a, {"z": at})
    values, sent = flow.values["a"], flow.contributions["z", "a", 0]
    return [[z, v, v * (1 - v), s] for z, v, s in zip(at, values.tolist(), sent.tolist(), strict=True)]


def learn(targets, activation, learning_rate, steps=2000):
    """What the perceptron answers to the four inputs after learning."""
    a, E = perceptron(activation)
    feeds, now = {"x": INPUTS, "y": targets}, {"theta": np.zeros(2), "bias": np.zeros(())}
    for _ in range(steps):
        gradients = dp.backprop(E, feeds, now).gradients
        now = {name: now[name] - learning_rate * gradients[name] for name in now}
    return dp.forward(a, feeds, now).tolist(), dp.backprop(E, feeds, now)


def main(out):
    a, _ = perceptron(dp.sigmoid)
    heading("The perceptron's local derivatives, read off its graph")
    for node in (a.operands[0], a):
        for derivative in partial_derivatives(node).values():
            print(derivative.text)

    heading("The sigmoid and its slope")
    rows = slopes()
    table(["z", "a = σ(z)", "a(1 − a)", "what the edge sent back"], rows)
    print("At best, at z = 0, a quarter of the gradient passes.")
    fine = slopes(np.linspace(-6, 6, 121).tolist())
    plot(
        out / "05_sigmoid.svg",
        {
            "σ(z)": ([r[0] for r in fine], [r[1] for r in fine]),
            "its slope": ([r[0] for r in fine], [r[2] for r in fine]),
        },
        title="The sigmoid, and its slope a(1 − a)",
        x_label="z",
        y_label="",
    )

    heading("What four inputs are answered after learning")
    answers, flow = {}, None
    for name, targets in (("and", AND), ("or", OR), ("xor", XOR)):
        answers[name, "linear"], _ = learn(targets, None, 0.5)
        answers[name, "sigmoid"], flow = learn(targets, dp.sigmoid, 5.0)
    table(
        ["learned", "perceptron", "0 0", "0 1", "1 0", "1 1"],
        [[name, kind, *(round(v, 3) for v in found)] for (name, kind), found in answers.items()],
    )
    print("No line divides the ones of xor from its zeros: both answer ½.  That takes a hidden layer, lesson 6.")
    flow.draw(out / "05_xor.svg")
    return rows, answers


if __name__ == "__main__":
    run(main)
