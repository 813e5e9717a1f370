"""Parameters in a file, and back."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from dagprop import arguments
from dagprop.errors import DagpropError, check_writable
from dagprop.files import whole

SUFFIX = ".npz"


def save_parameters(path: str | os.PathLike[str], parameters: Mapping[str, ArrayLike]) -> None:
    """Write arrays by name as a compressed `.npz` file, which `numpy.load` reads as well.

    An interrupt leaves either the old file or the new one.  (`numpy.savez` writes in place, and takes names as
    keyword arguments, some of which are its own.)

    Raises
    ------
    DagpropError
        For a path that does not end in `.npz`, a name that is no text, or an array that is not of numbers; nothing
        is written then.
    OSError
        Where the file cannot be written; what was there stays as it is.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_parameters(folder + "/model.npz", {"layer1/w": [1.0, 2.0]})
    ...     load_parameters(folder + "/model.npz")
    {'layer1/w': array([1., 2.])}
    """
    place = check_suffix(arguments.path("path", path))
    given = arguments.mapping("parameters", parameters, "a mapping of names to arrays")
    arrays = {_entry(name): arguments.array(f"the parameter {name!r}", value) for name, value in given.items()}
    with whole(place) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, array in arrays.items():
            with archive.open(name, "w", force_zip64=True) as entry:
                np.lib.format.write_array(entry, array, allow_pickle=False)


def load_parameters(path: str | os.PathLike[str]) -> dict[str, np.ndarray[Any, Any]]:
    """Read what `save_parameters` wrote.  DagpropError where the file is something else, or damaged."""
    place = arguments.path("path", path)
    with place.open("rb") as file:
        try:
            with zipfile.ZipFile(file) as archive:
                return {name.removesuffix(".npy"): _read(archive, name) for name in archive.namelist()}
        except Exception as error:  # a damaged archive fails in a dozen ways, of Python's, zlib's and NumPy's
            why = str(error) or type(error).__name__
            raise DagpropError(f"{place} is no file of parameters, or damaged: {why}") from error


def check_suffix(path: str | os.PathLike[str]) -> Path:
    """The path, if it ends as a file of parameters does."""
    path = Path(path)
    if path.suffix.lower() != SUFFIX:
        wrong = f"not in {path.suffix}" if path.suffix else "and this has no suffix"
        raise DagpropError(
            f"parameters are saved as NumPy's {SUFFIX}: give {os.fspath(path)!r} a name that ends in it, {wrong}"
        )
    return path


def _entry(name: object) -> str:
    """The archive's entry for a name; NUL ends one there, and what is no Unicode cannot be written."""
    check_writable(arguments.text("the name of a parameter", name), "parameter", DagpropError)
    return f"{name}.npy"


def _read(archive: zipfile.ZipFile, name: str) -> np.ndarray[Any, Any]:
    with archive.open(name) as entry:
        array: np.ndarray[Any, Any] = np.lib.format.read_array(entry, allow_pickle=False)
        return array
