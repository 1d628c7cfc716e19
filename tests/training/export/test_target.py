"""What is checked before anything is fitted: the name and the directory of the version."""

import json
import tempfile

import pytest

from training.data.tables import DataError
from training.export.target import check_target


def test_a_directory_that_is_not_there_yet_is_not_created(tmp_path):
    """A run that fails later must leave no empty directory, so the check makes none."""
    check_target(tmp_path / "a" / "models", "sales_2")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["", "My", "2nd", "a b", "a/b", "..", "a" * 65, "universal"])
def test_a_name_that_cannot_be_is_refused(tmp_path, name):
    """The message says which names there may be, or whose name it is."""
    with pytest.raises(DataError, match=r"begins with a letter|forecaster of any series"):
        check_target(tmp_path, name)


def test_a_file_in_the_place_of_a_directory_is_refused(tmp_path):
    """Both the models directory and that of the name must be directories."""
    (tmp_path / "sales").write_text("")
    with pytest.raises(DataError, match="not a directory"):
        check_target(tmp_path, "sales")
    with pytest.raises(DataError, match="not a directory"):
        check_target(tmp_path / "sales", "other")


def test_a_name_of_the_other_task_is_refused(tmp_path):
    """The card of the newest version says the task."""
    (tmp_path / "sales" / "1").mkdir(parents=True)
    (tmp_path / "sales" / "1" / "manifest.json").write_text(json.dumps({"task": "sentiment"}))
    check_target(tmp_path, "sales")
    check_target(tmp_path, "sales", "sentiment")
    with pytest.raises(DataError, match="name of a sentiment model"):
        check_target(tmp_path, "sales", "forecast")


def test_a_directory_that_cannot_be_written_is_refused(tmp_path, monkeypatch):
    """The reason is the system's own."""

    def refuse(**_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)
    with pytest.raises(DataError, match=r"Permission denied.*--models-dir"):
        check_target(tmp_path, "sales")
