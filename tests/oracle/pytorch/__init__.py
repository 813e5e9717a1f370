"""PyTorch's operators, written with dagprop's: the table by which its sample cases are run.

Each function has the parameters of the PyTorch operator it is named for (`dim`, `keepdim`, …), takes nodes where
that takes tensors, and says in a line or two what it is in NumPy's words.
"""

from pytorch import algebra, convolutions, indexing, losses, networks, reductions, shapes
from pytorch.table import OPERATORS

__all__ = ["OPERATORS", "algebra", "convolutions", "indexing", "losses", "networks", "reductions", "shapes"]
