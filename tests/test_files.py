"""Files that are whole or not there."""

import errno
import os
import re
import stat

import pytest

from dagprop.files import whole


def test_the_file_appears_when_it_is_written(tmp_path):
    path = tmp_path / "new" / "flow.svg"
    with whole(path) as file:
        file.write_text("all of it", encoding="utf-8")
        assert not path.exists()
        assert (file.suffix, file.parent) == (".svg", path.parent)
    assert path.read_text(encoding="utf-8") == "all of it"
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_an_error_leaves_what_was_there(tmp_path, error):
    path = tmp_path / "flow.svg"
    path.write_text("old", encoding="utf-8")
    with pytest.raises(error), whole(path) as file:  # noqa: PT012  # the file is whole's to clear away
        file.write_text("half", encoding="utf-8")
        raise error
    assert path.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_disk_is_told_with_the_file_that_was_asked_for(tmp_path):
    path = tmp_path / "flow.svg"
    with pytest.raises(OSError, match=r"No space left on device: '.*flow\.svg'"), whole(path):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert list(tmp_path.iterdir()) == []


def test_an_error_leaves_nothing_where_nothing_was(tmp_path):
    with pytest.raises(ValueError, match="stop"), whole(tmp_path / "flow.svg"):
        raise ValueError("stop")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")
def test_others_may_read_it_as_any_new_file(tmp_path):
    plain, path = tmp_path / "plain", tmp_path / "flow.svg"
    plain.touch()
    with whole(path):
        pass
    assert stat.S_IMODE(path.stat().st_mode) == stat.S_IMODE(plain.stat().st_mode)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")
def test_a_replaced_file_keeps_its_permissions(tmp_path):
    path = tmp_path / "flow.svg"
    path.touch(mode=0o600)
    with whole(path):
        pass
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_folder_is_refused_before_anything_is_written(tmp_path):
    with pytest.raises(IsADirectoryError, match=re.escape(str(tmp_path))), whole(tmp_path):
        raise AssertionError("it was begun")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name == "nt", reason="Windows makes links for few")
def test_what_a_link_leads_to_is_written_and_the_link_stays(tmp_path):
    real, link = tmp_path / "real" / "flow.svg", tmp_path / "flow.svg"
    real.parent.mkdir()
    real.write_text("old", encoding="utf-8")
    link.symlink_to(real)
    with whole(link) as file:
        file.write_text("new", encoding="utf-8")
    assert link.is_symlink()
    assert real.read_text(encoding="utf-8") == "new"
