"""Lesson 8. Why gradients vanish.

A gradient on its way back is multiplied at every layer.  Where the factors are small, the first layers learn nothing.
"""

import numpy as np
from _lesson import heading, run, table
from _plot import plot

import dagprop as dp

WIDTH, BATCH = 32, 64
STACKS = {
    "sigmoid": (dp.sigmoid, dp.initialisers.glorot),
    "tanh, small start": (np.tanh, dp.initialisers.normal(0.05)),
    "tanh, Glorot": (np.tanh, dp.initialisers.glorot),
    "relu, Glorot": (dp.relu, dp.initialisers.glorot),
    "relu, He": (dp.relu, dp.initialisers.he),
}


def stack(activation, initial, depth, width=WIDTH):
    """A loss behind `depth` equal layers."""
    g = dp.Graph(f"{depth} layers")
    h, y = g.input("X", ("batch", width)), g.input("y", ("batch", width))
    for layer in range(1, depth + 1):
        with g.scope(f"layer{layer}"):
            w = g.parameter("w", (width, width), initial=initial)
            h = activation(h @ w).named("h")
    return dp.squared_error(h, y).mean().named("E")


def gradient_norms(name, depth):
    """‖∂E/∂w‖ of every layer, first to last, and the recorded flow."""
    rng = np.random.default_rng(0)
    E = stack(*STACKS[name], depth)
    flow = dp.backprop(E, {"X": rng.normal(size=(BATCH, WIDTH)), "y": rng.normal(size=(BATCH, WIDTH))})
    return [float(np.linalg.norm(flow.gradients[f"layer{i}/w"])) for i in range(1, depth + 1)], flow


def main(out, depths=(2, 5, 10, 20)):
    norms = {name: {depth: gradient_norms(name, depth)[0] for depth in depths} for name in STACKS}
    heading("‖∂E/∂w‖ of the first layer")
    table(
        ["stack", *(f"{depth} layers" for depth in depths)],
        [[name, *(by_depth[depth][0] for depth in depths)] for name, by_depth in norms.items()],
    )
    print(
        "A sigmoid passes a quarter at best, and less than that twenty times over is nothing.\n"
        "Slopes near 1 (tanh around 0, relu) and weights that keep the size of what goes through them (Glorot for\n"
        "tanh, He for relu, which lets only half through) keep the gradient alive."
    )
    deepest = depths[-1]
    plot(
        out / "08_norms.svg",
        {name: (range(1, deepest + 1), by_depth[deepest]) for name, by_depth in norms.items()},
        title=f"The gradient of each layer's weights, {deepest} layers",
        x_label="layer (1 is the first; the gradient comes from the right)",
        y_label="‖∂E/∂w‖",
        log_y=True,
    )
    for name, file in (("sigmoid", "08_sigmoid.svg"), ("relu, He", "08_relu_he.svg")):
        gradient_norms(name, 4)[1].draw(out / file, title=f"Four layers: {name}")
    return norms


if __name__ == "__main__":
    run(main)
