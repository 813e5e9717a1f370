"""MODEL.py: a Python file that defines what there is to train or to draw."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import sys
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

from numpy.typing import ArrayLike

from dagprop.errors import DagpropError, report, source_line, suggestion
from dagprop.graph.node import INPUT, Node
from dagprop.graph.order import ancestors
from dagprop.training.checkpoints import load_parameters
from dagprop.training.loop import Training
from dagprop.training.optimisers import GradientDescent, Optimiser

CONVENTION = """\
  loss        a node: the scalar to minimise (the one that must be there)
  data        a dict: an array for each input, by name
  test_data   a dict like it, held out of training
  accuracy    a node: a scalar to report beside the loss
  optimiser   such as dp.optim.Adam(0.01); gradient descent if left out
  epochs      how often to go through the data; 20 if left out
  batch_size  how many rows a step sees; 32 if left out"""


class ModelError(DagpropError):
    """A MODEL.py that cannot be run, or does not define what it must."""


@dataclass(frozen=True, eq=False)
class Model:
    """What a MODEL.py defines, under these names."""

    loss: Node
    data: Mapping[str, ArrayLike] = field(default_factory=dict)
    test_data: Mapping[str, ArrayLike] = field(default_factory=dict)
    accuracy: Node | None = None
    optimiser: Optimiser = field(default_factory=GradientDescent)
    epochs: int = 20
    batch_size: int = 32

    @property
    def fed(self) -> bool:
        """Whether it can be run: there is data, or the loss depends on no input."""
        return bool(self.data) or not any(node.kind == INPUT for node in ancestors([self.loss]))


def load(path: Path) -> Model:
    """Run the file, and check what it defines.

    Raises
    ------
    ModelError
        Where it fails, with the line; where something is missing or of the wrong kind, with what is expected.
    """
    defined = {name: value for name, value in vars(_run(path)).items() if not name.startswith("_")}
    wrong = [(name, what) for name, check in CHECKS.items() if name in defined and (what := check(defined[name]))]
    if "loss" not in defined:
        wrong.insert(0, ("loss", f"is missing. {suggestion('loss', defined)}".rstrip()))
    if "optimizer" in defined and "optimiser" not in defined:
        wrong.append(("optimizer", "is spelt optimiser here"))
    if wrong:
        raise ModelError(report(f"{path} does not define a model", wrong) + f"\nA model defines\n{CONVENTION}")
    return Model(**{name: defined[name] for name in CHECKS if name in defined})


def start(model: Model, parameters: Path | None) -> tuple[Mapping[str, ArrayLike], Mapping[str, ArrayLike]]:
    """One minibatch of the model's data, and the parameters in a file or else those that training begins with."""
    training = Training(model.loss, parameters=load_parameters(parameters) if parameters else None)
    return next(training.minibatches(model.data, model.batch_size)), training.parameters


def _scalar(value: Any) -> str:
    if not isinstance(value, Node):
        return f"is {_kind(value)}, not a node"
    return "" if value.shape == () else f"is the node {value.name}, {value.spec}, not a scalar: take its mean"


def _arrays(value: Any) -> str:
    fits = isinstance(value, Mapping) and all(isinstance(name, str) for name in value)
    return "" if fits else f"is {_kind(value)}, not a dict of arrays by the inputs' names"


def _rule(value: Any) -> str:
    if isinstance(value, type):
        return f"is {_kind(value)}: call it, {value.__name__}(…)"
    return "" if callable(getattr(value, "update", None)) else f"is {_kind(value)}, which has no update rule"


def _count(value: Any) -> str:
    fits = isinstance(value, int) and not isinstance(value, bool) and value >= 1
    return "" if fits else f"is {value!r}, not a whole number of at least 1"


CHECKS = {
    "loss": _scalar,
    "data": _arrays,
    "test_data": _arrays,
    "accuracy": _scalar,
    "optimiser": _rule,
    "epochs": _count,
    "batch_size": _count,
}
"""What is wrong with a value of this name, or nothing."""


def _kind(value: Any) -> str:
    return f"the class {value.__name__}" if isinstance(value, type) else f"of type {type(value).__name__}"


def _run(path: Path) -> ModuleType:
    """The file as a module; it may import what lies beside it, as a script may."""
    loader = importlib.machinery.SourceFileLoader("dagprop_model", str(path))
    spec = importlib.util.spec_from_loader(loader.name, loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[loader.name] = module
    sys.path.insert(0, str(path.parent))
    try:
        loader.exec_module(module)
    except DagpropError:
        raise  # it names the line already
    except (Exception, SystemExit) as error:  # a file that ends the process defines no model
        lines = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
        at = source_line((str(path), lines[-1].lineno or 0)) if lines else ""
        reason = "".join(traceback.format_exception_only(error)).strip()
        raise ModelError(report(f"{path} failed", [("at", at), ("reason", reason)])) from error
    return module
