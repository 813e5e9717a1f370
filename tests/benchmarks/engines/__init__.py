"""The engines that are measured: for each a class `Engine` in a module of its own.

engine = Engine(dtype, cores)      settings of the process
graph = engine.graph(workload)     what its user writes: a graph, or only data where there is none
step = engine.step(graph)          what is called: `value, gradients = step()`
"""

import importlib
import importlib.metadata
import importlib.util

ALL = ("seed", "chain", "scalar", "elem", "mlp", "attn", "conv")

ENGINES = {
    "dagprop": ("dagprop", "dagprop", {"executor": "tape"}, ALL),
    "dagprop (NumPy source)": ("dagprop", "dagprop", {"executor": "numpy"}, ALL),
    "NumPy by hand": ("by_hand", "numpy", {}, ("seed", "chain", "scalar", "elem", "mlp")),
    "PyTorch": ("torch", "torch", {}, ALL),
    "torch.compile": ("torch", "torch", {"compiled": True}, ("seed", "elem", "mlp", "attn", "conv")),
    "JAX": ("jax", "jax", {}, ALL),
    "PyTensor": ("pytensor", "pytensor", {}, ("seed", "elem", "mlp")),
    "CasADi": ("casadi", "casadi", {}, ("seed", "scalar")),
    "autograd": ("autograd", "autograd", {}, ("seed", "chain", "scalar", "elem", "mlp", "attn")),
}
"""Name: module, the package it needs, settings, and the workloads it runs.

Left out is what an engine cannot do, or not without effort: PyTensor compiles the transformer block for a minute and
fails at the chain, whose length torch.compile does not come to terms with either.
"""

OURS = ("dagprop", "dagprop (NumPy source)")


def runs(name, workload):
    """Whether the engine is installed and runs the workload."""
    _, package, _, workloads = ENGINES[name]
    return workload in workloads and importlib.util.find_spec(package) is not None


def make(name, dtype, cores):
    """The engine, with its settings made in this process."""
    module, _, settings, _ = ENGINES[name]
    return importlib.import_module(f"tests.benchmarks.engines.{module}").Engine(dtype, cores, **settings)
