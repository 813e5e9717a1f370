"""Parameters in a file, and back."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from dagprop import arguments
from dagprop.errors import DagpropError
from dagprop.files import whole


def save_parameters(path: str | os.PathLike[str], parameters: Mapping[str, ArrayLike]) -> None:
    """Write arrays by name as a compressed `.npz` file, which `numpy.load` reads as well.

    An interrupt leaves either the old file or the new one.  (`numpy.savez` writes in place, and takes names as
    keyword arguments, some of which are its own.)

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_parameters(folder + "/model.npz", {"layer1/w": [1.0, 2.0]})
    ...     load_parameters(folder + "/model.npz")
    {'layer1/w': array([1., 2.])}
    """
    place = arguments.path("path", path)
    arrays = {
        arguments.text("the name of a parameter", name): arguments.array(f"the parameter {name!r}", value)
        for name, value in arguments.mapping("parameters", parameters, "a mapping of names to arrays").items()
    }
    with whole(place) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as entry:
                np.lib.format.write_array(entry, array, allow_pickle=False)


def load_parameters(path: str | os.PathLike[str]) -> dict[str, np.ndarray[Any, Any]]:
    """Read what `save_parameters` wrote.  DagpropError where the file is something else."""
    place = arguments.path("path", path)
    try:
        with zipfile.ZipFile(place) as archive:
            return {name.removesuffix(".npy"): _read(archive, name) for name in archive.namelist()}
    except (ValueError, zipfile.BadZipFile) as error:
        raise DagpropError(f"{place} is no file of parameters: {error}") from error


def _read(archive: zipfile.ZipFile, name: str) -> np.ndarray[Any, Any]:
    with archive.open(name) as entry:
        array: np.ndarray[Any, Any] = np.lib.format.read_array(entry, allow_pickle=False)
        return array
