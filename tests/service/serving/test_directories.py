"""The versions on disk: found by the rule for names; what is beside them is ignored, a line for each."""

import os

import pytest

from service.artifacts.files import BundleError
from service.serving import directories
from service.serving.directories import find_versions


@pytest.fixture
def models(tmp_path):
    (tmp_path / "gru" / "2").mkdir(parents=True)
    return tmp_path


def test_versions_are_found(models):
    """A README beside the models is expected there."""
    (models / "README.md").write_text("")
    (models / "gru" / "10").mkdir()
    (models / "lstm").mkdir()
    os.symlink(models / "gru" / "2", models / "lstm" / "1")
    found = find_versions(models)
    assert found == ([models / "gru" / "10", models / "gru" / "2", models / "lstm" / "1"], [], {})


@pytest.mark.parametrize(
    "path",
    [
        "gru/2.bak",
        "gru/v1",
        "gru/01",
        "gru/0",
        "gru/.3-unfinished",
        "gru/lost+found",
        "gru/__pycache__",
        "gru/1\n",
        "gru/-1",
        "gru/1e1",
        "gru/\u0661",
        "GRU/1",
        "my model/1",
        "lost+found",
        ".git/1",
        "__pycache__",
        "gru ",
        "gr\u00fc/1",
        "1/1",
    ],
)
def test_a_directory_of_another_name_is_ignored(models, path):
    (models / path).mkdir(parents=True)
    found = find_versions(models)
    assert found.versions == [models / "gru" / "2"]
    (line,) = found.ignored
    assert "its name is not a" in line
    assert line.isprintable()


def test_what_is_no_directory_is_ignored(models):
    """Plain files, links to nothing or to themselves, and FIFOs, whatever their names."""
    for parent in (models, models / "gru"):
        (parent / ".DS_Store").write_text("")
        (parent / "notes.txt").write_text("")
        (parent / "README.md").write_text("")
        name = "lstm" if parent == models else "7"
        (parent / name).write_text("")
        os.symlink(parent / "nowhere", parent / (name + "1"))
        os.symlink(name + "2", parent / (name + "2"))
        os.mkfifo(parent / (name + "3"))
    found = find_versions(models)
    assert found.versions == [models / "gru" / "2"]
    assert len(found.ignored) == 12
    assert found.unreadable == {}


def test_names_that_are_not_utf8_are_ignored(models):
    for parent in (models, models / "gru"):
        os.mkdir(os.fsencode(parent) + b"/\xff\xfe")
    found = find_versions(models)
    assert found.versions == [models / "gru" / "2"]
    assert len(found.ignored) == 2
    "".join(found.ignored).encode()


def test_a_model_without_versions_is_ignored(models):
    (models / "lstm").mkdir()
    assert find_versions(models).ignored == [f"{models}/lstm holds no version"]


def test_links_that_lead_in_a_circle_are_no_versions(models):
    os.symlink(models, models / "again")
    os.symlink(models / "gru", models / "gru" / "3")
    found = find_versions(models)
    assert [str(path.relative_to(models)) for path in found.versions] == ["gru/2", "gru/3"]
    assert any("again holds no version" in line for line in found.ignored)


def test_a_directory_full_of_other_things_does_not_flood_the_log(models, monkeypatch):
    monkeypatch.setattr(directories, "MAX_IGNORED", 3)
    for number in range(10):
        (models / f"x-{number}").mkdir()
    assert find_versions(models).ignored[3:] == ["7 more names"]


def test_no_models_at_all_says_how_to_train_some_and_what_was_ignored(tmp_path):
    (tmp_path / "GRU" / "1").mkdir(parents=True)
    with pytest.raises(BundleError, match="make train-forecast") as refusal:
        find_versions(tmp_path)
    assert "GRU: its name is not a model name" in refusal.value.faults[1]
    with pytest.raises(BundleError, match="nowhere is not a directory; GATECAST_MODELS_DIR"):
        find_versions(tmp_path / "nowhere")
