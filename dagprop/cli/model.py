"""MODEL.py: a Python file that defines what there is to train or to draw."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import sys
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from types import ModuleType
from typing import Any

from numpy.typing import ArrayLike

from dagprop.errors import DagpropError, report, source_line, suggestion
from dagprop.node import Node
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


def load(path: Path) -> Model:
    """Run the file, and check what it defines.

    Raises
    ------
    ModelError
        Where it fails, with the line; where something is missing or of the wrong kind, with what is expected.
    """
    defined = vars(_run(path))
    names = [f.name for f in fields(Model)]
    for name in names:
        close = [n for n in defined if n not in names and suggestion(n, [name]) and not n.startswith("_")]
        if name not in defined and (name == "loss" or "optimizer" in close):
            hint = f"Is it the {' or '.join(close)}? Call that {name}." if close else ""
            raise ModelError(f"{path} defines no {name!r}. {hint}".rstrip() + f"\nA model defines\n{CONVENTION}")
    model = Model(**{name: defined[name] for name in names if name in defined})
    if wrong := _wrong(model):
        raise ModelError(report(f"{path} does not define a model", wrong) + f"\nA model defines\n{CONVENTION}")
    return model


def start(model: Model, parameters: Path | None) -> tuple[Mapping[str, ArrayLike], Mapping[str, ArrayLike]]:
    """One minibatch of the model's data, and the parameters in a file or else those that training begins with."""
    training = Training(model.loss, parameters=load_parameters(parameters) if parameters else None)
    return next(training.minibatches(model.data, model.batch_size)), training.parameters


def _wrong(model: Model) -> list[tuple[str, str]]:
    """What is of the wrong kind, and how."""
    wrong: list[tuple[str, str]] = []
    node: Any
    data: Any
    number: Any
    for name, node in (("loss", model.loss), ("accuracy", model.accuracy)):
        if not isinstance(node, Node):
            if name == "loss" or node is not None:
                wrong.append((name, f"is {_kind(node)}, not a node"))
        elif node.shape != ():
            wrong.append((name, f"is the node {node.name}, {node.spec}, not a scalar: take its mean"))
    for name, data in (("data", model.data), ("test_data", model.test_data)):
        if not isinstance(data, Mapping) or not all(isinstance(key, str) for key in data):
            wrong.append((name, f"is {_kind(data)}, not a dict of arrays by input name"))
    if not callable(getattr(model.optimiser, "update", None)):
        wrong.append(("optimiser", f"is {_kind(model.optimiser)}, which has no update rule"))
    for name, number in (("epochs", model.epochs), ("batch_size", model.batch_size)):
        if not isinstance(number, int) or isinstance(number, bool) or number < 1:
            wrong.append((name, f"is {number!r}, not a whole number of at least 1"))
    return wrong


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
    except Exception as error:
        lines = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
        at = source_line((str(path), lines[-1].lineno or 0)) if lines else ""
        reason = "".join(traceback.format_exception_only(error)).strip()
        raise ModelError(report(f"{path} failed", [("at", at), ("reason", reason)])) from error
    return module
