"""Lesson 7. The chain rule, and the update equations of all four parameters.

What textbooks leave to the reader as an exercise, answered: derived, with numbers in, and checked.
"""

import importlib

import numpy as np
from _lesson import heading, run, table

import dagprop as dp
from dagprop.explanation import update_equations

hidden_layer = importlib.import_module("06_one_hidden_layer")  # a name that begins with a digit needs a detour
RATE = 0.5


def main(out):
    E = hidden_layer.network()[-1]
    flow = dp.backprop(E, hidden_layer.FEEDS)

    heading("The chain rule along the way from w0 to E")
    print(flow.explain("w0"))

    heading("The update equations")
    symbols = update_equations(E)
    for equation in symbols.values():
        print(equation)

    heading("With numbers, for a learning rate of ½")
    numbers = update_equations(flow, learning_rate=RATE)
    for equation in numbers.values():
        print(f"{equation}\n")

    heading("In LaTeX")
    for name, equation in symbols.items():
        print(f"{equation.latex}\n = {numbers[name].numbers_latex}\n")

    heading("Checked against gradients, and worth it")
    moved = {name: equation.updated for name, equation in numbers.items()}
    before, after = flow.values["E"].item(), dp.forward(E, hidden_layer.FEEDS, moved).item()
    by_hand = hidden_layer.by_hand(hidden_layer.FEEDS, {name: flow.values[name] for name in moved})
    differences = {
        name: float(np.abs(moved[name] - (flow.values[name] - RATE * by_hand[name])).max()) for name in moved
    }
    table(["parameter", "differs from hand-written NumPy by"], list(differences.items()))
    print(f"E was {before:.4f} and is {after:.4f} after the step.")

    write_latex(out / "07_update_equations.tex", symbols, numbers)
    dp.backprop(E, hidden_layer.FEEDS, moved).draw(out / "07_after_the_step.svg")
    return symbols, numbers, differences, (before, after)


def write_latex(path, symbols, numbers):
    """The equations as a document: first the symbols, then the numbers."""
    rows = [symbols[name].latex.replace(r" \leftarrow", r" &\leftarrow") for name in symbols]
    rows += [f"{symbols[name].latex.partition(' ')[0]} &\\leftarrow {numbers[name].numbers_latex}" for name in numbers]
    aligned = " \\\\\n".join(rows)
    path.write_text(
        "\\documentclass{article}\n\\usepackage{amsmath}\n\\begin{document}\n\\begin{align*}\n"
        f"{aligned}\n\\end{{align*}}\n\\end{{document}}\n",
        encoding="utf-8",
    )


if __name__ == "__main__":
    run(main)
