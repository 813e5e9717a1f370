"""What the interpreter adds to NumPy's own calls, per node: `dp.forward` of a chain, less the same calls in a loop."""

from statistics import median
from time import process_time

import numpy as np

import dagprop as dp

N, REPEATS = 2_000, 51
X = np.array([0.1, -0.2, 0.3, -0.4])


def seconds(function):
    start = process_time()
    function()
    return process_time() - start


def main(options):
    graph = dp.Graph("chain")
    y = graph.input("x", X.shape)
    for _ in range(N):
        y = np.tanh(y)

    def plain():
        value = X
        for _ in range(N):
            value = np.tanh(value)

    def interpreted():
        dp.forward(y, {"x": X})

    def recorded():
        dp.backprop(y, {"x": X}, wrt=["x"], on_nonfinite="ignore")

    interpreted(), recorded()
    alone, forward, both = (
        median(seconds(f) for _ in range(REPEATS)) / N * 1e6 for f in (plain, interpreted, recorded)
    )
    print(
        f"a NumPy call {alone:.2f} µs; run by the interpreter {forward:.2f} µs: {forward - alone:.2f} µs more per node"
    )
    print(f"recorded forward and back {both:.2f} µs per tanh, which is one node forward and three back")
