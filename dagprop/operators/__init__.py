"""The built-in packs, registered by entry point and hook as anyone's are: this module is the plugin `core`."""

from importlib import import_module

from dagprop.plugin.hookspecs import hookimpl
from dagprop.plugin.operator import Operator

PACKS = [
    import_module(f"{__name__}.{pack}")
    for pack in (
        "activation", "arithmetic", "comparison", "convolution", "cumulative", "diagonals", "einsum", "elementary",
        "indexing", "joining", "linear_algebra", "loss", "normal", "piecewise", "pooling", "reduction", "reordering",
        "repeating", "shaping", "sorting", "structure", "windows",
    )
]  # fmt: skip


@hookimpl
def dagprop_operators() -> list[Operator]:
    """The operators of all built-in packs."""
    return [op for pack in PACKS for op in pack.OPERATORS]
