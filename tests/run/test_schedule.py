"""The schedule of a run, and how it reads."""

import numpy as np

import dagprop as dp
from dagprop.graph.order import ancestors
from dagprop.run.schedule import Schedule, Scheduled


def diamond():
    x = dp.Graph().input("x")
    left, right = np.exp(x).named("left"), np.tanh(x).named("right")
    return (left * right).named("y")


def test_a_schedule_reads_as_a_table():
    y = diamond()
    order = ancestors([y])
    schedule = Schedule(order, order[::-1], {y: (1e-6, 2.5e-6)})
    assert schedule.forward[3] == Scheduled(3, "y", "multiply", 1e-6)
    assert repr(schedule) == "<Schedule: 4 steps forward, 4 back>"
    assert schedule.backward[0] == Scheduled(0, "y", "multiply", 2.5e-6)
    assert str(schedule).splitlines() == [
        "forward     0  x      input           0.0 µs",
        "forward     1  left   exp             0.0 µs",
        "forward     2  right  tanh            0.0 µs",
        "forward     3  y      multiply        1.0 µs",
        "backward    0  y      multiply        2.5 µs",
        "backward    1  right  tanh            0.0 µs",
        "backward    2  left   exp             0.0 µs",
        "backward    3  x      input           0.0 µs",
    ]
