"""Parameters written to a file and read back."""

import numpy as np
import pytest

from dagprop.errors import ArgumentError, DagpropError
from dagprop.training.checkpoints import load_parameters, save_parameters

PARAMETERS = {
    "layer1/w": np.arange(6.0).reshape(2, 3),
    "b": np.array(0.5, np.float32),
    "file": np.ones(2),  # numpy.savez has an argument of this name
    "θ₀": np.zeros((0, 3)),
}


def test_there_and_back(tmp_path):
    save_parameters(tmp_path / "model.npz", PARAMETERS)
    loaded = load_parameters(tmp_path / "model.npz")
    assert list(loaded) == list(PARAMETERS)
    for name, value in PARAMETERS.items():
        assert (loaded[name].dtype, loaded[name].shape) == (value.dtype, value.shape)
        assert np.array_equal(loaded[name], value)


def test_numpy_reads_it_too(tmp_path):
    save_parameters(tmp_path / "model.npz", PARAMETERS)
    with np.load(tmp_path / "model.npz") as archive:
        assert np.array_equal(archive["layer1/w"], PARAMETERS["layer1/w"])


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "model.npz"
    save_parameters(path, PARAMETERS)
    with pytest.raises(ArgumentError, match="the parameter 'bad' is an array of numbers"):
        save_parameters(path, {"w": np.ones(3), "bad": np.array([object()])})
    assert list(tmp_path.iterdir()) == [path]
    assert list(load_parameters(path)) == list(PARAMETERS)


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04 cut short"])
def test_another_file_is_refused(tmp_path, content):
    (tmp_path / "notes.npz").write_bytes(content)
    with pytest.raises(DagpropError, match=r"notes\.npz"):
        load_parameters(tmp_path / "notes.npz")


def test_a_single_array_is_refused(tmp_path):
    np.save(tmp_path / "one.npy", np.ones(3))
    with pytest.raises(DagpropError, match=r"one\.npy"):
        load_parameters(tmp_path / "one.npy")
