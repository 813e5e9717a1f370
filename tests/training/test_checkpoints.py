"""Parameters written to a file and read back."""

import errno
import os

import numpy as np
import pytest

from dagprop.errors import DagpropError
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


def test_a_full_disk_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / "model.npz"
    save_parameters(path, PARAMETERS)
    write, full = np.lib.format.write_array, iter([False, True])

    def disk(entry, array, **options):
        if next(full):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        write(entry, array, **options)

    monkeypatch.setattr(np.lib.format, "write_array", disk)
    with pytest.raises(OSError, match=r"No space left on device: '.*model\.npz'"):
        save_parameters(path, {"w": np.ones(3), "v": np.ones(3)})
    assert list(tmp_path.iterdir()) == [path]
    assert list(load_parameters(path)) == list(PARAMETERS)


@pytest.mark.parametrize("name", ["p.safetensors", "p.npy", "p.npz.bak", "p", "p.pt"])
def test_another_format_is_refused_before_anything_is_written(tmp_path, name):
    with pytest.raises(DagpropError, match=r"saved as NumPy's \.npz: give '.*p.*' a name that ends in it"):
        save_parameters(tmp_path / "new" / name, PARAMETERS)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("parameters", "told"),
    {
        "objects": ({"w": np.ones(3), "bad": np.array([object()])}, "'bad' is an array of numbers"),
        "text": ({"w": "half"}, "'w' is an array of numbers, not 'half'"),
        "a number for a name": ({3: np.ones(3)}, "the name of a parameter is a string, not 3"),
        "NUL": ({"a\0b": np.ones(3)}, "the parameter 'a.x00b': its name has a NUL character"),
        "half a letter": ({"a\ud800": np.ones(3)}, "the parameter 'a.ud800': its name has half of a surrogate pair"),
        "a list": ([np.ones(3)], "parameters is a mapping of names to arrays"),
    }.values(),
)
def test_what_is_no_parameter_is_refused_before_anything_is_written(tmp_path, parameters, told):
    with pytest.raises(DagpropError, match=told):
        save_parameters(tmp_path / "model.npz", parameters)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_is_neither_written_nor_read(tmp_path):
    folder = tmp_path / "model.npz"
    folder.mkdir()
    with pytest.raises(IsADirectoryError, match=r"model\.npz"):
        save_parameters(folder, PARAMETERS)
    with pytest.raises((IsADirectoryError, PermissionError), match=r"model\.npz"):  # the latter on Windows
        load_parameters(folder)
    assert list(tmp_path.iterdir()) == [folder]


def test_a_damaged_file_is_refused_whatever_is_wrong_with_it(tmp_path):
    path = tmp_path / "model.npz"
    save_parameters(path, PARAMETERS)
    whole, rng = path.read_bytes(), np.random.default_rng(0)
    refused = 0
    for _ in range(300):
        damaged = np.frombuffer(whole, np.uint8).copy()
        damaged[rng.integers(0, damaged.size, 3)] = rng.integers(0, 256, 3)
        path.write_bytes(damaged.tobytes())
        try:
            load_parameters(path)
        except DagpropError as error:
            refused += 1
            assert "model.npz is no file of parameters, or damaged: " in str(error)  # noqa: PT017
    assert refused > 200


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04 cut short"])
def test_another_file_is_refused(tmp_path, content):
    (tmp_path / "notes.npz").write_bytes(content)
    with pytest.raises(DagpropError, match=r"notes\.npz"):
        load_parameters(tmp_path / "notes.npz")


def test_a_single_array_is_refused(tmp_path):
    np.save(tmp_path / "one.npy", np.ones(3))
    with pytest.raises(DagpropError, match=r"one\.npy"):
        load_parameters(tmp_path / "one.npy")
