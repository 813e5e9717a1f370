"""A network that reads handwritten digits: `dagprop train examples/digits.py`.

What `dagprop train`, `draw` and `check` look for are the names `loss`, `data`, `test_data`, `accuracy`, `optimiser`,
`epochs` and `batch_size`; `dagprop train --help` says which of them a model must define.
"""

import dagprop as dp
from dagprop.training.digits import load_digits

train, test = load_digits().split()
data = {"X": train.images, "y": train.one_hot}
test_data = {"X": test.images, "y": test.one_hot}

g = dp.Graph("digits")
X, y = g.input("X", ("batch", 64)), g.input("y", ("batch", 10))
h = X
for number, (n, m) in enumerate([(64, 48), (48, 24)], start=1):
    with g.scope(f"layer{number}"):
        w, b = g.parameter("w", (n, m), initial=dp.initialisers.he), g.parameter("b", (m,))
        h = dp.relu(h @ w + b).named("h")
with g.scope("output"):
    w, b = g.parameter("w", (24, 10)), g.parameter("b", (10,))
    z = (h @ w + b).named("z")

loss = dp.softmax_cross_entropy(z, y).mean().named("E")
accuracy = (y * (z == z.max(axis=1, keepdims=True))).sum(axis=1).mean().named("accuracy")

optimiser = dp.optim.Adam(learning_rate=0.005)
epochs = 20
batch_size = 32
