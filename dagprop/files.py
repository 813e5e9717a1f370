"""Files that are whole or not there."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def whole(path: str | os.PathLike[str]) -> Iterator[Path]:
    """A new, empty file to write in place of `path`: it gets that name only when the block ends without an error.

    Until then what was at `path` stays as it is; an error, or Ctrl-C, leaves it so and nothing else behind.
    The file lies in the same folder and has the same suffix.  A folder that is missing is made.  Where `path` is a
    link, what it leads to is written; where it is a folder, that is told before anything is.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with whole(Path(folder, "notes.txt")) as file:
    ...         _ = file.write_text("all of it", encoding="utf-8")
    ...     [entry.name for entry in Path(folder).iterdir()]
    ['notes.txt']
    """
    path = Path(path)
    path = path.resolve() if path.is_symlink() else path
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), os.fspath(path))
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(suffix=path.suffix, prefix=f".{path.stem}-", dir=path.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        temporary.chmod(_mode(path))
        temporary.replace(path)
    except BaseException as error:
        temporary.unlink(missing_ok=True)
        if isinstance(error, OSError) and error.filename in (None, name):  # a full disk is not told of by name
            error.filename = os.fspath(path)
        raise


def _mode(path: Path) -> int:
    """The permissions of the file to replace, or those of any new file: a temporary one is its owner's alone."""
    if path.exists():
        return path.stat().st_mode
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
