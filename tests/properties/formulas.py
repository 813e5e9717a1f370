"""Reads a formula's text as a person reads it, and works it out: independent of how formulas are written."""

import re

import numpy as np

TOKEN = re.compile(r"\s*(\d+(?:\.\d+)?|[^\W\d_²³ᵀΣ][^\W²³ᵀ]*|Σ(?:_[\w,]+)?|[²³ᵀ]|\[[^\]]*\]|.)")
POSTFIX = {"²": lambda x: x**2, "³": lambda x: x**3, "ᵀ": np.transpose}
FUNCTIONS = {"exp": np.exp, "tanh": np.tanh, "sqrt": np.sqrt}


class Formula:
    """A formula over arrays; no two sizes may be equal, for by its size an axis is found.

    What is summed over an axis goes on being one along it, as one reads Σ_j x_ij times y_ij.
    """

    def __init__(self, text, values, sizes):
        self.tokens, self.values, self.sizes = [*TOKEN.findall(text), ""], values, sizes

    @property
    def next(self):
        return self.tokens[0]

    def take(self, *expected):
        token = self.tokens.pop(0)
        assert not expected or token in expected, f"{token!r} where {expected} is due"
        return token

    def sum(self):
        negative = self.next == "−" and self.take()
        total = -self.product() if negative else self.product()
        while self.next in ("+", "−"):
            total = total + self.product() if self.take() == "+" else total - self.product()
        return total

    def product(self):
        result = self.factor()
        while self.next not in ("", "+", "−", ")", "⌋", ","):
            if self.next in ("·", "⊙"):
                self.take()
                result = result * self.factor()
            elif self.next == "/":
                self.take()
                result = result / self.factor()
            else:
                factor = self.factor()  # side by side: a product of matrices, or a number in front
                result = result @ factor if np.ndim(result) and np.ndim(factor) else result * factor
        return result

    def factor(self):
        if self.next.startswith("Σ"):
            over = self.take().partition("_")[2]
            return self.over(np.sum, over, self.product())  # it reaches over all that is multiplied behind it
        if self.next == "−":
            self.take()
            return -self.factor()
        value = self.atom()
        while self.next in POSTFIX or self.next.startswith("["):
            token = self.take()
            value = POSTFIX[token](value) if token in POSTFIX else eval(f"value{token}", {"value": value, **self.sizes})
        return value

    def atom(self):
        token = self.take()
        if token == "(":
            value = self.sum()
            self.take(")")
            return value
        if token == "⌊":
            dividend = self.factor()
            self.take("/")
            value = dividend // self.factor()
            self.take("⌋")
            return value
        if token == "concatenate":
            self.take("(")
            parts = [self.sum()]
            while self.take(",", ")") == ",":
                parts.append(self.sum())
            return np.concatenate(parts)
        if token[0].isdigit():
            return float(token)
        if self.next == "(" and token.partition("_")[0] in ("mean", *FUNCTIONS):
            name, _, over = token.partition("_")
            return self.over(np.mean, over, self.atom()) if name == "mean" else FUNCTIONS[name](self.atom())
        return self.values[token] if token in self.values else self.sizes[token]

    def over(self, reduce, names, value):
        axes = [int(n[4:]) if n.startswith("axis") else value.shape.index(self.sizes[n]) for n in names.split(",") if n]
        return reduce(value, axis=tuple(axes) if axes else None, keepdims=True)


def worked_out(text, values, sizes):
    """What the text of a formula is worth, read as it stands."""
    formula = Formula(text, values, sizes)
    result = formula.sum()
    assert formula.next == "", f"{formula.tokens} is left of {text}"
    return result
