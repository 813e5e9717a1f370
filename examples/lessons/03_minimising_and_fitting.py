"""Lesson 3. Minimising and fitting: down the slope, step by step.

Gradient descent finds the x that makes x² least, and then the θ that makes θx² fit samples of 3x².
"""

import numpy as np
from _lesson import heading, run, table
from _plot import plot

import dagprop as dp
from dagprop.training.loop import Training

SAMPLES = {"x": [-1.0, 0.0, 1.0], "y": [3.0, 0.0, 3.0]}  # of F(x) = 3x²


def minimise(learning_rate, start=5.0, steps=20):
    """The path of x down x²: x ← x − η·2x."""
    g = dp.Graph("x squared")
    x = g.parameter("x", (), initial=start)
    f = (x**2).named("f")
    path = [start]
    for _ in range(steps):
        slope = dp.backprop(f, parameters={"x": path[-1]}).gradients["x"]
        path.append(float(path[-1] - learning_rate * slope))
    return path


def model(factor):
    """θx² against samples, and the error of each: factor · (θx² − y)²."""
    g = dp.Graph("theta x squared")
    x, y = g.input("x", ("batch",)), g.input("y", ("batch",))
    theta = g.parameter("theta", (), initial=0.0)
    e = (factor * (theta * x**2 - y) ** 2).named("e")
    return e, e.mean().named("E")


def one_step(factor, learning_rate=1.0):
    """From θ = 0: ∂e/∂θ of each sample, their mean, θ after one step."""
    e, E = model(factor)
    each = [
        dp.backprop(e, {"x": [x], "y": [y]}).gradients["theta"].item()
        for x, y in zip(SAMPLES["x"], SAMPLES["y"], strict=True)
    ]
    flow = dp.backprop(E, SAMPLES)
    mean = flow.gradients["theta"].item()
    return each, mean, 0.0 - learning_rate * mean, flow


def fit(batch_size, learning_rate=0.15, epochs=8, seed=1):
    """The path of θ, step by step, on 24 samples of 3x² with some noise."""
    rng = np.random.default_rng(0)
    x = rng.uniform(-1.5, 1.5, 24)
    data = {"x": x, "y": 3 * x**2 + rng.normal(scale=1.0, size=24)}
    _, E = model(0.5)
    training = Training(E, dp.optim.GradientDescent(learning_rate), seed=seed)
    steps = training.steps(data, epochs=epochs, batch_size=batch_size)
    return [0.0, *(float(training.parameters["theta"]) for _ in steps)]


def main(out):
    heading("Down x² from 5: where 20 steps of gradient descent get to")
    rates = {rate: minimise(rate) for rate in (0.02, 0.1, 0.5, 0.9, 1.02)}
    remarks = ("slow", "sure", "there in one step", "to and fro, yet closer", "further away with every step")
    table(
        ["learning rate", "after 1", "after 2", "after 20", "remark"],
        [[rate, p[1], p[2], p[20], remark] for (rate, p), remark in zip(rates.items(), remarks, strict=True)],
    )
    plot(
        out / "03_learning_rate.svg",
        {f"η = {rate}": (range(len(path)), path) for rate, path in rates.items()},
        title="Down x² from 5: what the learning rate does to the path",
        x_label="step",
        y_label="x",
        y_range=(-8, 8),
    )

    heading("θx² from samples of 3x², from θ = 0: one step of rate 1")
    steps = {"½(θx² − y)²": one_step(0.5), "(θx² − y)²": one_step(1.0)}
    table(
        ["error of a sample", "∂e/∂θ at (−1, 3)", "at (0, 0)", "at (1, 3)", "mean", "θ after the step"],
        [[name, *each, mean, theta] for name, (each, mean, theta, _) in steps.items()],
    )
    print("The ½ halves every derivative.  With it θ goes to 2, without it to 4; 3 is what the samples say.")
    print("(A widely read text gives the second row's numbers beside the first row's formula.)")
    steps["½(θx² − y)²"][3].draw(out / "03_fit.svg")

    heading("Batch size: θ after each epoch, 24 noisy samples of 3x²")
    paths = {size: fit(size) for size in (1, 6, 24)}
    table(
        ["batch size", "steps per epoch", *(f"epoch {e}" for e in (1, 2, 4, 8))],
        [[size, 24 // size, *(p[e * 24 // size] for e in (1, 2, 4, 8))] for size, p in paths.items()],
    )
    plot(
        out / "03_batch_size.svg",
        {f"batches of {size}": ([step * size / 24 for step in range(len(path))], path) for size, path in paths.items()},
        title="Fitting θx²: what the batch size does to the path",
        x_label="epochs (times through the 24 samples)",
        y_label="θ",
    )
    return rates, steps, paths


if __name__ == "__main__":
    run(main)
