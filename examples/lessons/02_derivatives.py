"""Lesson 2. Derivatives: the power rule, constants, brackets.

As numbers, by backpropagation; and as formulas, by running the very same rules on symbols.
"""

from _lesson import heading, run, table

import dagprop as dp
from dagprop.errors import MissingExtraError
from dagprop.explanation import symbolic, symbolic_gradient


def functions(x, y):
    """What is differentiated."""
    return {
        "x²": x**2,
        "5x³": 5 * x**3,
        "3x⁴ + 2x²": 3 * x**4 + 2 * x**2,
        "8x": 8 * x,
        "2x + 5y + 8": 2 * x + 5 * y + 8,
        "(x² + x)³": (x**2 + x) ** 3,
    }


def numbers(at=(-5.0, -2.0, 0.0, 2.0, 5.0)):
    """x² and its derivative at these points: rows of x, value, derivative."""
    g = dp.Graph("square")
    x = g.input("x", ("points",))
    f = (x**2).named("f")
    flow = dp.backprop(f, {"x": at})
    return list(zip(at, flow.values["f"].tolist(), flow.gradients["x"].tolist(), strict=True))


def formulas():
    """∂f/∂x and ∂f/∂y of every function, as SymPy expressions."""
    g = dp.Graph("functions")
    x, y = g.input("x"), g.input("y")
    return {name: symbolic_gradient(f, [x, y]) for name, f in functions(x, y).items()}


def second_derivative():
    """A gradient is a graph again, so it has a derivative of its own."""
    g = dp.Graph("twice")
    x = g.input("x")
    first = dp.gradient(5 * x**3, x)
    return symbolic(first), symbolic_gradient(first, x)


def main(out):
    heading("x² and its derivative 2x, as numbers")
    rows = numbers()
    table(["x", "x²", "derivative"], rows)

    g = dp.Graph("brackets")
    x = g.input("x")
    inner = (x**2 + x).named("inner")
    flow = dp.backprop((inner**3).named("f"), {"x": 2.0})
    heading("Brackets: (x² + x)³ at 2, step by step")
    print(flow.explain("x"))
    flow.draw(out / "02_brackets.svg")

    heading("The same rules, run on symbols")
    try:
        found, twice = formulas(), second_derivative()
    except MissingExtraError as missing:
        print(missing)
        return rows, {}, ()
    table(["f", "∂f/∂x", "∂f/∂y"], [[name, str(by_x), str(by_y)] for name, (by_x, by_y) in found.items()])
    print(f"\n5x³ once more: first derivative {twice[0]}, second {twice[1]}")
    return rows, found, twice


if __name__ == "__main__":
    run(main)
